"""What dividends' tax and the size of orders cost the reference strategy on a real market.

    python -m benchmarks.costs MARKET            # the tables of docs/costs.md
    python -m benchmarks.costs MARKET evidence   # one part: evidence, tax, impact or auction

Nothing in the strategy is tuned by it. ``MARKET`` is an imported folder with stock bars from 2009
on, the table corporate_actions and the futures of the CSI 300.
"""

import argparse
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from quanthedge import Market, backtest, load_strategy
from quanthedge.backtesting.result import Result
from quanthedge.market import write_dataset
from quanthedge.performance import LedgerFigures, annual_return, levels, years

STRATEGY = Path(__file__).parents[1] / "strategies" / "market_neutral.toml"
SPANS = (("2014-09-17", "2015-07-31"), ("2010-04-19", "2018-12-28"))
SAID = ("dividend_tax_none", "dividend_tax_estimate", "dividend_tax_rest", "split_unknown")
LARGE = 0.01  # of the day's turnover
# Shanghai Stock Exchange, Market Quality Reports: cost of a marketable order of 100,000 yuan, basis
# points, and yuan that move the price by 1%; means over its stocks and the year.
PRICE_IMPACT_BP = {2009: 16.0, 2010: 13.0}
LIQUIDITY_YUAN = {2014: 4.86e6, 2016: 5.77e6, 2017: 5.76e6}


def run(market: Market, span: tuple[str, str], *changes: str) -> Result:
    """Run the reference strategy with changes as on the command line."""
    return backtest(load_strategy(STRATEGY, changes), market, *span)


def table(head: list[str], rows: Iterator[list[str]] | list[list[str]]) -> None:
    """Print a table as it stands in the page."""
    print("| " + " | ".join(head) + " |")
    print("|" + "---|" * len(head))
    for row in rows:
        print("| " + " | ".join(row) + " |", flush=True)
    print()


def a_year(result: Result, yuan: float) -> float:
    """Return yuan of a whole run as a part of mean equity a year."""
    return yuan / LedgerFigures(result.ledger).mean_equity() / years(result.ledger)


# ---- dividends ----------------------------------------------------------------------------------


def without_actions(folder: Path, target: Path) -> Market:
    """Return the same market without its table of corporate actions."""
    tables = {path.stem: pq.read_table(path) for path in sorted(folder.glob("*.parquet"))}
    del tables["corporate_actions"]
    write_dataset(target, tables, name="without actions", source="the same market")
    return Market.open(target)


def tax(folder: Path) -> None:
    """Print what the tax costs, and the estimate of it where only the factor is known."""
    market = Market.open(folder)
    scratch = Path(tempfile.mkdtemp())
    try:
        bare = without_actions(folder, scratch / "bare")
        table(
            ["span", "run", "dividends, million", "tax, million", "tax of equity a year",
             "return before fund fees", "net"],
            _tax_rows(market, bare),
        )  # fmt: skip
    finally:
        shutil.rmtree(scratch)


def _tax_rows(market: Market, bare: Market) -> Iterator[list[str]]:
    for span in SPANS:
        for name, where, kind in (
            ("nothing withheld (private fund)", market, "none"),
            ("taxed as a public fund", market, "public_fund"),
            ("factor only, tax estimated", bare, "none"),
        ):
            result = run(where, span, f"costs.dividend_tax={kind!r}")
            ledger = result.ledger
            cells = [
                f"{ledger['dividends'].sum() / 1e6:.2f}",
                f"{ledger['dividend_tax'].sum() / 1e6:.3f}",
                f"{a_year(result, ledger['dividend_tax'].sum()):.3%}",
            ]
            said = [one["en"] for one in result.notes if one["kind"] in SAID]
            level = levels(ledger)
            yield [" to ".join(span), name, *cells, f"{annual_return(level['gross']):.2%}",
                   f"{annual_return(level['net']):.2%}"]  # fmt: skip
            yield ["", "; ".join(said), "", "", "", "", ""]


# ---- the size of orders -------------------------------------------------------------------------


