"""The index-relative strategies beside the plain ones, on a window and year by year.

    python -m benchmarks.optimised_strategies data/real docs/optimised_strategies.md

Every run is after all costs and fees and counts as a trial in the registry. Nothing is chosen by
what it shows: the parameters stand in the strategies' files and are tried with no other value.
"""

import sys
from pathlib import Path

import numpy as np
import pandas as pd

import quanthedge as qh
from benchmarks.alpha_strategies import (
    EARLIER_LOOKS,
    ROOT,
    WINDOW,
    markdown_table,
    measures_table,
    run_of,
    sources_table,
    years_table,
)
from quanthedge.performance import deflated_by_trials
from quanthedge.performance.resampling import block_length, draw
from quanthedge.risk import index_weights
from quanthedge.rules import TRADING_DAYS_A_YEAR
from quanthedge.trials import count

NAMES = ("market_neutral", "family_equal", "index_relative")
GATED = "index_relative, gated"  # with the allocation of strategies/gated.toml
OTHER = "index_relative_500"
START = "2011-01-04"
PATHS = 2000
_TOLD = ("optimis", "expected")  # kinds of notes that the page repeats


def main() -> None:
    """Run and write the page."""
    folder, page = sys.argv[1], Path(sys.argv[2])
    market = qh.Market.open(folder)
    last = str(market.dates[-1])
    strategies = {
        name: qh.load_strategy(ROOT / "strategies" / f"{name}.toml") for name in (*NAMES, OTHER)
    }
    gate = qh.load_strategy(ROOT / "strategies" / "gated.toml").layers.allocation
    own = {"layers.allocation": gate.model_dump()}
    names = (*NAMES, GATED)
    strategies[GATED] = strategies["index_relative"].change(own, name=GATED)
    window = {name: run_of(strategies[name], market, *WINDOW) for name in names}
    whole = {name: run_of(strategies[name], market, START, None) for name in names}
    listed = market.futures("IC")["date"].min()
    late = str(market.dates[int(np.searchsorted(market.dates, listed.to_datetime64())) + 1])
    later = {name: run_of(one, market, late, None) for name, one in strategies.items()}
    optimised = {"index_relative": whole["index_relative"], OTHER: later[OTHER]}
    parts = [
        _head(market, optimised),
        f"## The window, {WINDOW[0]} to {WINDOW[1]}\n",
        measures_table(window),
        _intervals(window),
        f"## {START} to {last}\n",
        measures_table(whole),
        _intervals(whole),
        f"## The days that the future of the CSI 500 has, {late} to {last}\n",
        measures_table(later),
        _intervals(later),
        "## By year, after all costs and fees\n",
        years_table({**whole, OTHER: later[OTHER]}),
        "## Where it came from, by year\n",
        sources_table({**whole, OTHER: later[OTHER]}),
        "## What was decided\n",
        _decided(optimised, market),
        "## The stock book against its index\n",
        *(_active(name, run) for name, run in optimised.items()),
        "## How much may be luck\n",
        _luck(market, whole, START, last),
    ]
    page.write_text("\n".join(parts).rstrip("\n") + "\n", encoding="utf-8")
    print(page.read_text(encoding="utf-8"))


def _head(market: qh.Market, runs: dict[str, qh.Result]) -> str:
    listed = "\n".join(
        f"- `strategies/{name}.toml`, {run.strategy.name}: from {run.ledger.index[1]:%Y-%m-%d}. "
        + " ".join(one["en"] for one in run.notes if one["kind"].startswith(_TOLD))
        for name, run in runs.items()
    )
    return (
        "# Index-relative strategies\n\n"
        "Made by `python -m benchmarks.optimised_strategies MARKET docs/optimised_strategies.md` "
        f"on {len(market.codes):,} stocks, {market.dates[0]} to {market.dates[-1]}. Beside "
        "`market_neutral` and `family_equal`, whose universe, costs, hedge and terms they share; "
        "alpha and scores are those of `family_equal`. Parameters were fixed before the first run "
        "and stand in the files with their sources. All figures are after trading costs and fund "
        f"fees, whatever they are. How the optimiser decides: [optimiser.md](optimiser.md).\n\n"
        f"{listed}\n"
    )


def _intervals(runs: dict[str, qh.Result]) -> str:
    """Return the mean net return a year with its interval, and that of the differences."""
    returns = pd.DataFrame(
        {name: run.ledger["unit_value"].pct_change().iloc[1:] for name, run in runs.items()}
    ).dropna()
    first = returns.columns[0]
    last = [name for name in returns.columns if name.startswith("index_relative")]
    columns = {name: returns[name] for name in returns}
    columns |= {
        f"{one} less {other}": returns[one] - returns[other]
        for one in last
        for other in (first, "family_equal")
    }
    if GATED in returns:
        columns[f"{GATED}, less un-gated"] = returns[GATED] - returns["index_relative"]
    rows = []
    for name, series in columns.items():
        low, high = _interval(series)
        mean = series.mean() * TRADING_DAYS_A_YEAR
        rows.append([name, f"{mean:.1%}", f"{low:.1%} to {high:.1%}"])
    head = ["mean net return a year", "", "90% interval (stationary bootstrap)"]
    return markdown_table(head, rows)


