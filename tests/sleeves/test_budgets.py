"""Budgets of margin and of risk: what they leave of decisions, from their definitions."""

import math
from functools import cache

import numpy as np
import pandas as pd
import pytest

from quanthedge.backtesting.plan import prepare
from quanthedge.backtesting.run import backtest
from quanthedge.errors import StrategyError
from quanthedge.ledger import run_ledger
from quanthedge.report.chapters.sleeves import sleeves as chapter
from quanthedge.report.writer import Writer
from quanthedge.rules import FuturesRules
from quanthedge.sleeves import Sleeve, Wishes
from quanthedge.sleeves.budgets import RiskReview, margin_shares, risk_shares
from quanthedge.studies.lookahead import audit
from tests.sample import END, START, sample_market, small_strategy

CARRY = {"kind": "cash_and_carry", "label": "carry", "budget": 0.3, "terms": {"entry": 0.0}}
SPREAD = {"kind": "calendar_spread", "label": "calendar", "budget": 0.15, "size": 2.0,
          "rule": "carry", "entry": 0.01, "exit": 0.002}  # fmt: skip
REVIEW = {"start": 0.15, "every": "month", "window": 60, "fewest": 5, "prior_days": 20}
BUDGETS = {
    "capital": {},
    "margin": {"budget": 0.02, "budget_of": "margin"},
    "risk": {"budget": 0.01, "budget_of": "risk", "budget_review": REVIEW},
}


def fund(of, base=SPREAD):
    strategy = small_strategy("invested_fraction=0.45")
    return strategy.change({"sleeves": [CARRY, base | BUDGETS[of]]})


@cache
def known(of):
    return prepare(fund(of), sample_market(), START, END)


def table_of(of):
    table = known(of).sharing
    return table[table["sleeve"] == "calendar"]


def test_budgets_of_capital_write_nothing_and_change_nothing():
    assert known("capital").sharing.empty
    stated = prepare(
        fund("capital").change({"sleeves": [CARRY, SPREAD | {"budget_of": "capital"}]}),
        sample_market(), START, END,
    )  # fmt: skip
    one, other = (run_ledger(found.inputs) for found in (known("capital"), stated))
    np.testing.assert_array_equal(one.ledger, other.ledger)


def test_a_budget_of_margin_cuts_each_decision_to_the_margin_of_its_day():
    found, market = known("margin"), sample_market()
    book, whole = (known(of).inputs.targets.sleeve(2) for of in ("margin", "capital"))
    rules = FuturesRules.between("IF", found.dates, account="hedging")
    told = table_of("margin").set_index("date")
    shares = 0
    for r, day in enumerate(book.trade_days[book.trade_days < found.dates.size - 1]):
        legs = book.exposures[book.lot_pointer[r] : book.lot_pointer[r + 1]]
        if not legs.size:
            continue
        decided = found.dates[day]  # row 0 is the day before the first
        needed = np.abs(legs).sum() * rules.margin[day]
        assert needed == pytest.approx(0.02)
        place = int(np.flatnonzero(whole.trade_days == day)[0])
        theirs = whole.exposures[whole.lot_pointer[place] : whole.lot_pointer[place + 1]]
        np.testing.assert_allclose(np.sign(legs), np.sign(theirs))
        row = told.loc[pd.Timestamp(decided)]
        assert row["figure"] == pytest.approx(2 * 2.0 * rules.margin[day])  # of the whole equity
        assert row["share"] == row["asked"] == pytest.approx(0.02 / row["figure"])
        shares += 1
    assert shares >= 5
    assert market.dates[0] < found.dates[0]


def test_a_budget_of_margin_that_carries_the_whole_decision_leaves_it():
    rows = np.array([0, 3])
    rates, larger = np.full((6, 2), 0.1), np.zeros(6, dtype=bool)
    found = margin_shares(0.5, rows, [{0: -1.0}, {0: -1.0, 1: 1.0}], rates, larger)
    assert found.share.tolist() == [1.0, 1.0]
    assert found.asked.tolist() == [5.0, 2.5]
    assert found.reason == ("stated", "stated")


