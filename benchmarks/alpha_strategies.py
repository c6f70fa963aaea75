"""The strategies on a library of factors beside the one on six, on a window and year by year.

    python -m benchmarks.alpha_strategies data/real docs/alpha_strategies.md

Every run is after all costs and fees and counts as a trial in the registry. Nothing is chosen by
what it shows: the parameters of the strategies stand in their files and are tried with no other
value.
"""

import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import quanthedge as qh
from quanthedge.performance import deflated_by_trials
from quanthedge.trials import count

ROOT = Path(__file__).parents[1]
WINDOW = ("2014-09-17", "2015-07-31")
NAMES = ("market_neutral", "family_equal", "learned")
# Looks at these data before the strategies were written, by count: 40 factors on two universes, ten
# combinations on two universes with two buffers, 18 optimised books, 4 gates of 5 books.
EARLIER_LOOKS = 160
_MEASURES = {
    "return_net": ("return", ".1%"),
    "annual_return_net": ("a year", ".1%"),
    "volatility_net": ("volatility", ".1%"),
    "sharpe_net": ("Sharpe", ".2f"),
    "max_drawdown_net": ("drawdown", ".1%"),
    "correlation_accrued_daily": ("correlation with the index", ".2f"),
    "beta_daily": ("beta", ".2f"),
    "turnover": ("turnover a year", ".1f"),
    "paid_trading_costs": ("trading costs over the run, of the capital", ".1%"),
    "paid_fund_fees": ("fund fees over the run, of the capital", ".1%"),
}


def main() -> None:
    """Run and write the page."""
    folder, page = sys.argv[1], Path(sys.argv[2])
    market = qh.Market.open(folder)
    strategies = {name: qh.load_strategy(ROOT / "strategies" / f"{name}.toml") for name in NAMES}
    window = {name: run_of(one, market, *WINDOW) for name, one in strategies.items()}
    starts = {name: first_start(one, market) for name, one in strategies.items()}
    whole = {name: run_of(one, market, starts[name], None) for name, one in strategies.items()}
    late = max(starts.values())
    last = str(market.dates[-1])
    common = {
        name: whole[name] if starts[name] == late else run_of(one, market, late, None)
        for name, one in strategies.items()
    }
    parts = [
        _head(market, whole, starts),
        f"## The window, {WINDOW[0]} to {WINDOW[1]}\n",
        measures_table(window),
        f"## As long as each can, to {last}\n",
        measures_table(whole),
        f"## The days that all have, {late} to {last}\n",
        measures_table(common),
        "## By year, after all costs and fees\n",
        years_table(whole),
        "## Where it came from, by year\n",
        sources_table(whole),
        "## How much may be luck\n",
        _luck(market, common, late, last),
        _trainings(whole["learned"]),
    ]
    page.write_text("\n".join(parts).rstrip("\n") + "\n", encoding="utf-8")
    print(page.read_text(encoding="utf-8"))


def run_of(strategy: qh.Strategy, market: qh.Market, start: str, end: str | None) -> qh.Result:
    """Return a run, and say what it took."""
    begun = time.process_time()
    result = qh.backtest(strategy, market, start, end)
    print(f"{strategy.name} from {start}: {time.process_time() - begun:.1f} s of processor time")
    return result


def first_start(strategy: qh.Strategy, market: qh.Market) -> str:
    """Return the first day from 2010 on that a fund of the strategy can trade on."""
    begin = market.futures("IF")["date"].min().to_datetime64().astype("datetime64[D]")
    first = int(np.searchsorted(market.dates, max(begin, np.datetime64("2010-01-01"))))
    if strategy.alpha is not None:
        trained = strategy.alpha.first_training(market, strategy.rebalance)
        first = max(first, 0 if trained is None else trained + 1)
    return str(market.dates[first])


def _head(market: qh.Market, runs: dict[str, qh.Result], starts: dict[str, str]) -> str:
    listed = "\n".join(
        f"- `strategies/{name}.toml`, {run.strategy.name}: from {starts[name]}. "
        + " ".join(note["en"] for note in run.notes if note["kind"].startswith("alpha"))
        for name, run in runs.items()
    )
    return (
        "# Strategies on a library of factors\n\n"
        "Made by `python -m benchmarks.alpha_strategies MARKET docs/alpha_strategies.md` on "
        f"{len(market.codes):,} stocks, {market.dates[0]} to {market.dates[-1]}. The three "
        "strategies have the same universe, number of stocks, hedge, costs and terms and differ "
        "in how stocks are graded; their parameters were fixed before the first run and stand in "
        "their files with their sources. All figures are after trading costs and fund fees, "
        f"whatever they are.\n\n{listed}\n"
    )


