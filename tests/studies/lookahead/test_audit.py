"""The audit convicts whoever looks ahead, names the cell, and lets the honest pass."""

import copy
import pickle
import re
from typing import get_args

import numpy as np
import pandas as pd
import pytest

from quanthedge.backtesting import plan as prepare
from quanthedge.beta import CATALOGUE as ESTIMATORS_OF_OURS
from quanthedge.beta import Kalman, RollingOLS
from quanthedge.beta.preparation import Preparation
from quanthedge.errors import StrategyError
from quanthedge.factors.base import as_rows
from quanthedge.hedge.ratios.ratio_base import HedgeRatio
from quanthedge.hedge.ratios.ratios import AlphaScaled, EwmaRatio, MinimumVariance
from quanthedge.market.altered import AT_THE_OPEN, Alteration
from quanthedge.market.altered_rows import public_column
from quanthedge.market.schema import TABLES
from quanthedge.studies.lookahead import audit, load_object
from quanthedge.studies.lookahead.audit import WHOLE
from quanthedge.studies.lookahead.compare import Cut, Part, compare
from quanthedge.studies.lookahead.rows import evenly
from quanthedge.universe import IndexUniverse, LargestUniverse
from tests.factors.every_factor import FACTORS, name_of
from tests.sample import ROOT, sample_market, small_strategy

ESTIMATORS = [
    *(kind() for kind in ESTIMATORS_OF_OURS.classes().values()),
    RollingOLS(errors="hac"),
]
TREATED = Preparation(resumption="match", limit_days="merge", listing_days="until_free")
DROPPED = Preparation(resumption="drop", limit_days="drop", listing_days=20)
HALF = {"start": "2014-09-17", "end": "2015-03-31"}
HEDGES = [
    ("hedge.ratio={kind='minimum_variance'}", "hedge.account='speculative'"),
    ("hedge.risk_aversion=5.0", "beta={kind='ols'}"),
    ("hedge.contract='cheapest_carry'", "hedge.roll='basis'", "hedge.ratio={kind='alpha_scaled'}"),
    ("hedge.policy={kind='any', of=[{kind='deviation', fraction=0.05}, "
     "{kind='price_move', fraction=0.03}]}", "hedge.range=[0.8, 1.2]"),
]  # fmt: skip


def closes(market):
    return pd.DataFrame(
        market.panel("mark"), index=market.dates.astype("M8[s]"), columns=market.codes
    )


def moved_by(shift):
    def exposure(self, market, rows=None):
        days = np.minimum(as_rows(market, rows) + shift, len(market.dates) - 1)
        return market.panel("close")[days]

    return type(f"Shifted{shift}", (), {"exposure": exposure})


def centred(market):
    return closes(market).rolling(11, center=True, min_periods=1).mean()


def standardised(market):
    values = closes(market)
    return (values - values.mean()) / values.std()


def filled_backwards(market):
    return closes(market).where(market.panel("traded")).bfill()


def ranked_by_final_value(market):
    value = market.panel("mark")[-1] * market.panel("total_shares")[-1]
    return np.broadcast_to(np.argsort(np.argsort(value)), market.panel("mark").shape)


def those_that_survive(market):
    return np.broadcast_to(market.delist_index() >= len(market.dates), market.panel("mark").shape)


def forward_adjusted(market):
    return market.panel("mark") * market.panel("adj_factor") / market.panel("adj_factor")[-1]


def level_of_the_factor(market):
    return market.panel("mark") * market.panel("adj_factor")


def figures_by_period_end(market):
    equity = market.fundamental("book_equity")
    early = np.roll(equity, -60, axis=0)
    early[-60:] = equity[-1]
    return early


def members_of_tomorrow(market):
    members = market.members("000300.SH").copy()
    members[:-1] = members[1:]
    return members


def index_of_tomorrow(market):
    close = market.index_close("000300.SH")
    return np.append(close[1:], close[-1])


CHEATS = [
    moved_by(1)(), centred, standardised, filled_backwards, ranked_by_final_value,
    those_that_survive, forward_adjusted, level_of_the_factor, figures_by_period_end,
    members_of_tomorrow, index_of_tomorrow,
]  # fmt: skip


