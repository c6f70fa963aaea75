"""What the strategies of sleeves earned by year, when they could act, and what kept them from it.

    python -m benchmarks.sleeves --market data/real [--write docs/sleeves.md]

Runs strategies/cash_and_carry.toml, calendar_spread.toml, industry_pairs.toml and multi_sleeve.toml
from the first days of the IF future to the end of the market, the first two also with the other
account, the last also with budgets of margin and of risk, and says how long one and four sleeves
take. Nothing is chosen by what it shows: the values stand in the files, and below.
"""

import argparse
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

import quanthedge as qh
from benchmarks.alpha_strategies import ROOT, run_of
from benchmarks.carry import ROUGH
from benchmarks.carry import capacity as carry_capacity
from benchmarks.pages import markdown, write_between
from quanthedge.backtesting.plan import prepare
from quanthedge.ledger import run_ledger
from quanthedge.performance import daily_returns
from quanthedge.rules import TRADING_DAYS_A_YEAR
from quanthedge.sleeves.carry import CashAndCarry
from quanthedge.stages.keyed import forget_stages

ALONE = ("cash_and_carry", "calendar_spread", "industry_pairs")
START = "2010-05-04"
LIMITED = ("2015-09-07", "2017-02-16")  # ten lots a day for whoever is no hedger
MILLION = 1e6
ROOM = 0.10  # of the open interest
OTHER = {  # the same fund with the other account at the exchange
    "cash_and_carry, speculative": ("cash_and_carry", "speculative"),
    "calendar_spread, hedging": ("calendar_spread", "hedging"),
}

BUDGETS = {  # of both sleeves of multi_sleeve
    "capital": {},
    "margin": {"budget": 0.03, "budget_of": "margin"},
    "risk": {"budget": 0.01, "budget_of": "risk"},  # starts at the capital of the file
}


