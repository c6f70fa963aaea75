"""The screen by vectorbt: its legs are vectorbt's own, and what it leaves out is what differs."""

import sys
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from quanthedge.backtesting import selected
from quanthedge.backtesting.run import backtest
from quanthedge.batch.screen import Screen, from_vectorbt
from quanthedge.batch.screen_legs import StockLeg, blocks_of, leg_values
from quanthedge.errors import StrategyError
from quanthedge.performance import sharpe_ratio
from quanthedge.strategy import load_strategy
from tests.sample import END, ROOT, START, sample_market, small_strategy

FREE = (
    "costs.commission_rate=0", "costs.commission_min_yuan=0", "costs.slippage_bp=0",
    "costs.impact_coefficient=0", 'costs.dividend_tax="none"', "hedge.ratio=0",
    "execution.participation=0", "fund.management_fee_per_year=0", "fund.custody_fee_per_year=0",
    "fund.performance_fee_rate=0", "accounts.stock_cash_rate=0", "accounts.futures_cash_rate=0",
)  # fmt: skip


def screened(grid: Any, keep: Any = 0, *changes: str) -> Screen:
    return from_vectorbt(
        small_strategy(*changes), sample_market(), grid, start=START, end=END, keep=keep
    )


def leg_of(*changes: str) -> tuple[StockLeg, int, int]:
    strategy, market = small_strategy(*changes), sample_market()
    first, last = market.span(START, END)
    targets = selected(strategy, market, first, last).targets
    leg = StockLeg(
        targets.decision_rows + 1, targets.pointer, targets.stocks, targets.weights,
        strategy.execution.fill, strategy.costs, strategy.capital_yuan,
    )  # fmt: skip
    return leg, first, last


def every_day(leg: StockLeg, first: int, last: int) -> Any:
    """Return the same leg as vectorbt simulates it plainly, on every day of the span."""
    import vectorbt

    market = sample_market()
    opened, mark = (market.panel(name) * market.panel("adj_factor") for name in ("open", "mark"))
    size = np.full((last - first + 1, len(market.codes)), np.nan)
    for r, row in enumerate(leg.rows[leg.rows <= last]):
        mine = slice(leg.pointer[r], leg.pointer[r + 1])
        size[row - first] = 0.0
        size[row - first, leg.stocks[mine]] = leg.weights[mine]
    price = opened[first : last + 1]
    return vectorbt.Portfolio.from_orders(
        close=pd.DataFrame(mark[first : last + 1]), size=np.where(np.isnan(price), np.nan, size),
        size_type="targetpercent", price=price, val_price=mark[first - 1 : last],
        init_cash=leg.capital_yuan, cash_sharing=True, group_by=True, call_seq="auto", freq="1D",
    )  # fmt: skip