@pytest.mark.parametrize("cheat", CHEATS, ids=lambda c: getattr(c, "__name__", type(c).__name__))
def test_who_looks_ahead_is_convicted_and_the_cell_is_named(cheat):
    market = sample_market()
    report = audit(cheat, market, dates=3)
    assert not report.passed
    found = report.findings[0]
    assert found.date <= found.cut
    assert np.datetime64(found.date) in market.dates
    assert not found.code or found.code in market.codes
    assert found.before != found.after
    with pytest.raises(StrategyError, match="look-ahead"):
        report.raise_if_failed()


def test_the_cell_the_values_and_their_difference_are_those_that_moved():
    market = sample_market()
    findings = audit(moved_by(1)(), market, dates=1).findings
    found = next(f for f in findings if f.alteration == "scrambled" and "nan" not in str(f))
    row, column = market.day(found.date), list(market.codes).index(found.code)
    assert found.date == found.cut
    assert float(found.before) == pytest.approx(market.panel("close")[row + 1, column])
    other = market.altered(row, "scrambled")
    assert float(found.after) == pytest.approx(other.panel("close")[row + 1, column])
    assert f"by {float(found.after) - float(found.before):.6g}" in str(found)


HONEST = {
    "trailing mean": lambda market: closes(market).rolling(11, min_periods=1).mean(),
    "returns over ex-dates": lambda market: market.panel("simple_return"),
    "steps of adjusted prices": lambda market: np.diff(
        np.log(market.price_panel("mark", "adjusted")), axis=0, prepend=np.nan
    ),
    "index": lambda market: market.index_close("000300.SH"),
    "industry": lambda market: market.industry()[0],
    "cash": lambda market: market.cash_rate(),
    "two at once": lambda market: {
        "st": market.panel("is_st"), "members": market.members("000300.SH"),
    },
    "futures": lambda market: market.futures("IF").set_index("date")[["close"]],
}  # fmt: skip


@pytest.mark.parametrize("name", HONEST)
def test_the_honest_pass(name):
    report = audit(HONEST[name], sample_market(), dates=2)
    assert report.passed, report.to_text()
    assert report.cells > 1000


@pytest.mark.parametrize("factor", FACTORS, ids=name_of)
def test_every_factor_passes(factor):
    report = audit(factor, sample_market(), dates=2)
    assert report.passed, report.to_text()


@pytest.mark.parametrize(
    "thing",
    [
        *ESTIMATORS,
        RollingOLS(preparation=TREATED), Kalman(preparation=DROPPED),
        LargestUniverse(n=60), IndexUniverse(),
    ],
    ids=lambda thing: type(thing).__name__,
)  # fmt: skip
def test_estimators_and_universes_pass(thing):
    report = audit(thing, sample_market().until("2014-06-30"), dates=2)
    assert report.passed, report.to_text()


@pytest.mark.parametrize(
    "changes",
    [
        (),
        ("beta={kind='ols', method='top_down'}", "execution.fill='vwap'", "rebalance.every='week'"),
        ("hedge.fill='open'", "execution.sale_proceeds='after_fill'"),
        *HEDGES,
    ],
    ids=[
        "as it is",
        "vwap, top-down, weekly",
        "hedge before the fills",
        "ratio",
        "carry",
        "contracts",
        "policy",
    ],
)
def test_the_strategy_passes_fill_by_fill(changes):
    span = HALF if changes else {}  # the whole market once
    report = audit(small_strategy(*changes), sample_market(), dates=1, **span)
    assert report.passed, report.to_text()
    assert report.cells > 10_000


def test_an_error_on_the_altered_market_is_a_finding():
    def fragile(market):
        if len(market.dates) < len(sample_market().dates):
            raise ValueError("too short")
        return market.panel("close")

    found = audit(fragile, sample_market(), dates=1).findings[0]
    assert found.part == "computation"
    assert "ValueError: too short" in found.after