def test_rates_that_change_are_looked_at_again_and_sides_are_netted_where_the_rule_nets():
    rates = np.full((10, 2), 0.1)
    rates[4:] = 0.4  # as in September 2015
    larger = np.arange(10) >= 7
    spread = {0: -1.0, 1: 1.0}
    found = margin_shares(0.1, np.array([1, 9]), [spread, {}], rates, larger)
    assert found.rows.tolist() == [1, 4, 7]
    assert found.share.tolist() == pytest.approx([0.1 / 0.2, 0.1 / 0.8, 0.1 / 0.4])
    assert found.figure.tolist() == pytest.approx([0.2, 0.8, 0.4])


def test_a_decision_without_contracts_keeps_the_share_before_it():
    rates, larger = np.full((9, 1), 0.1), np.zeros(9, dtype=bool)
    some = [{0: -1.0}, {}, {0: np.nan}, {0: -0.5}]
    found = margin_shares(0.02, np.array([0, 2, 4, 6]), some, rates, larger)
    assert found.rows.tolist() == [0, 6]
    assert found.share.tolist() == pytest.approx([0.2, 0.4])


def slow_volatility(gains, tied, window, fewest, prior):
    """The deviation a year on the last days with a position beside the prior; None of too few."""
    held = [k for k in range(len(gains)) if tied[k] > 0 or gains[k] != 0][-window:]
    if len(held) < fewest:
        return None
    some = [gains[k] for k in held]
    mean = sum(some) / len(some)
    own = sum((one - mean) ** 2 for one in some) / (len(some) - 1) * 243
    return math.sqrt((len(some) * own + 20 * prior**2) / (len(some) + 20))


@cache
def spread_alone():
    """What the spread alone earns and ties up a day, of a budget of its start."""
    strategy = fund("capital", SPREAD | {"budget": 0.15}).change(
        {"sleeves": [SPREAD], "invested_fraction": 0.0, "factors": [], "name": "Alone",
         "name_zh": "单一"}
    )  # fmt: skip
    run = backtest(strategy, sample_market(), START, END)
    own = run.sleeves.set_index("date")
    own = own[own["sleeve"] == "calendar"]
    before = 0.15 * run.ledger["equity"].shift(1).iloc[1:]
    gain = own["stock_pnl"] + own["dividends"] + own["futures_pnl"] - own["costs"]
    return gain / before, (own["stock_value"] + own["margin_required"]) / before


def test_a_budget_of_risk_is_that_over_the_volatility_on_paper_up_to_the_review():
    gains, tied = spread_alone()
    table = table_of("risk")
    standing = 1.0
    assert len(table) == 10
    for row in table.itertuples():
        part = (gains[: row.date].tolist(), tied[: row.date].tolist())
        sigma = slow_volatility(*part, 60, 5, 0.01 / 0.15)
        if sigma is None:
            assert (row.reason, row.share) == ("unknown", standing)
            continue
        assert row.figure == pytest.approx(sigma, rel=1e-9)
        assert row.asked == pytest.approx(0.01 / sigma / 0.15, rel=1e-9)
        wanted = min(row.asked, 1.0 / 0.15)
        standing = standing if abs(wanted - standing) <= 0.10 else wanted
        assert row.share == pytest.approx(standing, rel=1e-9)
    assert set(table["reason"]) == {"unknown", "less", "kept"}


def test_a_budget_of_risk_stops_at_the_most_and_keeps_what_stood_while_nothing_is_known():
    review = RiskReview(start=0.5, fewest=20, window=20, most=0.8, prior_days=0)
    gains = np.tile([0.001, -0.001], 30)
    found = risk_shares(0.3, review, np.array([10, 20, 60]), gains, np.ones(60))
    assert found.share.tolist() == [1.0, 1.6, 1.6]
    assert found.reason == ("unknown", "more", "kept")
    assert found.asked[2] > 30