def test_a_leg_on_its_trading_days_is_worth_what_vectorbt_finds_on_every_day(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def free(dates: Any, codes: Any, *_: Any, **__: Any) -> Any:
        nothing = np.zeros((len(dates), len(codes)))
        return SimpleNamespace(buy_rate=nothing, sell_rate=nothing)

    monkeypatch.setattr("quanthedge.batch.screen_legs.StockCosts.between", free)
    leg, first, last = leg_of("selector.n=20")
    worth, stocks = leg_values(sample_market(), first, last, [leg])
    plain = every_day(leg, first, last)
    assert worth[1:, 0] == pytest.approx(plain.value().to_numpy(), rel=1e-12)
    assert stocks[1:, 0] == pytest.approx(plain.asset_value().to_numpy(), rel=1e-12)
    assert worth[0, 0] == leg.capital_yuan
    assert stocks[-1, 0] > 0.5 * leg.capital_yuan


def test_costs_are_paid_by_side() -> None:
    leg, first, last = leg_of("selector.n=20", "invested_fraction=0.5")
    free, _ = leg_values(sample_market(), first, last, [leg])
    dearer = leg._replace(costs=leg.costs.model_copy(update={"slippage_bp": 100.0}))
    _, stocks = leg_values(sample_market(), first, last, [leg])
    dear, _ = leg_values(sample_market(), first, last, [dearer])
    day = int(leg.rows[0]) - first + 1  # the first purchase: half of all, 95 points dearer
    assert (free[day] - dear[day])[0] == pytest.approx(0.5 * 1e8 * 0.0095, rel=0.05)
    assert stocks[day - 1, 0] == 0.0


def test_without_costs_and_hedge_the_ledgers_value_is_near_vectorbts() -> None:
    screen = screened("selector.n=30", 0, *FREE)
    exact = backtest(small_strategy(*FREE), sample_market(), START, END)
    level = exact.ledger["equity"] / exact.ledger["equity"].iloc[0]
    away = screen.levels[0].to_numpy() / level.to_numpy() - 1.0
    # lots, refused orders and what is bought of dividends are left, and the market moved
    assert np.abs(away).max() < 0.02
    assert level.max() > 1.2


def test_legs_are_the_same_together_alone_and_in_blocks() -> None:
    legs = [leg_of(f"selector.n={n}")[0] for n in (10, 20, 30)]
    _, first, last = leg_of()
    together, _ = leg_values(sample_market(), first, last, legs)
    for k, leg in enumerate(legs):
        alone, _ = leg_values(sample_market(), first, last, [leg])
        assert together[:, k] == pytest.approx(alone[:, 0], rel=1e-12)
    assert list(blocks_of(legs, 200, 1e9)) == [[0, 1, 2]]
    assert list(blocks_of(legs, 200, 1e-9)) == [[0], [1], [2]]


def test_the_hedge_is_a_short_of_the_index_by_the_share_of_stocks() -> None:
    market, screen = sample_market(), screened("hedge.ratio=0.0,0.8")
    assert screen.legs == 1
    leg, first, last = leg_of()
    worth, stocks = leg_values(market, first, last, [leg])
    close = market.index_close("000300.SH")[first - 1 : last + 1]
    moved, share = close[1:] / close[:-1] - 1.0, stocks[:-1, 0] / worth[:-1, 0]
    plain = worth[1:, 0] / worth[:-1, 0] - 1.0
    assert screen.levels[0].pct_change().to_numpy()[1:] == pytest.approx(plain)
    hedged = plain - 0.8 * share * moved
    assert screen.levels[1].pct_change().to_numpy()[1:] == pytest.approx(hedged)
    told = screen.table.loc[1, "screen_sharpe"]
    assert told == pytest.approx(sharpe_ratio(pd.Series(hedged)))


def test_the_best_by_vectorbt_run_through_the_ledger_and_stand_beside_it() -> None:
    screen = screened({"selector.n": [20, 30], "hedge.ratio": [0.8, 1.0]}, 3)
    table = screen.table
    assert table["screen_sharpe"].is_monotonic_decreasing
    assert table["exact_sharpe_net"].notna().tolist() == [True, True, True, False]
    best = table.iloc[0]
    change = [f"selector.n={best['selector.n']:.0f}", f"hedge.ratio={best['hedge.ratio']}"]
    exact = backtest(small_strategy(*change), sample_market(), START, END).summary()
    assert best["exact_sharpe_net"] == pytest.approx(exact.value("sharpe_net"), abs=1e-9)
    known = screen.agreement
    ranks = table.iloc[:3][["screen_sharpe", "exact_sharpe_net"]].rank()
    assert known["rank_correlation_net"] == pytest.approx(ranks.corr().iloc[0, 1])
    assert known["runs"] == 3
    assert "3 by the ledger" in repr(screen)


def test_what_fails_is_named_and_the_others_go_on() -> None:
    broken = small_strategy('universe={kind="index", index="000999.SH"}')
    screen = screened([small_strategy(), small_strategy("selector.n=20"), broken], 1)
    table = screen.table
    assert np.isnan(table.loc[2, "screen_sharpe"])
    assert "000999.SH" in table.loc[2, "reason"]
    assert table["reason"].isna().sum() == 2
    assert table.loc[1, "selector.n"] == 20
    refused = screened({"selector.n": [30, -1]})
    assert refused.table["reason"].str.contains("selector.n").sum() == 1


def test_what_own_code_raises_is_a_failure_of_its_variant(monkeypatch: pytest.MonkeyPatch) -> None:
    module = sys.modules[Screen.__module__]
    real = module.selected

    def own(strategy: Any, *given: Any) -> Any:
        if strategy.selector.n == 20:
            raise ZeroDivisionError("somewhere inside")
        return real(strategy, *given)

    monkeypatch.setattr(module, "selected", own)
    table = screened({"selector.n": [30, 20]}).table
    assert table["reason"].dropna().tolist() == ["ZeroDivisionError: somewhere inside"]


def test_what_is_left_out_is_said_in_both_languages_and_goes_by_the_strategies() -> None:
    found = {}
    for text in ("hedge.ratio=1.0", 'hedge.ratio={kind="minimum_variance"}'):
        left_out = screened(text).left_out
        assert all(one["en"] and one["zh"] for one in left_out)
        found[text] = {one["kind"] for one in left_out}
    number, rule = found.values()
    assert {"lots", "limits", "suspensions", "t_plus_one", "dividends", "margin", "fund"} <= number
    assert rule - number == {"ratio_rule"}


def test_sleeves_are_left_out_and_said_to_be() -> None:
    fund = load_strategy(ROOT / "strategies" / "multi_sleeve.toml")
    screen = from_vectorbt(
        fund, sample_market(), "sleeves.0.budget=0.1,0.2", start=START, end=END, keep=0
    )
    first, second = screen.table["screen_sharpe"]
    assert first == second
    assert "sleeves" in {one["kind"] for one in screen.left_out}


def test_every_variant_that_was_looked_at_counts_as_a_trial(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    written: list[Any] = []
    monkeypatch.setattr("quanthedge.batch.screen.record", lambda *told: written.append(told))
    screened("hedge.ratio=0.8,0.9,1.0")
    [(_, start, end, trials)] = written
    assert (start, end) == (START, END)
    assert len({one.what for one in trials}) == 3


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"keep": -1}, "keep -1; accepted: 0 and more variants, or 'all'"),
        ({"keep": "best"}, "keep 'best'"),
        ({"block_mib": 0}, "block_mib 0; accepted: MiB above 0"),
        ({"grid": []}, "nothing is varied"),
        ({"grid": [1.0]}, "grid has 1.0; accepted"),
        ({"grid": 5}, "grid has 5; accepted"),
    ],
)
def test_what_is_asked_wrongly_is_refused(given: dict[str, Any], told: str) -> None:
    asked: dict[str, Any] = {"grid": "hedge.ratio=0.8", **given}
    with pytest.raises(StrategyError, match=told):
        from_vectorbt(small_strategy(), sample_market(), **asked)