def main() -> None:
    """Print the tables; write them into the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--market", type=Path, default=ROOT / "data" / "real")
    parser.add_argument("--write", type=Path, help="the page, docs/sleeves.md")
    args = parser.parse_args()
    market = qh.Market.open(args.market)
    runs = {name: run_of(one, market, START, None) for name, one in strategies().items()}
    for name, text in (texts(market, runs) | {"speed": _speed(market)}).items():
        print(f"{name}\n\n{text}\n")
        if args.write:
            write_between(args.write, name, text)


def strategies() -> dict[str, qh.Strategy]:
    """Return the strategies by name: those of the files, and two with another account."""
    names = (*ALONE, "multi_sleeve")
    found = {name: qh.load_strategy(ROOT / "strategies" / f"{name}.toml") for name in names}
    for name, (base, account) in OTHER.items():
        found[name] = _in_account(found[base], account)
    for name, changes in BUDGETS.items():
        if changes:
            found[f"multi_sleeve, {name}"] = _with_budgets(found["multi_sleeve"], changes)
    return found


def _with_budgets(strategy: qh.Strategy, changes: dict[str, object]) -> qh.Strategy:
    """Return the strategy with another budget of each of its sleeves."""
    sleeves = []
    for one in strategy.sleeves:
        review = {"start": one.budget} if changes["budget_of"] == "risk" else None
        sleeves.append(one.model_copy(update=changes | {"budget_review": review}))
    return strategy.change({"sleeves": sleeves})


def _in_account(strategy: qh.Strategy, account: str) -> qh.Strategy:
    """Return the strategy with another account of its hedge, and of the terms of its carry."""
    (sleeve,) = strategy.sleeves
    if isinstance(sleeve, CashAndCarry):
        terms = sleeve.terms.model_copy(update={"account": account})
        sleeve = sleeve.model_copy(update={"terms": terms})
    return strategy.change({"hedge.account": account, "sleeves": [sleeve]})


def texts(market: qh.Market, runs: dict[str, qh.Result]) -> dict[str, str]:
    """Return the parts of the page by name."""
    sized = [f"multi_sleeve, {name}" for name in BUDGETS]
    return {
        "years": _years(market, runs),
        "limits": _limits({name: one for name, one in runs.items() if name not in sized}),
        "accounts": _accounts(runs),
        "capacity": _capacity(market),
        "together": _together(runs["multi_sleeve"]),
        "together by year": _sleeve_years(runs["multi_sleeve"]),
        "budgets": _budgets(runs),
    }


def _years(market: qh.Market, runs: dict[str, qh.Result]) -> str:
    """Return a row for each strategy of one sleeve and year."""
    able = {"cash_and_carry": _carry_days(market, runs), "calendar_spread": _spread_days(market)}
    rows = []
    for name in ALONE:
        run = runs[name]
        label = run.strategy.sleeves[0].label
        figures = qh.sleeve_figures(run, "year")
        for one in figures[figures["sleeve"] == label].to_dict("records"):
            year = one["date"].year
            rough = f"{ROUGH[year]:.1f}%" if name == "cash_and_carry" and year in ROUGH else ""
            rows.append([
                f"{name} {year}",
                *(f"{one[f'{part}_yuan'] / MILLION:+.2f}" for part in ("gross", "costs", "net")),
                f"{one['of_equity']:+.1%}", f"{_left_over(run, label, year):+.1%}", rough,
                _days_of(able.get(name), year), str(_held(run, label, year)),
                f"{_year_of(run.ledger['unit_value'], year):+.1%}",
            ])  # fmt: skip
    head = [
        "", "gross, million yuan", "costs", "net", "of equity", "of it on days without a contract",
        "rough figure", "days it could be entered", "days with contracts", "fund, net of all",
    ]  # fmt: skip
    return markdown(head, rows)


def _days_of(able: pd.Series | None, year: int) -> str:
    return "" if able is None else str(int(able[able.index.year == year].sum()))


def _carry_days(market: qh.Market, runs: dict[str, qh.Result]) -> pd.Series:
    """Return the days at whose close a contract paid the entry of the terms."""
    terms = runs["cash_and_carry"].strategy.sleeves[0].terms  # type: ignore[attr-defined]
    return qh.carry_opportunity(market, "IF", terms).max(axis=1) >= terms.entry


def _spread_days(market: qh.Market) -> pd.Series:
    """Return the days at whose close the spread was between entry and stop of the rule "z"."""
    panel = qh.spread_panel(market, "IF")
    found = qh.mean_reversion(panel["deviation_a_year"], panel["deviation_before"], window=120)
    score = (panel["deviation_a_year"] - found["mean"]) / found["sigma"]
    return pd.Series(score.abs().between(2.0, 4.0).to_numpy(), pd.DatetimeIndex(panel["date"]))


def _own(run: qh.Result, label: str, year: int | None = None) -> pd.DataFrame:
    """Return the days of a sleeve with what they earned, net of the costs of trading."""
    table = run.sleeves[run.sleeves["sleeve"] == label]
    table = table.assign(
        net=table["stock_pnl"] + table["dividends"] + table["futures_pnl"] - table["costs"]
    )
    return table if year is None else table[table["date"].dt.year == year]


def _held(run: qh.Result, label: str, year: int) -> int:
    """Return the days on which the sleeve held contracts at the close."""
    return int((_own(run, label, year)["margin_required"] > 0).sum())


def _left_over(run: qh.Result, label: str, year: int) -> float:
    """Return what it earned, of the mean equity, on days begun and ended without a contract."""
    table = _own(run, label)
    without = table["margin_required"] == 0
    without &= without.shift(1, fill_value=True)
    own = table[without & (table["date"].dt.year == year)]
    equity = run.ledger["equity"].iloc[1:]
    return float(own["net"].sum() / equity[equity.index.year == year].mean())


def _year_of(value: pd.Series, year: int) -> float:
    """Return the return of a unit value in a year; the first begins with the run."""
    before = value[value.index.year < year]
    first = before.iloc[-1] if len(before) else value.iloc[0]
    return float(value[value.index.year == year].iloc[-1] / first - 1.0)


def _limits(runs: dict[str, qh.Result]) -> str:
    """Return what refusals took away, by strategy, sleeve, kind of order and reason."""
    rows = []
    for name, run in runs.items():
        table = run.refusals.assign(
            legs=np.where(run.refusals["code"].str.startswith("IF"), "contracts", "stocks"),
            lacks=run.refusals["wanted"] - run.refusals["done"],
        )
        keys = ["sleeve", "legs", "reason"]
        for (sleeve, legs, reason), own in table.groupby(keys, observed=True):
            done = own["done"].sum() / own["wanted"].sum() if own["wanted"].sum() else np.nan
            rows.append([
                name, str(sleeve), legs, str(reason), f"{len(own):,}",
                f"{own['date'].nunique():,}", "" if np.isnan(done) else f"{done:.0%}",
                _span(own, LIMITED),
            ])  # fmt: skip
    head = [
        "", "sleeve", "orders in", "reason", "orders cut", "days", "of them done",
        f"orders cut {LIMITED[0]} to {LIMITED[1]}",
    ]  # fmt: skip
    return markdown(head, rows)


def _span(table: pd.DataFrame, days: tuple[str, str]) -> str:
    return f"{int(table['date'].between(*days).sum()):,}"


def _accounts(runs: dict[str, qh.Result]) -> str:
    """Return what the sleeves earned by year under both accounts, of the equity."""
    names = [one for pair in ((base, name) for name, (base, _) in OTHER.items()) for one in pair]
    years = sorted({day.year for day in runs[names[0]].ledger.index[1:]})
    rows = []
    for name in names:
        run = runs[name]
        label = run.strategy.sleeves[0].label
        table = qh.sleeve_figures(run, "year")
        own = table[table["sleeve"] == label].set_index("date")["of_equity"]
        held = run.contracts[run.contracts["date"].between(*LIMITED)]["lots"].abs().max()
        traded = run.trades["code"].str.startswith("IF") & run.trades["date"].between(*LIMITED)
        rows.append([
            name, *(f"{value:+.1%}" for value in own), f"{traded.sum():,}", f"{held:,.0f}",
        ])  # fmt: skip
    tail = [
        f"trades in contracts {LIMITED[0]} to {LIMITED[1]}",
        "most lots of a contract then",
    ]
    return markdown(["of equity", *(str(year) for year in years), *tail], rows)


def _capacity(market: qh.Market) -> str:
    """Return by year what the market had room for: a basket with its contract, and a spread."""
    trades = qh.spread_trades(market, "IF")
    bars = market.futures("IF").set_index(["contract", "date"])["open_interest"]
    room = ROOM * np.minimum(*(
        bars.reindex(pd.MultiIndex.from_frame(trades[[leg, "decision"]])).to_numpy()
        for leg in ("near", "far")
    ))  # fmt: skip
    spreads = pd.DataFrame({
        "lots": np.floor(room), "million": np.floor(room) * trades["near_in"] * 300 / MILLION,
        "margin": np.floor(room) * trades["margin"] * 300 / MILLION,
    }).groupby(pd.DatetimeIndex(trades["decision"]).year).median()  # fmt: skip
    carry = markdown(
        ["carry", "days it paid", "lots by volume", "by open interest", "by the basket",
         "million yuan of capital", "suspended part of the index"],
        carry_capacity(market, "IF"),
    )  # fmt: skip
    spread = markdown(
        ["calendar spread", "lots by open interest", "million yuan a leg", "of margin"],
        [[f"IF {year}", f"{row.lots:,.0f}", f"{row.million:,.0f}", f"{row.margin:,.0f}"]
         for year, row in spreads.iterrows()],
    )  # fmt: skip
    return f"{carry}\n\n{spread}"


def _together(run: qh.Result) -> str:
    """Return the fund of three sleeves beside its stocks alone."""
    both = {"multi_sleeve": run.ledger, "stocks_alone": run.variants["stocks_alone"].ledger}
    measures = {name: _measures(ledger) for name, ledger in both.items()}
    table = markdown(
        ["", *both],
        [
            [line, *(found[line] for found in measures.values())]
            for line in measures["stocks_alone"]
        ],
    )
    earned = qh.sleeve_bridge(run, "week")[["stocks", *(s.label for s in run.strategy.sleeves)]]
    index = run.ledger["index_close"].reindex(earned.index).pct_change()
    linked = earned.assign(index=index).corr()
    cells = [[name, *(f"{value:+.2f}" for value in row)] for name, row in linked.iterrows()]
    return table + "\n\n" + markdown(["weekly correlation", *linked.columns], cells)


def _measures(ledger: pd.DataFrame) -> dict[str, str]:
    value = ledger["unit_value"]
    returns = daily_returns(ledger).dropna()
    years = (ledger.index[-1] - ledger.index[0]).days / 365
    margin = (ledger["margin_required"] / ledger["equity"]).iloc[1:]
    fall = (value / value.cummax() - 1.0).min()
    deviation = returns["net"].std() * np.sqrt(TRADING_DAYS_A_YEAR)
    return {
        "return net of all": f"{value.iloc[-1] / value.iloc[0] - 1.0:+.1%}",
        "a year": f"{(value.iloc[-1] / value.iloc[0]) ** (1 / years) - 1.0:+.2%}",
        "volatility a year": f"{deviation:.2%}",
        "largest fall": f"{fall:.1%}",
        "correlation to the CSI 300, daily": f"{returns['net'].corr(returns['index']):+.3f}",
        "margin required of equity, mean": f"{margin.mean():.1%}",
        "margin required of equity, largest": f"{margin.max():.1%}",
    }


def _sleeve_years(run: qh.Result) -> str:
    """Return what each sleeve of the fund earned by year, of its equity."""
    table = qh.sleeve_figures(run, "year")
    wide = table.pivot_table(index="date", columns="sleeve", values="of_equity")
    labels = ["stocks", *(one.label for one in run.strategy.sleeves)]
    alone = run.variants["stocks_alone"].ledger["unit_value"]
    rows = []
    for day, row in wide[labels].iterrows():
        of_fund = [_year_of(run.ledger["unit_value"], day.year), _year_of(alone, day.year)]
        rows.append([str(day.year), *(f"{value:+.1%}" for value in (*row, row.sum(), *of_fund))])
    head = ["of equity", *labels, "together", "fund, net of all", "stocks_alone, net of all"]
    return markdown(head, rows)


def _budgets(runs: dict[str, qh.Result]) -> str:
    """Return what each sleeve of the fund came to under budgets of capital, margin and risk."""
    rows = []
    for name, changes in BUDGETS.items():
        run = runs["multi_sleeve" if name == "capital" else f"multi_sleeve, {name}"]
        equity = run.ledger["equity"]
        for one in run.strategy.sleeves:
            own = _own(run, one.label).set_index("date")
            whole = equity.reindex(own.index)
            shares = run.sharing[run.sharing["sleeve"] == one.label].set_index("date")["share"]
            stood = shares.reindex(own.index.union(shares.index)).ffill().reindex(own.index)
            margin, gain = own["margin_required"] / whole, own["net"] / equity.shift(1)
            held = own["stock_value"] + own["margin_required"] > 0.0
            size = (stood.fillna(1.0) * one.of_equity)[held]
            rows.append([
                one.label, f"{changes.get('budget', one.budget):.0%} of {name}",
                str(int(held.sum())), f"{size.mean():.1%}", f"{margin[held].mean():.1%}",
                f"{margin.max():.1%}",
                f"{gain.reindex(own.index)[held].std() * np.sqrt(TRADING_DAYS_A_YEAR):.2%}",
                f"{own['net'].sum() / MILLION:+.2f}",
            ])  # fmt: skip
    head = [
        "", "budget", "days held", "size, of the equity, mean", "margin, mean", "margin, largest",
        "volatility a year of its gain, of the equity, days held", "net, million yuan",
    ]  # fmt: skip
    return markdown(head, rows)


def _speed(market: qh.Market) -> str:
    """Return the processor time of one and of four sleeves: of the ledger, and of a whole run."""
    four = qh.load_strategy(ROOT / "strategies" / "multi_sleeve.toml")
    (pairs,) = qh.load_strategy(ROOT / "strategies" / "industry_pairs.toml").sleeves
    four = four.change({"sleeves": [*four.sleeves, pairs.model_copy(update={"budget": 0.1})]})
    one = four.variant("stocks_alone")
    rows, seconds = [], {}
    for strategy in (one, four):
        inputs = prepare(strategy, market, START).inputs
        ledger = min(_seconds(partial(run_ledger, inputs)) for _ in range(5))
        whole = min(
            _seconds(partial(qh.backtest, strategy, market, START, variants=())) for _ in range(3)
        )
        forget_stages()
        anew = _seconds(partial(qh.backtest, strategy, market, START, variants=()))
        seconds[len(strategy.sleeves)] = (ledger, whole, anew)
        rows.append(
            [f"{1 + len(strategy.sleeves)}", f"{ledger:.2f}", f"{whole:.2f}", f"{anew:.2f}"]
        )
    ratios = (b / a for a, b in zip(seconds[0], seconds[3], strict=True))
    rows.append(["times", *(f"{ratio:.1f}" for ratio in ratios)])
    head = ["sleeves", "the ledger", "a run, stages at hand", "a run, all worked out"]
    return markdown(head, rows)


def _seconds(work: Callable[[], object]) -> float:
    begun = time.process_time()
    work()
    return time.process_time() - begun


if __name__ == "__main__":
    main()