def test_calm_days_do_not_stand_for_all_that_may_come():
    review = RiskReview(start=0.25, fewest=40, window=120)
    calm = np.tile([0.0001, -0.0001], 60)
    found = risk_shares(0.01, review, np.array([30, 40, 120]), calm, np.ones(120))
    assert found.reason == ("unknown", "more", "more")
    # 40 and 120 days of next to nothing beside 120 days of the 4% a year that 1% / 0.25 states
    assert found.figure[1:] == pytest.approx([0.04 * math.sqrt(0.75), 0.04 * math.sqrt(0.5)], 0.01)
    assert found.share[1:] == pytest.approx([math.sqrt(4 / 3), math.sqrt(2)], 0.01)


@pytest.mark.parametrize("of", ["margin", "risk"])
def test_a_market_that_ends_after_a_decision_gives_the_same_shares_and_wishes(of):
    whole, market = known(of), sample_market()
    day = market.dates[market.day(table_of(of)["date"].iloc[-2]) + 1]
    cut = prepare(fund(of), market.until(day), START, str(day))
    mine = whole.sharing[whole.sharing["date"] < pd.Timestamp(day)]
    theirs = cut.sharing[cut.sharing["date"] < pd.Timestamp(day)]
    pd.testing.assert_frame_equal(theirs, mine, check_exact=True)
    ours, others = (one.inputs.targets.sleeve(2) for one in (cut, whole))
    n = int((ours.trade_days < cut.dates.size - 1).sum())
    np.testing.assert_array_equal(ours.trade_days[:n], others.trade_days[:n])
    ends = ours.lot_pointer[n]
    np.testing.assert_array_equal(ours.exposures[:ends], others.exposures[:ends])
    assert n > 1


@pytest.mark.slow
@pytest.mark.parametrize("of", ["margin", "risk"])
def test_the_audit_finds_no_look_ahead_in_a_budget(of):
    report = audit(fund(of), sample_market(), dates=1, start=START, end="2014-12-31")
    assert report.passed, report.to_text()


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_record_keeps_the_shares_and_the_chapter_shows_what_came_of_them(tmp_path, language):
    run = backtest(fund("margin"), sample_market(), START, END)
    again = type(run).open(run.to_parquet(tmp_path / "run"))
    pd.testing.assert_frame_equal(again.sharing, run.sharing)
    blocks = chapter(Writer(again, language))
    (table,) = (one for one in blocks if one.id.endswith("budgets"))
    words = {"en": "margin", "zh": "保证金"}
    assert [row[2].text for row in table.rows] == [words[language]] * 2
    own = run.sleeves[run.sleeves["sleeve"] == "calendar"].set_index("date")["margin_required"]
    share = (own / run.ledger["equity"].reindex(own.index))["2015"]
    assert table.rows[1][6].value == pytest.approx(share.max())


class Stocks(Sleeve):
    """A stock and never a contract."""

    def wishes(self, market, first, last):
        place = int(np.flatnonzero(market.panel("traded")[first - 1])[0])
        return Wishes(np.array([first - 1]), ({place: 0.5},), ({},))


def test_budgets_that_make_no_sense_are_refused_in_one_line():
    wrong = {
        "needs budget_review": {"budget_of": "risk", "budget": 0.02},
        "takes no budget_review": {"budget_review": REVIEW},
        "at most 1": {"budget": 2.0, "budget_of": "margin"},
        "start": {"budget": 0.02, "budget_of": "risk", "budget_review": {}},
        "budget_of": {"budget_of": "money"},
    }
    for told, changes in wrong.items():
        with pytest.raises(StrategyError, match=told) as error:
            small_strategy().change({"sleeves": [SPREAD | changes]})
        assert "\n" not in str(error.value)
    with pytest.raises(StrategyError, match=r"that of calendar is of margin"):
        fund("margin").change({"sharing": {"kind": "risk_parity"}})
    idle = small_strategy().change(
        {"sleeves": [Stocks(label="one", budget=0.1, budget_of="margin")]}
    )
    with pytest.raises(StrategyError, match=r"sleeve one: budget_of margin, but it wants stocks"):
        prepare(idle, sample_market(), START, "2014-10-10")
