"""Calendar spreads and pairs inside industries on a market: the tables of docs/spreads.md.

python -m benchmarks.spreads MARKET [--write docs]
"""

import argparse
import time
from collections.abc import Iterator
from itertools import product as every
from pathlib import Path

import numpy as np
import pandas as pd

from quanthedge import Market, mean_reversion, pairs_targets, spread_panel, spread_trades
from quanthedge.arbitrage.pairs import PairsBook
from quanthedge.rules import FuturesRules, IndexProduct
from quanthedge.universe import AllUniverse, IndexUniverse

PRODUCTS = ("IF", "IC", "IH")
PAIRS = ("front/next", "next/quarter")
RULES = ("z", "band", "carry")
METHODS = ("distance", "cointegration", "residual")
UNIVERSES = {  # and the index that purchases are set against
    "CSI 300, less CSI 300": (IndexUniverse(), "000300.SH"),
    "CSI 800, less CSI 500": (IndexUniverse(index=("000300.SH", "000905.SH")), "000905.SH"),
    "all, less CSI 500": (AllUniverse(), "000905.SH"),
}
LOTS = 20
SPANS = (  # of the limit of opening: CFFEX notices, rows of the rule book
    ("2010-04-16", "2015-08-25"),
    ("2015-08-26", "2015-09-06"),
    ("2015-09-07", "2017-02-16"),
    ("2017-02-17", "2018-12-02"),
    ("2018-12-03", "2019-04-21"),
)


def _head(*names: str) -> Iterator[str]:
    """Yield the first two lines of a table."""
    yield "| " + " | ".join(names) + " |"
    yield "|" + "---|" * len(names)


def reversion(market: Market) -> Iterator[str]:
    """Yield the lines of how deviations from fair value reverted."""
    yield from _head(
        "", "deviation a year", "its scatter", "half-life, days", "interval 90%",
        "days surely finite", "days ADF p < 5%",
    )  # fmt: skip
    for product, pair in every(PRODUCTS, PAIRS):
        panel = spread_panel(market, product, pair=pair)
        found = mean_reversion(panel["deviation_a_year"], panel["deviation_before"])
        found["year"], found["value"] = panel["date"].dt.year, panel["deviation_a_year"]
        for year, part in found.groupby("year"):
            known = part.dropna(subset="persistence")
            yield (
                f"| {product} {pair} {year} | {part['value'].mean():+.1%} | "
                f"{part['value'].std():.1%} | {_middle(known)} |"
            )


def _middle(known: pd.DataFrame) -> str:
    """Return the middle estimate of a year's days, and how many of them reject a walk."""
    if known.empty:
        return "| | | "
    low, mid, high = (
        f"{known[name].median():.0f}" for name in ("half_life_low", "half_life", "half_life_high")
    )
    finite = np.isfinite(known["half_life_high"]).mean()
    return f"{mid} | {low} to {high} | {finite:.0%} | {(known['adf_p'] < 0.05).mean():.0%}"


def all_trades(market: Market) -> pd.DataFrame:
    """Return the trades of every product, pair and rule."""
    parts = [
        spread_trades(market, product, pair=pair, rule=rule, lots=LOTS).assign(pair=pair, rule=rule)
        for product, pair, rule in every(PRODUCTS, PAIRS, RULES)
    ]
    table: pd.DataFrame = pd.concat(parts, ignore_index=True)
    table["year"] = table["entry"].dt.year
    return table


def totals(trades: pd.DataFrame) -> Iterator[str]:
    """Yield the lines of all trades by product, pair and rule."""
    yield from _head(
        "", "trades", "won", "gross", "fees", "slippage", "net", "net on margin, a trade", "t",
        "ended by roll / stop / time",
    )  # fmt: skip
    for product, pair, rule in every(PRODUCTS, PAIRS, RULES):
        part = trades.query("product == @product and pair == @pair and rule == @rule")
        sums = part[["gross", "fees", "slippage", "net"]].sum()
        share = part["net_on_margin"]
        reasons = " / ".join(str((part["reason"] == one).sum()) for one in ("roll", "stop", "time"))
        yield (
            f"| {product} {pair} {rule} | {len(part)} | {(part['net'] > 0).mean():.0%} | "
            f"{sums['gross']:+.0f} | {sums['fees']:.1f} | {sums['slippage']:.1f} | "
            f"{sums['net']:+.0f} | {share.mean():+.2%} | {_t(share)} | {reasons} |"
        )


def _t(values: pd.Series) -> str:
    """Return the t-value of a mean; nothing where there are fewer than 5."""
    numbers = values.to_numpy(dtype=np.float64)
    if numbers.size < 5:
        return ""
    return f"{numbers.mean() / numbers.std(ddof=1) * np.sqrt(numbers.size):+.1f}"


