"""Allocations beside the same fund without one, on a window and year by year.

    python -m benchmarks.layers data/real docs/layers.md

Writes the figures of the page between its markers. Every run is after all costs and fees and counts
as a trial in the registry. The level of the gate and the parameters of the other kinds are those
that stand in the code; the further levels of the gate are shown as a table, none is chosen by it.
"""

import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd

import quanthedge as qh
from quanthedge.layers import episodes
from quanthedge.layers.episodes import Episodes
from quanthedge.performance import deflated_by_trials
from quanthedge.rules import TRADING_DAYS_A_YEAR
from quanthedge.trials import count

ROOT = Path(__file__).parents[1]
BEGIN, END = "<!-- figures -->", "<!-- end of figures -->"
WINDOW = ("2014-09-17", "2015-07-31")
YEARS = ("2011-01-04", "2018-12-28")
NAMES = ("market_neutral", "family_equal")
LEVELS = (0.05, 0.10, 0.15, 0.20)
OTHERS = ("carry_scaled", "drawdown", "risk_budget")
# Looks at these data before the layers were written, by count: 40 factors on two universes, ten
# combinations on two universes with two buffers, 18 optimised books, 4 gates of 5 books.
EARLIER_LOOKS = 160
Runs = dict[str, qh.Result]


def main() -> None:
    """Run and write the page's figures."""
    folder, page = sys.argv[1], Path(sys.argv[2])
    market = qh.Market.open(folder)
    parts = [f"On {len(market.codes):,} stocks, {market.dates[0]} to {market.dates[-1]}.\n"]
    for name in NAMES:
        parts += _of(name, market)
    text = page.read_text(encoding="utf-8")
    before, after = text.split(BEGIN)[0], text.split(END)[1]
    body = "\n".join(parts)
    page.write_text(f"{before}{BEGIN}\n\n{body}\n{END}{after}", encoding="utf-8")
    print(body)


def _of(name: str, market: qh.Market) -> list[str]:
    """Return the sections of one strategy."""
    strategy = qh.load_strategy(ROOT / "strategies" / f"{name}.toml")
    asked = {"un-gated": "none", "gate 10%": "carry_gate"} | {one: one for one in OTHERS}
    window = {title: _run(strategy, kind, market, *WINDOW) for title, kind in asked.items()}
    years = {title: _run(strategy, kind, market, *YEARS) for title, kind in asked.items()}
    levels = {"un-gated": years["un-gated"]}
    for level in LEVELS:
        own = {"kind": "carry_gate", "worst_annual_discount": level}
        levels[f"gate {level:.0%}"] = _run(strategy, own, market, *YEARS)
    return [
        f"## {name}: the window, {WINDOW[0]} to {WINDOW[1]}\n",
        _table(window),
        f"## {name}: {YEARS[0]} to {YEARS[1]}\n",
        _table(years),
        f"### {name}: by year, after all costs and fees\n",
        _by_year(years),
        f"### {name}: other levels of the gate\n",
        "One episode decides this table as it decides the one above; no level is chosen by it.\n",
        _table(levels),
        _by_year(levels),
        f"### {name}: how much may be luck\n",
        _luck(market, years),
    ]


def _run(
    strategy: qh.Strategy, kind: str | dict[str, object], market: qh.Market, start: str, end: str
) -> qh.Result:
    layer = {"kind": kind} if isinstance(kind, str) else kind
    begun = time.process_time()
    result = qh.backtest(strategy.change({"layers.allocation": layer}), market, start, end)
    print(
        f"{strategy.name}, {layer}, {start}: {time.process_time() - begun:.1f} s", file=sys.stderr
    )
    return result