def measures_table(runs: dict[str, qh.Result]) -> str:
    """Return the figures of runs, a column each."""
    rows = []
    for key, (name, form) in _MEASURES.items():
        rows.append([name, *(_figure(run, key, form) for run in runs.values())])
    return markdown_table(["after all costs", *runs], rows)


def _figure(run: qh.Result, key: str, form: str) -> str:
    value: Any = run.summary()[key].value
    if key.startswith("paid_"):
        value = value / run.strategy.capital_yuan
    return format(float(value), form)


def years_table(runs: dict[str, qh.Result]) -> str:
    """Return net returns by year, a column a run."""
    years = {name: _by_year(run.ledger["unit_value"]) for name, run in runs.items()}
    table = pd.DataFrame(years)
    rows = [
        [str(year), *("-" if np.isnan(value) else f"{value:.1%}" for value in row)]
        for year, row in zip(table.index, table.to_numpy(), strict=True)
    ]
    return markdown_table(["year", *runs], rows) + (
        "\nThe first year of each column begins where the run does.\n"
    )


def _by_year(value: pd.Series) -> pd.Series:
    days = value.iloc[1:]  # the first is the day before the run
    ends = days.groupby(days.index.year).last()
    before = ends.shift(1)
    before.iloc[0] = value.iloc[0]
    return ends / before - 1.0


def sources_table(runs: dict[str, qh.Result]) -> str:
    """Return alpha (stocks beyond beta times the index) and basis by year, of opening equity."""
    table = pd.concat(
        [_line(run, line, name) for name, run in runs.items() for line in ("alpha", "basis")],
        axis=1,
    ).sort_index()
    rows = [
        [str(year), *("-" if np.isnan(value) else f"{value:.1%}" for value in row)]
        for year, row in zip(table.index, table.to_numpy(), strict=True)
    ]
    return markdown_table(["of the equity at the year's beginning", *table.columns], rows)


def _line(run: qh.Result, line: str, name: str) -> pd.Series:
    bridge, equity = run.bridge("year"), run.ledger["equity"]
    years = [pd.Timestamp(one).year for one in bridge.index]
    begins = [equity.index.searchsorted(pd.Timestamp(year, 1, 1)) for year in years]
    opening = np.array([equity.iloc[max(0, at - 1)] for at in begins])
    return pd.Series(bridge[line].to_numpy() / opening, index=years, name=f"{name}: {line}")


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
    luck = qh.overfit.cscv(returns, blocks=10)
    counted = "is off" if known is None else f"counts {known} trials on these days"
    return (
        f"The registry {counted}, the runs of this page among them; {EARLIER_LOOKS} looks at the "
        "same data (factors, combinations, optimised books, gates) went before them and are added. "
        "The probability that the true Sharpe ratio is above 0:\n\n"
        + markdown_table(["", "as the only trial", f"as the best of {looks}"], rows)
        + f"\nChoosing the best of these three by its Sharpe ratio: probability of overfitting "
        f"{luck.pbo:.2f} (10 blocks, {luck.logits.size} splits; three trials are few for it).\n"
    )


def _trainings(run: qh.Result) -> str:
    table = run.trainings.groupby("trained_on").agg(
        predicts=("date", "count"), until=("trained_until", "first"), end=("label_end", "first"),
        rebalances=("rebalances", "first"), pairs=("pairs", "first"),
    )  # fmt: skip
    rows = [
        [f"{day:%Y-%m-%d}", f"{row['until']:%Y-%m-%d}", f"{row['end']:%Y-%m-%d}",
         str(row["rebalances"]), f"{row['pairs']:,}", str(row["predicts"])]
        for day, row in table.iterrows()
    ]  # fmt: skip
    head = ["trained at the close of", "last decision in it", "last price in its labels",
            "rebalances", "pairs", "rebalances predicted"]  # fmt: skip
    return "## What the learned scores were trained on\n\n" + markdown_table(head, rows)


def markdown_table(head: list[str], rows: list[list[str]]) -> str:
    """Return a table in Markdown, with a line's end."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


if __name__ == "__main__":
    main()