def size_cells(result: Result, market: Market) -> list[str]:
    """Return what the orders of a run cost, how large they were, and what was not done."""
    stocks = result.trades[result.trades["code"].isin(market.codes)]
    stocks = stocks[~stocks["reason"].isin(["delisting", "rights"])]
    days = pd.Index(market.dates).get_indexer(stocks["date"])
    columns = np.searchsorted(market.codes, stocks["code"].to_numpy(dtype=str))
    part = stocks["amount"].to_numpy() / market.panel("amount")[days, columns]
    slippage = result.strategy.costs.slippage_bp / 1e4 * stocks["amount"].sum()
    by_size = stocks["impact"].sum() - slippage
    large = stocks["amount"].to_numpy()[part > LARGE].sum() / stocks["amount"].sum()
    level = levels(result.ledger)
    invested = result.ledger["stock_value"].iloc[1:] / result.ledger["equity"].iloc[1:]
    return [
        f"{annual_return(level['gross']):.2%}",
        f"{annual_return(level['net']):.2%}",
        f"{a_year(result, by_size):.2%}",
        f"{by_size / stocks['amount'].sum() * 1e4:.1f}",
        f"{large:.1%}",
        f"{invested.mean():.1%}",
    ]


SIZE_HEAD = ["span", "setting", "before fund fees", "net", "impact of size, of equity a year",
             "bp of the yuan traded", "traded in orders above 1% of the day",
             "stocks, of equity"]  # fmt: skip


def impact(folder: Path) -> None:
    """Print runs with several coefficients of the square-root law."""
    market = Market.open(folder)
    settings = {f"coefficient {c:g}": (f"costs.impact_coefficient={c}",) for c in (0.0, 0.7, 1.0)}
    table(SIZE_HEAD, _size_rows(market, settings))


def auction(folder: Path) -> None:
    """Print runs with several caps on the orders of an opening, without impact."""
    market = Market.open(folder)
    settings = {
        f"cap {part:.0%} of an auction of {share:.0%}": (
            "costs.impact_coefficient=0.0", f"execution.participation_open={part}",
            f"execution.auction_share={share}",
        )
        for part, share in ((0.5, 0.01), (0.5, 0.02), (0.5, 0.05))
    }  # fmt: skip
    table(SIZE_HEAD, _size_rows(market, settings))


def _size_rows(market: Market, settings: dict[str, tuple[str, ...]]) -> Iterator[list[str]]:
    for span in SPANS:
        for name, changes in settings.items():
            result = run(market, span, *changes)
            yield [" to ".join(span), name, *size_cells(result, market)]


# ---- what the exchange has published ------------------------------------------------------------


def evidence(folder: Path) -> None:
    """Print the coefficient of the law that gives the exchange's published costs.

    A marketable order of ``a`` yuan costs ``c x volatility x sqrt(a / turnover)`` of it, so that
    ``c`` is the published mean over the mean of the rest; and 1% = ``c x volatility x sqrt(L /
    turnover)`` gives ``L = turnover x (1% / (c x volatility))^2`` and ``c`` by the mean of L.
    """
    market = Market.open(folder)
    returns, amount = market.panel("simple_return"), market.panel("amount")
    spread = pd.DataFrame(np.asarray(returns)).rolling(20, min_periods=15).std().to_numpy()
    shanghai = np.array([str(code).endswith(".SH") for code in market.codes])
    year = market.dates.astype("datetime64[Y]").astype(int) + 1970
    rows = []
    for one, cost in PRICE_IMPACT_BP.items():
        sigma, turnover = _of_year(spread, amount, year == one, shanghai)
        c = cost / 1e4 / np.mean(sigma * np.sqrt(1e5 / turnover))
        rows.append([str(one), "100,000 yuan cost", f"{cost:.0f} bp", f"{c:.2f}"])
    for one, yuan in LIQUIDITY_YUAN.items():
        sigma, turnover = _of_year(spread, amount, year == one, shanghai)
        c = np.sqrt(np.mean(turnover * (0.01 / sigma) ** 2) / yuan)
        rows.append([str(one), "1% is moved by", f"{yuan / 1e6:.2f} million yuan", f"{c:.2f}"])
    table(["year", "published", "mean over Shanghai stocks", "coefficient"], rows)


def _of_year(spread, amount, days, stocks) -> tuple[np.ndarray, np.ndarray]:
    sigma, turnover = spread[days][:, stocks], np.asarray(amount)[days][:, stocks]
    known = (sigma > 0.005) & (turnover > 0)
    return sigma[known], turnover[known]


PARTS: dict[str, Callable[[Path], None]] = {
    "evidence": evidence, "tax": tax, "impact": impact, "auction": auction,
}  # fmt: skip


def main() -> None:
    """Print the parts asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("market", type=Path)
    parser.add_argument("part", nargs="*", choices=[*PARTS, []], default=list(PARTS))
    asked = parser.parse_args()
    for part in asked.part:
        print(f"## {part}\n")
        PARTS[part](asked.market)


if __name__ == "__main__":
    main()