def test_a_small_book_without_refusals_is_compared_too():
    strategy = small_strategy("selector.n=10", "capital_yuan=20e6", "execution.participation=1.0")
    report = audit(strategy, sample_market(), dates=1, **HALF)
    assert report.passed, report.to_text()


@pytest.mark.parametrize(
    ("mine", "theirs", "moved"),
    [
        (np.empty((0, 3)), np.empty((0, 3)), False),
        (np.empty(0, dtype=str), np.empty(0), False),
        (np.empty((0, 3)), np.ones((2, 3)), True),
        (np.ones((2, 0)), np.ones((2, 0)), False),
        (np.array([None, "a"], dtype=object), np.array([None, "b"], dtype=object), True),
    ],
)
@pytest.mark.parametrize("tolerance", [0.0, 1e-9])
def test_empty_tables_compare_as_tables(mine, theirs, moved, tolerance):
    cut = np.datetime64("2014-10-10")
    days = np.datetime64("2014-10-08") + np.arange(2)
    parts = [[Part("table", days[: len(one)], one)] for one in (mine, theirs)]
    cells, findings = compare(*parts, Cut(cut, "restated"), tolerance)
    assert bool(findings) == moved
    assert cells == (0 if mine.size == 0 or len(mine) != len(theirs) else mine.size)


def test_a_table_that_is_missing_on_one_side_is_a_finding():
    cut = Cut(np.datetime64("2014-10-10"), "removed")
    part = Part("table", np.array(["2014-10-08"], dtype="M8[D]"), np.ones(1))
    assert compare([part], [], cut, 0.0)[1][0].after == "gone"
    assert compare([], [part], cut, 0.0)[1][0].before == "absent"


@pytest.mark.parametrize("name", ["mark", "limit_class", "adj_factor"])
def test_a_row_too_late_in_what_the_ledger_is_given_is_found(name, monkeypatch):
    original = prepare._inputs

    def shifted(strategy, market, first, last, *rest):
        inputs = original(strategy, market, first, last, *rest)
        if name == "limit_class":
            late = inputs.bars.limit_class
            late = np.vstack([late[1:], late[-1:]])
        else:
            rows = np.minimum(np.arange(first, last + 2), len(market.dates) - 1)
            late = market.panel(name)[rows]
        return inputs._replace(bars=inputs.bars._replace(**{name: late}))

    monkeypatch.setattr(prepare, "_inputs", shifted)
    report = audit(small_strategy(), sample_market(), dates=2, first_only=True)
    assert not report.passed
    assert "computation" not in report.findings[0].part


def test_orders_of_a_day_must_not_know_its_close():
    class Ahead(type(small_strategy().selector)):
        def targets(self, market, scores, rows):
            later = np.minimum(rows + 1, len(market.dates) - 1)
            return super().targets(market, market.panel("mark")[later], rows)

    strategy = small_strategy().model_copy(update={"selector": Ahead(n=30)})
    report = audit(strategy, sample_market(), dates=2, first_only=True)
    assert report.findings[0].part.startswith("targets")


def test_the_clients_of_a_fund_are_compared():
    clients = {
        "flows": [
            {"date": "2014-11-10", "investor": "new", "subscribe_yuan": 5e6},
            {"date": "2015-02-10", "investor": "new", "redeem_fraction": 0.5},
        ],
        "leavers": {"drawdown": 0.01, "fraction": 0.2},
    }
    strategy = small_strategy("fund.hurdle={kind='fixed', rate=0.05}")
    strategy = type(strategy).model_validate({**strategy.model_dump(), "clients": clients})
    report = audit(strategy, sample_market(), dates=2, **HALF)
    assert report.passed, report.to_text()
    assert report.kinds["flow"] == 2
    assert report.kinds["crystallisation"] >= 1


@pytest.mark.parametrize("ratio", [MinimumVariance(), EwmaRatio(), AlphaScaled()])
def test_hedge_ratios_pass(ratio):
    report = audit(ratio, sample_market(), dates=2)
    assert report.passed, report.to_text()


def test_a_class_is_called_and_one_that_cannot_be_is_refused():
    assert not audit(moved_by(1), sample_market(), dates=1, first_only=True).passed
    with pytest.raises(StrategyError, match="Market is a class that cannot be called"):
        audit(type(sample_market()), sample_market())