def _table(runs: Runs) -> str:
    measures = {
        "return_net": ("return", ".1%"),
        "annual_return_net": ("a year", ".1%"),
        "volatility_net": ("volatility", ".1%"),
        "sharpe_net": ("Sharpe", ".2f"),
        "max_drawdown_net": ("drawdown", ".1%"),
        "correlation_accrued_daily": ("correlation with the index", ".2f"),
        "turnover": ("turnover a year", ".1f"),
    }
    rows = []
    for key, (title, form) in measures.items():
        rows.append([title, *(format(float(r.summary()[key].value), form) for r in runs.values())])
    for line in ("alpha", "basis"):
        cells = (
            f"{r.bridge('day')[line].sum() / r.strategy.capital_yuan:.1%}" for r in runs.values()
        )
        rows.append([f"{line}, of the capital", *cells])
    found = [episodes(r.allocation) for r in runs.values()]
    rows.append(
        ["mean exposure", *(f"{r.allocation['exposure'].mean():.2f}" for r in runs.values())]
    )
    rows.append(["rebalances", *(str(one.rebalances) for one in found)])
    rows.append(["without a book", *(str(one.aside) for one in found)])
    rows.append(["with a part of it", *(str(one.reduced) for one in found)])
    rows.append(["independent episodes", *(str(one.spells) for one in found)])
    rows.append(["the longest, rebalances", *(_longest(one) for one in found)])
    return _markdown(["after all costs and fees", *runs], rows)


def _longest(one: Episodes) -> str:
    if not one.spells:
        return "-"
    return f"{one.longest} ({one.longest_from[:7]} to {one.longest_to[:7]})"


def _by_year(runs: Runs) -> str:
    rows: dict[int, list[str]] = {}
    for run in runs.values():
        value = run.ledger["unit_value"]
        ends = value.groupby(pd.DatetimeIndex(value.index).year).last()
        before = ends.shift(1)
        before.iloc[0] = value.iloc[0]
        for year, earned in (ends / before - 1.0).items():
            if year >= int(YEARS[0][:4]):
                rows.setdefault(int(str(year)), []).append(f"{earned:.1%}")
    return _markdown(["year", *runs], [[str(year), *cells] for year, cells in rows.items()])


def _luck(market: qh.Market, runs: Runs) -> str:
    """Return how likely Sharpe ratios above 0 are, and the difference to the un-gated fund."""
    known = count(market, *YEARS)
    looks = EARLIER_LOOKS + (known or 0)
    returns = pd.DataFrame(
        {name: run.ledger["unit_value"].pct_change().iloc[1:] for name, run in runs.items()}
    )
    rows = []
    for name in runs:
        alone, best = deflated_by_trials(returns[name], (1, looks))["probability"]
        low, high = _difference(returns[name], returns["un-gated"])
        gap = "-" if name == "un-gated" else f"{low:.1%} to {high:.1%}"
        rows.append([name, f"{alone:.0%}", f"{best:.0%}", gap])
    counted = "is off" if known is None else f"counts {known} trials on these days"
    head = ["", "true Sharpe above 0, as the only trial", f"as the best of {looks}",
            "return a year more than un-gated, 95% interval"]  # fmt: skip
    return (
        f"The registry {counted}, the runs of this page among them; {EARLIER_LOOKS} looks at the "
        "same data went before them and are added. Intervals: 2,000 resamples of blocks of 60 days "
        "of the daily difference; they are shorter than the one long episode, so that intervals "
        "are rather too narrow.\n\n" + _markdown(head, rows)
    )


def _difference(one: pd.Series, other: pd.Series, block: int = 60) -> tuple[float, float]:
    """Return the 95% interval of a mean daily difference a year, by a circular block bootstrap."""
    daily = (one - other).to_numpy()
    rng = np.random.default_rng(0)
    size = len(daily)
    begins = rng.integers(0, size, (2_000, -(-size // block)))
    places = (begins[:, :, None] + np.arange(block)) % size
    means = daily[places.reshape(2_000, -1)[:, :size]].mean(axis=1) * TRADING_DAYS_A_YEAR
    low, high = np.quantile(means, (0.025, 0.975))
    return float(low), float(high)


def _markdown(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


if __name__ == "__main__":
    main()