def _interval(returns: pd.Series) -> tuple[float, float]:
    values = returns.to_numpy()
    random = np.random.default_rng(0)
    means = [
        values[draw(values.size, values.size, 1, block_length(returns), random)[0]].mean()
        for _ in range(PATHS)
    ]
    low, high = np.quantile(means, [0.05, 0.95]) * TRADING_DAYS_A_YEAR
    return float(low), float(high)


def _decided(runs: dict[str, qh.Result], market: qh.Market) -> str:
    rows = []
    for label, made in {
        "rebalances": lambda t: str(len(t)),
        "solved with all bounds": lambda t: str(int((t["status"] == "solved").sum())),
        "with loosened bounds": lambda t: str(int((t["status"] == "relaxed").sum())),
        "without a book": lambda t: str(int((t["status"] == "infeasible").sum())),
        "largest beta left beside whole contracts": lambda t: f"{t['beta_left'].abs().max():.4f}",
        "largest loss by whole lots, bp": lambda t: f"{t['lot_loss_bp'].max():.2f}",
        "names": lambda t: f"{t['names'].min()} to {t['names'].max()}",
        "turnover one way a rebalance, mean": lambda t: f"{t['turnover'].iloc[1:].mean():.1%}",
        "stocks held beyond their bounds (not tradable), mean": lambda t: (
            f"{t['blocked'].mean():.1f}"
        ),
    }.items():
        rows.append([label, *(made(run.decisions) for run in runs.values())])
    inside = [f"{_inside(run, market):.0%}" for run in runs.values()]
    rows.append(["weight of the index that may be bought, mean", *inside])
    text = markdown_table(["", *runs], rows)
    for name, run in runs.items():
        loosened = run.decisions[run.decisions["relaxed"] != ""]
        lines = [
            [f"{day:%Y-%m-%d}", relaxed]
            for day, relaxed in zip(loosened["date"], loosened["relaxed"], strict=True)
        ]
        if lines:
            head = [f"{name}: decision", "asked -> given (price)"]
            text += "\n" + markdown_table(head, lines)
        else:
            text += f"\n{name}: no bound was loosened.\n"
    return text


def _inside(run: qh.Result, market: qh.Market) -> float:
    """Return the mean weight of the benchmark's members that are in the universe."""
    rows = np.array([market.day(day) for day in run.decisions["date"]])
    mask, _ = run.strategy.universe.mask(market, rows)
    index = run.strategy.selector.benchmark  # type: ignore[attr-defined]
    return float((index_weights(market, index).on(rows) * mask).sum(axis=1).mean())


def _active(name: str, run: qh.Result) -> str:
    """Return forecast and realised tracking of the stock book by year."""
    ledger = run.ledger
    book = (ledger["stock_pnl"] + ledger["dividends"]) / ledger["stock_value"].shift(1)
    index = run.indices[run.strategy.selector.benchmark].pct_change()  # type: ignore[attr-defined]
    active = (book - index).iloc[2:]
    table = run.decisions.set_index("date")["tracking_error"]
    rows = []
    for year, own in active.groupby(active.index.year):
        told = table[(table.index.year == year)]
        forecast = np.sqrt((told**2).mean())
        spread = own.std() * np.sqrt(TRADING_DAYS_A_YEAR)
        rows.append(
            [str(year), f"{own.mean() * TRADING_DAYS_A_YEAR:+.1%}", f"{spread:.1%}",
             f"{forecast:.1%}", f"{spread / forecast:.2f}"]
        )  # fmt: skip
    head = [
        f"{name}: year", "active return before costs (its dividends, not the index's)",
        "tracking error", "forecast at rebalances", "realised / forecast",
    ]  # fmt: skip
    return markdown_table(head, rows)


def _luck(market: qh.Market, runs: dict[str, qh.Result], start: str, end: str) -> str:
    returns = pd.DataFrame(
        {name: run.ledger["unit_value"].pct_change().iloc[1:] for name, run in runs.items()}
    ).dropna()
    known = count(market, start, end)
    looks = EARLIER_LOOKS + (known or 0)
    rows = []
    for name in runs:
        found = deflated_by_trials(returns[name], (1, looks))["probability"]
        rows.append([name, *(f"{value:.0%}" for value in found)])
    counted = "is off" if known is None else f"counts {known} trials on these days"
    return (
        f"The registry {counted}, the runs of this page among them; {EARLIER_LOOKS} looks at the "
        "same data (factors, combinations, optimised books, gates) went before them and are added: "
        "the bounds of these strategies come from one of them. The probability that the true "
        "Sharpe ratio is above 0:\n\n"
        + markdown_table(["", "as the only trial", f"as the best of {looks}"], rows)
    )


if __name__ == "__main__":
    main()