def yearly(trades: pd.DataFrame, pair: str) -> Iterator[str]:
    """Yield the lines of a pair's trades by product and year: number, gross, net."""
    yield from _head(pair, *(f"{rule}: trades, gross, net" for rule in RULES))
    of_pair = trades[trades["pair"] == pair]
    for product in PRODUCTS:
        here = of_pair[of_pair["product"] == product]
        for year in sorted(here["year"].unique()):
            cells = [_cell(here[(here["year"] == year) & (here["rule"] == rule)]) for rule in RULES]
            yield f"| {product} {year} | " + " | ".join(cells) + " |"


def _cell(part: pd.DataFrame) -> str:
    if part.empty:
        return "0"
    return f"{len(part)}, {part['gross'].sum():+.1f}, {part['net'].sum():+.1f}"


def limits(trades: pd.DataFrame, market: Market) -> Iterator[str]:
    """Yield the lines of what the limits of opening left of the lots wanted."""
    yield from _head(
        "entered", "trades", f"fewer than {LOTS} lots", "lots, mean", "net, yuan",
        f"net, yuan, with {LOTS} lots each",
    )  # fmt: skip
    multipliers = {
        one: FuturesRules.between(
            one, [max(IndexProduct.of(one).listed, market.dates[0])]
        ).multiplier
        for one in PRODUCTS
    }
    for start, end in SPANS:
        part = trades[(trades["entry"] >= start) & (trades["entry"] <= end)]
        if part.empty:
            continue
        free = (part["net"] * part["product"].map(multipliers) * LOTS).sum()
        yield (
            f"| {start} to {end} | {len(part)} | {part['limited'].mean():.0%} | "
            f"{part['lots'].mean():.1f} | {part['net_yuan'].sum():+,.0f} | {free:+,.0f} |"
        )


def pairs(market: Market) -> tuple[list[str], list[str]]:
    """Return the lines of purchases by method and year, and of what was tried in each universe."""
    lines = [*_head("", "purchases", "not done", "gross", "cost", "index", "net", "t")]
    tried = [*_head(
        "universe", "method", "spreads compared", "tested", "chosen", "invested, mean",
        "days waited for a purchase / sale", "purchases", "net", "t", "processor seconds",
    )]  # fmt: skip
    for (name, (universe, index)), method in every(UNIVERSES.items(), METHODS):
        begin = time.process_time()
        book = pairs_targets(market, universe, method=method, index=index)
        seconds = time.process_time() - begin
        if name == next(iter(UNIVERSES)):
            lines += _purchases(book, method)
        tried.append(f"| {name} | {method} | {_tries(book, market)} | {seconds:.1f} |")
    return lines, tried


def _purchases(book: PairsBook, method: str) -> Iterator[str]:
    """Yield the lines of a method's purchases by year, and of all."""
    trades = book.trades.assign(year=book.trades["decision"].dt.year.astype(str))
    for year, part in [*trades.groupby("year"), ("all", trades)]:
        means = part[["gross", "cost", "index", "net"]].mean()
        yield (
            f"| {method} {year} | {len(part)} | {(~part['done']).sum()} | "
            f"{means['gross']:+.2%} | {means['cost']:.2%} | {means['index']:+.2%} | "
            f"{means['net']:+.2%} | {_t(part['net'].dropna())} |"
        )


def _tries(book: PairsBook, market: Market) -> str:
    """Return what a book tried, how much of it was invested, and what its purchases earned."""
    counts, trades = book.tried[["spreads", "tested", "chosen"]].sum(), book.trades
    days = market.dates[market.dates >= book.weights.index[0].to_datetime64()]
    invested = book.weights.sum(axis=1).reindex(pd.DatetimeIndex(days), method="ffill").mean()
    return (
        f"{counts['spreads']:,} | {counts['tested']:,} | {counts['chosen']:,} | {invested:.0%} | "
        f"{trades['waited_in'].sum():.0f} / {trades['waited_out'].sum():.0f} | {len(trades)} | "
        f"{trades['net'].mean():+.2%} | {_t(trades['net'].dropna())}"
    )


def main() -> None:
    """Print the tables; write them into the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("market", type=Path)
    parser.add_argument("--write", type=Path, help="folder of docs")
    args = parser.parse_args()
    market = Market.open(args.market)
    trades = all_trades(market)
    by_year, tried = pairs(market)
    tables = {
        "reversion": list(reversion(market)),
        "totals": list(totals(trades)),
        "years": [*yearly(trades, PAIRS[0]), "", *yearly(trades, PAIRS[1])],
        "limits": list(limits(trades, market)),
        "pairs": by_year,
        "tried": tried,
    }
    page = args.write / "spreads.md" if args.write else None
    text = page.read_text(encoding="utf-8") if page else ""
    for name, lines in tables.items():
        print("\n".join(lines), "\n")
        begin, end = f"<!-- {name} -->", f"<!-- end of {name} -->"
        if page:
            before, after = text.split(begin)[0], text.split(end)[1]
            text = before + begin + "\n\n" + "\n".join(lines) + "\n\n" + end + after
    if page:
        page.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
