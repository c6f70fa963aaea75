"""Cash-and-carry by year and product: what it brought, on how many days, how much of it.

python -m benchmarks.carry MARKET [--write docs/carry.md]
"""

import argparse
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.pages import markdown, write_between
from quanthedge import CarryTerms, Market, basis_desk, carry_trades
from quanthedge.hedge.research.carry.net import annual, net_carry
from quanthedge.hedge.research.carry.quotes import Quotes, carry_quotes, first_quoted
from quanthedge.hedge.research.carry.table import capacity_of

PRODUCTS = ("IF", "IC", "IH")
# Rough figures of a reader of the same tables, worked out elsewhere beforehand: % of capital.
ROUGH = {2010: 5.6, 2011: 4.5, 2012: 3.7, 2013: 2.2, 2014: 3.0, 2015: 3.3}
HELD = CarryTerms(entry=0.05, exit=-np.inf, financing=0.0)
VARIANTS = {
    "as above": HELD,
    "done at the open": HELD.model_copy(update={"fill": "open"}),
    "left where less than 0 is left": HELD.model_copy(update={"exit": 0.0}),
    "commission 0.02%, slippage 2 bp": HELD.model_copy(
        update={"commission_rate": 0.0002, "slippage_bp": 2.0}
    ),
    "`CarryTerms()`: 2% above overnight": CarryTerms(),
}
LIMIT_DAYS = ("2015-08-25", "2015-09-01", "2015-09-07", "2017-02-17", "2017-09-18", "2018-12-03")


class Near(NamedTuple):
    """The better of front and next month on every day of a product."""

    quotes: Quotes
    dates: pd.DatetimeIndex
    best: NDArray[np.intp]  # contract
    pays: pd.Series  # a year on the capital, NaN where neither can be judged


def near(market: Market, product: str) -> Near:
    """Return the better of front and next month, by the terms of the first table."""
    rows = np.arange(first_quoted(market, product), len(market.dates))
    quotes = carry_quotes(market, product, HELD, rows)
    net = net_carry(quotes, HELD, "carry")
    chosen = (quotes.place >= 0) & (quotes.place <= 1) & (quotes.days >= HELD.least_days)
    pays = np.where(chosen, annual(net.net, net, quotes), -np.inf)
    best = pays.argmax(axis=1)
    top = pays.max(axis=1)
    dates = pd.DatetimeIndex(market.dates[rows])
    return Near(quotes, dates, best, pd.Series(np.where(np.isfinite(top), top, np.nan), dates))


def by_day(market: Market, trades: pd.DataFrame) -> pd.DataFrame:
    """Return what each calendar day held brought, and the overnight rate on it.

    A trade's net return is laid evenly over its days, so that it falls into the years it lay in.
    """
    rate = pd.Series(market.cash_rate(), pd.DatetimeIndex(market.dates))
    parts = [pd.DataFrame({"earned": [], "interest": []}, index=pd.DatetimeIndex([]))]
    for one in trades.dropna(subset="exited").to_dict("records"):
        days = pd.date_range(one["entered"], one["exited"], inclusive="left")
        interest = rate.reindex(days, method="ffill").to_numpy() / 365
        earned = (one["net"] + one["financing"]) / one["capital"] / len(days)
        parts.append(pd.DataFrame({"earned": earned, "interest": interest}, index=days))
    return pd.concat(parts[1:] or parts)


def traded(market: Market, product: str, terms: CarryTerms) -> pd.DataFrame:
    """Return the trades of the whole market."""
    return carry_trades(market, product, str(market.dates[0]), str(market.dates[-1]), terms)


def yearly(market: Market, product: str) -> list[list[str]]:
    """Return the rows of a product: days, trades, return, above interest, the rough figure."""
    trades = traded(market, product, HELD)
    held = by_day(market, trades)
    best = near(market, product)
    trading = held.index.isin(pd.DatetimeIndex(market.dates))
    rows = []
    for year, pays in best.pays.groupby(best.dates.year):
        own, begun = held[held.index.year == year], trades[trades["entered"].dt.year == year]
        rough = f"{ROUGH[year]:.1f}%" if product == "IF" and year in ROUGH else ""
        rows.append([
            f"{product} {year}", str((pays >= HELD.entry).sum()),
            str(trading[held.index.year == year].sum()),
            f"{(begun['reason'] == 'premium').sum()} + {(begun['reason'] == 'roll').sum()}",
            f"{own['earned'].sum():+.1%}", f"{(own['earned'] - own['interest']).sum():+.1%}", rough,
        ])  # fmt: skip
    return rows


def variants(market: Market) -> list[list[str]]:
    """Return the return of IF by year for other terms."""
    rows = []
    for name, terms in VARIANTS.items():
        held = by_day(market, traded(market, "IF", terms))
        earned = held["earned"].groupby(held.index.year).sum()
        cells = [f"{earned[year]:+.1%}" if year in earned else "" for year in range(2010, 2019)]
        rows.append([name, *cells])
    return rows