def test_rows_are_left_out_evenly_and_the_ends_stay():
    np.testing.assert_array_equal(evenly(np.arange(100), None), np.arange(100))
    np.testing.assert_array_equal(evenly(np.array([3, 7, 9]), 2), [3, 9])
    np.testing.assert_array_equal(evenly(np.array([3, 7, 9]), 1), [9])
    assert not evenly(np.empty(0, dtype=np.int64), 4).size


@pytest.mark.parametrize("alteration", ["scrambled", "opened", "priced"])
def test_the_very_next_day_is_other_in_every_table(alteration):
    market, row = sample_market(), 400
    other, new = market.altered(row, alteration), row + 1
    for name in ("close", "high", "low", "mark", "total_shares", "simple_return"):
        traded = np.isfinite(market.panel("close")[new])
        assert (other.panel(name)[new] != market.panel(name)[new])[traded].mean() > 0.9
    for item in market.fundamental_items():
        assert (other.fundamental(item)[new] != market.fundamental(item)[new]).mean() > 0.5
    changed = other.members("000300.SH")[new] != market.members("000300.SH")[new]
    assert changed.sum() > 10
    assert (other.industry()[0][new] != market.industry()[0][new]).sum() > 10
    assert other.cash_rate()[new] != market.cash_rate()[new]
    assert other.index_close("000300.SH")[new] != market.index_close("000300.SH")[new]
    assert (other.delist_index()[market.delist_index() > new + 2] <= new + 2).any()


@pytest.mark.parametrize("alteration", ["opened", "priced"])
def test_what_is_known_at_the_next_open_stays(alteration):
    market, row = sample_market(), 400
    other, new = market.altered(row, alteration), row + 1
    for name in AT_THE_OPEN:
        np.testing.assert_array_equal(other.panel(name)[new], market.panel(name)[new])
    same_volume = np.array_equal(other.panel("volume")[new], market.panel("volume")[new], True)
    assert same_volume == (alteration == "priced")
    bars = [one.futures("IF").query("date == @day") for one in (market, other)
            for day in [market.dates[new].astype("M8[s]")]]  # fmt: skip
    assert bars[0]["contract"].tolist() == bars[1]["contract"].tolist()
    np.testing.assert_array_equal(bars[0]["open"], bars[1]["open"])
    assert (bars[0]["settle"].to_numpy() != bars[1]["settle"].to_numpy()).all()
    gone = market.delist_index() == new
    np.testing.assert_array_equal(other.delist_index() == new, gone)


def test_every_table_with_dates_is_changed():
    in_advance = {"calendar", "stocks", "stock_daily"}  # stocks and bars are changed apart
    assert {name for name in TABLES if public_column(name) is None} == in_advance


@pytest.mark.parametrize("alteration", get_args(Alteration))
def test_the_past_of_an_altered_market_is_the_true_one(alteration):
    market, row = sample_market(), 400
    other = market.altered(row, alteration, seed=3)
    assert len(other.dates) in (row + 1, row + 61)
    for name in ("close", "volume", "is_st", "mark", "total_shares", "traded"):
        np.testing.assert_array_equal(other.panel(name)[: row + 1], market.panel(name)[: row + 1])
    for item in market.fundamental_items():
        before = market.fundamental(item)[: row + 1]
        np.testing.assert_array_equal(other.fundamental(item)[: row + 1], before)
    if alteration in ("scrambled", "absurd"):
        later = slice(row + 1, row + 61)
        assert not np.array_equal(other.panel("close")[later], market.panel("close")[later])
        assert (other.delist_index() != np.minimum(market.delist_index(), row + 61)).any()


def test_a_users_own_file_is_loaded_and_what_is_missing_is_named(tmp_path):
    file = tmp_path / "mine.py"
    file.write_text(
        "import numpy as np\n"
        "def tomorrow(market):\n"
        "    return np.roll(market.panel('close'), -1, axis=0)\n"
    )
    assert not audit(load_object(f"{file}:tomorrow"), sample_market(), dates=1).passed
    with pytest.raises(StrategyError, match="no object 'today'; there are np, tomorrow"):
        load_object(f"{file}:today")
    file.write_text("1 / 0")
    with pytest.raises(StrategyError, match="ZeroDivisionError"):
        load_object(f"{file}:tomorrow")
    assert load_object(str(ROOT / "strategies" / "market_neutral.toml")).name


