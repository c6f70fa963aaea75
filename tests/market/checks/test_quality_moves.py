"""Each class of suspicious moves, on a quiet stock with one day spoilt."""

import pandas as pd
import pytest

from tests.market.checks.made_bars import checked, close_at, moves_of, quiet_bars

MAIN, DAY = "600519.SH", 20
DATES = pd.bdate_range("2014-09-01", periods=40)


def bars(code=MAIN, dates=DATES, close=10.0):
    return quiet_bars(code, dates, close)


def found(frame, **options):
    return [(date, kind) for _, date, kind in moves_of(frame, **options)]


def spoilt(limit, beyond, code=MAIN, dates=DATES):
    """Let the stock close at (or two ticks beyond) its limit price on day DAY."""
    frame = bars(code, dates)
    before = frame.loc[DAY, "pre_close"]
    tick = 0.02 if limit > 0 else -0.02
    return close_at(frame, DAY, round(round(before * (1 + limit) + 1e-9, 2) + beyond * tick, 2))


def date_of(frame, row=DAY):
    return f"{frame.loc[row, 'date']:%Y-%m-%d}"


def test_a_quiet_stock_has_no_suspicious_move():
    assert found(bars()) == []


@pytest.mark.parametrize("limit", [0.10, -0.10])
def test_a_close_at_the_limit_is_fine_and_beyond_it_is_named(limit):
    frame = spoilt(limit, beyond=True)
    assert (date_of(frame), "beyond the price limit") in found(frame)
    allowed = spoilt(limit, beyond=False)
    assert (date_of(allowed), "beyond the price limit") not in found(allowed)


def test_a_move_within_ten_per_cent_is_beyond_the_limit_of_special_treatment():
    frame = spoilt(0.08, beyond=False)
    frame.loc[DAY + 1 :, "pre_close"] = frame.loc[DAY + 1 :, "pre_close"]
    assert found(frame) == []
    frame["is_st"] = True
    assert found(frame) == [(date_of(frame), "beyond the price limit")]


def test_after_a_suspension_the_move_is_a_relisting_or_reform():
    frame = spoilt(0.5, beyond=False)
    frame = frame.drop(index=range(DAY - 6, DAY)).reset_index(drop=True)
    moves = found(frame)
    assert (date_of(frame, DAY - 6), "beyond the price limit after a suspension") in moves


def test_a_high_beyond_the_limit_is_named_though_the_close_is_within():
    frame = bars()
    frame.loc[DAY, "high"] = frame.loc[DAY, "pre_close"] * 1.3
    assert found(frame) == [(date_of(frame), "high or low beyond the price limit")]


def test_a_limit_price_below_one_yuan_that_rounding_widens_is_named():
    frame = bars(close=0.36)
    frame[["open", "high", "low", "close", "pre_close"]] = 0.36
    assert found(frame) == []
    frame.loc[DAY, ["low", "close"]] = 0.32  # 0.36 x 0.9 = 0.324: the limit price, 11.1% down
    assert found(frame) == [(date_of(frame), "limit widened by rounding")]


def test_a_falling_adjustment_factor_is_named_and_a_rising_one_is_not():
    frame = bars()
    frame.loc[DAY:, "adj_factor"] = 1.5
    assert found(frame) == []
    frame.loc[DAY:, "adj_factor"] = 0.9
    assert found(frame) == [(date_of(frame), "adj_factor falls")]


def test_a_listing_day_has_its_own_limit_from_2014_and_none_before():
    for start, close, kind in (
        ("2015-03-02", 14.40, None),
        ("2015-03-02", 14.60, "listing day beyond its limit"),
        ("2012-03-05", 35.00, None),
    ):
        frame = close_at(bars(dates=pd.bdate_range(start, periods=3)), 0, close)
        named = [move for move in found(frame, listed=start) if move[0] == start]
        assert named == ([(start, kind)] if kind else [])


def test_a_first_bar_after_the_listing_is_a_relisting_nobody_in_the_data_held():
    frame = close_at(bars(), 0, 30.0)
    kinds = dict(found(frame))
    assert kinds[date_of(frame, 0)] == "first bar beyond the price limit"
    report = checked(frame)
    notes = [finding.rule for finding in report.of("info")]
    assert "first bar beyond the price limit" in notes


def test_the_day_on_which_the_delisting_period_begins_is_named_by_its_class():
    frame = spoilt(-0.4, beyond=False, dates=pd.bdate_range("2023-05-01", periods=40))
    frame.loc[DAY:, "is_delisting"] = True
    assert (date_of(frame), "delisting period begins") in found(frame)
    earlier = spoilt(-0.4, beyond=False)  # in 2014 that day had the board's limit
    earlier.loc[DAY:, "is_delisting"] = True
    assert (date_of(earlier), "beyond the price limit") in found(earlier)


def test_a_relisting_is_told_by_its_name_and_a_share_before_its_reform_has_half_the_limit():
    frame = spoilt(0.5, beyond=False)
    day = frame.loc[DAY, "date"]
    spells = [("N上市", day, day), ("某某股份", day + pd.offsets.BDay(), pd.NaT)]
    names = pd.DataFrame(spells, columns=["name", "start", "end"]).assign(code=MAIN)
    assert (date_of(frame), "relisting") in found(frame, names=names)
    assert (date_of(frame), "beyond the price limit") in found(frame)
    frame = spoilt(0.08, beyond=False)
    names = pd.DataFrame({"code": MAIN, "name": "S某某", "start": DATES[:1], "end": pd.NaT})
    assert found(frame) == []
    assert found(frame, names=names) == [(date_of(frame), "beyond the price limit")]


def test_days_before_the_rule_book_are_not_judged_and_counted():
    dates = pd.bdate_range("1995-01-02", periods=40)
    frame = spoilt(0.5, beyond=False, dates=dates)
    assert found(frame, listed="1992-01-02") == []
    texts = [finding.text for finding in checked(frame, listed="1992-01-02").of("info")]
    assert any("no price limit is known for 40 of 40 rows" in text for text in texts)


def test_every_finding_counts_its_class_and_names_the_values():
    frame = spoilt(0.10, beyond=True)
    warnings = {finding.rule: finding for finding in checked(frame).warnings}
    finding = warnings["beyond the price limit"]
    assert f"{MAIN} {date_of(frame)}, pre_close {frame.loc[DAY, 'pre_close']:.10g}" in finding.text