def surprise(market: Market) -> str:
    """Return the mean of IF's good years, and what entries promised beside what they brought."""
    trades = traded(market, "IF", HELD).dropna(subset="exited")
    held = by_day(market, trades)
    good = held[held.index.year <= 2015]
    mean, interest = good["earned"].sum() / 6, good["interest"].sum() / 6
    whole = trades.groupby((trades["reason"] == "premium").cumsum())
    brought = whole["net"].sum() / whole["capital"].first() * 365 / whole["days"].sum()
    return (
        f"IF from 2010 to 2015: {mean:.1%} a year on capital, {mean - interest:.1%} above "
        f"overnight money. Of {len(brought)} entries, with what they were rolled into, "
        f"{(brought > 0).sum()} gained; the median promised "
        f"{whole['expected'].first().median():.1%} a year and brought {brought.median():+.1%}."
    )


def largest(market: Market) -> str:
    """Return the largest gain of the default terms, and what was suspended when it ended."""
    done = traded(market, "IF", CarryTerms())
    one = done.loc[done["return"].idxmax()]
    rows = np.array([market.day(one["exited"])])
    suspended = carry_quotes(market, "IF", HELD, rows).basket.suspended[0]
    return (
        f"The largest trade of the default terms is {one['contract']}, entered on "
        f"{one['entered']:%Y-%m-%d} and left on {one['exited']:%Y-%m-%d}: {one['return']:+.1%} on "
        f"the capital, on a day on which {suspended:.0%} of the index was suspended."
    )


def capacity(market: Market, product: str) -> list[list[str]]:
    """Return medians of the lots that the days of a product allowed, where it paid."""
    best = near(market, product)
    row = np.arange(len(best.dates))
    bounds = {
        name: pd.Series(bound[row, best.best], best.dates)
        for name, bound in capacity_of(market, best.quotes, HELD).items()
    }
    capital = net_carry(best.quotes, HELD, "carry").capital[row, best.best]
    table = pd.DataFrame(bounds).assign(
        million=lambda t: t.min(axis=1) * capital / 1e6, suspended=best.quotes.basket.suspended
    )
    paid = table[best.pays >= HELD.entry]
    return [
        [f"{product} {year}", str(len(own)), *(
            f"{own[name].median():,.0f}"
            for name in ("lots_volume", "lots_open_interest", "lots_basket", "million")
        ), f"{own['suspended'].median():.1%}"]
        for year, own in paid.groupby(paid.index.year)
    ]  # fmt: skip


def limits(market: Market) -> list[list[str]]:
    """Return what the margins and limits of 2015 to 2018 made of a lot of IF."""
    rows = []
    for day in LIMIT_DAYS:
        cells = [day]
        for account in ("hedging", "speculative"):
            terms = HELD.model_copy(update={"account": account})
            first = basis_desk(market, day).opportunities(terms=terms).iloc[1]
            lots = first["lots_limit"]
            cells += [
                f"{first['margin'] / first['price'] / 300:.0%}",
                f"{first['capital'] / first['index'] / 300:.2f}",
                "" if np.isinf(lots) else f"{lots:,.0f}",
            ]
        cells.append(f"{first['basis'] / first['index']:+.2%}")
        rows.append(cells)
    return rows


def reverse(market: Market, product: str) -> list[list[str]]:
    """Return the lending fee that would have taken all of the reverse side, next month."""
    quotes = near(market, product).quotes
    net = net_carry(quotes, HELD, "reverse")
    kept = [part for name, part in net.parts.items() if name not in ("lending_fee", "financing")]
    fee = (net.gross - sum(kept)) / quotes.basket_value / quotes.years
    following = np.where(quotes.place == 1, fee, np.nan)
    level = pd.Series(np.nanmax(np.where(np.isfinite(following), following, -np.inf), axis=1),
                      pd.DatetimeIndex(market.dates[quotes.rows]))  # fmt: skip
    level = level[np.isfinite(level)]
    return [
        [f"{product} {year}", f"{own.median():+.1%}", f"{(own > 0).mean():.0%}",
         f"{own.quantile(0.9):+.1%}"]
        for year, own in level.groupby(level.index.year)
    ]  # fmt: skip


def texts(market: Market) -> dict[str, str]:
    """Return the parts of the page by name."""
    every = [row for product in PRODUCTS for row in yearly(market, product)]
    room = [row for product in PRODUCTS for row in capacity(market, product)]
    fees = [row for product in PRODUCTS for row in reverse(market, product)]
    years = [str(year) for year in range(2010, 2019)]
    return {
        "years": markdown(
            ["", "days it paid", "days held", "entered + rolled", "return on capital",
             "above overnight", "rough"], every,
        ) + "\n\n" + surprise(market),
        "terms": markdown(["IF", *years], variants(market)) + "\n\n" + largest(market),
        "capacity": markdown(
            ["", "days", "lots by volume", "by open interest", "by the basket",
             "million yuan of capital", "suspended"], room,
        ),
        "limits": markdown(
            ["", "hedging: margin", "capital", "lots a day", "speculative: margin", "capital",
             "lots a day", "basis, next month"], limits(market),
        ),
        "reverse": markdown(["", "median", "days above 0", "one day in ten above"], fees),
    }  # fmt: skip


def main() -> None:
    """Print the tables; write them into the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("market", type=Path)
    parser.add_argument("--write", type=Path, help="the page, docs/carry.md")
    args = parser.parse_args()
    for name, text in texts(Market.open(args.market)).items():
        print(f"{name}\n\n{text}\n")
        if args.write:
            write_between(args.write, name, text)


if __name__ == "__main__":
    main()