def test_what_cannot_be_audited_is_refused():
    with pytest.raises(StrategyError, match="int can not be audited"):
        audit(7, sample_market())
    with pytest.raises(StrategyError, match="one row for each"):
        audit(lambda market: np.zeros(3), sample_market())


@pytest.mark.slow
def test_an_audit_says_how_many_recomputations_there_are_and_how_long_the_rest_takes() -> None:
    told: list[str] = []
    span = {"start": "2015-06-01", "end": "2015-06-12"}
    audit(small_strategy(), sample_market(), dates=1, tell=told.append, **span)
    said = re.compile(r"\((\d+) of (\d+) recomputations, about \d+ (s|minutes) left")
    found = [said.search(one) for one in told]
    assert found[0] is None  # the whole run, which says how long one takes
    counts = [(int(one[1]), int(one[2])) for one in found[1:] if one is not None]
    assert len(counts) == len(told) - 1
    done, totals = [k for k, _ in counts], {n for _, n in counts}
    assert done == sorted(done)
    assert len(totals) == 1
    assert done[-1] + 2 * len(WHOLE) == totals.pop()  # the last day under every alteration


@pytest.mark.parametrize("early", [3, 30])
def test_a_peek_on_one_of_the_first_days_is_found(early):
    class Peeks:
        def exposure(self, market, rows):
            returns = np.nan_to_num(market.panel("simple_return"))
            return returns[np.minimum(rows + (rows == early), len(returns) - 1)]

    report = audit(Peeks(), sample_market(), first_only=True)
    assert report.findings[0].date == str(sample_market().dates[early])


@pytest.mark.parametrize("alteration", ["removed", "scrambled", "priced"])
def test_a_copy_of_an_altered_market_is_altered_alike(alteration):
    other = sample_market().altered(300, alteration)
    for copied in (pickle.loads(pickle.dumps(other)), copy.deepcopy(other)):
        assert copied.fingerprint == other.fingerprint
        assert copied.is_altered == other.is_altered
        assert np.array_equal(copied.dates, other.dates)
        for name in ("close", "adj_factor"):
            assert np.array_equal(copied.panel(name), other.panel(name), equal_nan=True)


def test_what_is_kept_by_a_fingerprint_is_of_no_other_market():
    market = sample_market()
    rows, kinds = (len(market.dates) - 2, 300, 360), ("removed", "scrambled", "opened")
    prints = {market.altered(row, kind).fingerprint for row in rows for kind in kinds}
    assert len(prints - {market.fingerprint}) == len(rows) * len(kinds)


class OfTheBook(HedgeRatio):
    def ratios(self, history, since):
        return 1.0 + 5.0 * np.nan_to_num(history.book[since:, None]) * np.ones(history.products)


def test_an_own_ratio_of_the_days_own_return_passes_to_the_last_bit():
    assert audit(OfTheBook(), sample_market()).passed


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"dates": 0}, "dates is 0; accepted: 1 or more"),
        ({"dates": -1}, "dates is -1"),
        ({"seed": -1}, "seed is -1; accepted: 0 or more"),
        ({"tolerance": -0.1}, "tolerance is -0.1"),
        ({"tolerance": 1.0}, "tolerance is 1.0"),
        ({"tolerance": float("nan")}, "tolerance is nan"),
        ({"start": "2015-01-05"}, "start and end shorten the run of a strategy, and factor"),
    ],
    ids=str,
)
def test_an_audit_that_would_compare_nothing_or_something_else_is_refused(asked, words):
    with pytest.raises(StrategyError, match=words):
        audit(FACTORS[0], sample_market(), **asked)


def test_an_audit_of_nothing_is_refused():
    with pytest.raises(StrategyError, match="nothing to audit"):
        audit([], sample_market())
