"""What reverse carry would have brought in the ledger, had the basket been lent: a "what if".

    python -m benchmarks.reverse_carry --market data/real [--write docs/sleeves.md]

The data has no lending table. Fee, amount and collateral are stated here, flat over all days, and
are nobody's offer: 8% and 10.6% a year are assumed and taken from no source, 200 million yuan of a
whole basket on every day is more than could be borrowed in mid-2015 to 2017.
strategies/cash_and_carry.toml is run with each, and without; nothing is chosen by what it shows.
"""

import argparse
from pathlib import Path

import pandas as pd

import quanthedge as qh
from benchmarks.alpha_strategies import ROOT, run_of
from benchmarks.pages import markdown, write_between
from quanthedge.rules import index_of

START, END = "2015-01-05", "2018-12-28"
PRODUCTS = {"IF": START, "IC": "2015-04-20"}
# fee and reserve, of the basket; None: no table. 0.10 is the reserve of the file.
CASES = ((None, 0.10), (0.0, 0.10), (0.08, 0.10), (0.106, 0.10), (0.08, 0.30), (0.106, 0.30))
AVAILABLE, COLLATERAL = 200e6, 0.5  # yuan, fraction of the value
MILLION = 1e6
Case = tuple[str, float | None, float]


def main() -> None:
    """Print the tables; write them into the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--market", type=Path, default=ROOT / "data" / "real")
    parser.add_argument("--write", type=Path, help="the page, docs/sleeves.md")
    args = parser.parse_args()
    market = qh.Market.open(args.market)
    runs: dict[Case, qh.Result] = {
        (product, *case): run_of(strategy(product, *case), market, start, END)
        for product, start in PRODUCTS.items()
        for case in CASES
    }
    parts = {"what if": _years(market, runs), "what if cut": _cut(runs)}
    for name, text in parts.items():
        print(f"{name}\n\n{text}\n")
        if args.write:
            write_between(args.write, name, text)


def lending(fee: float) -> pd.DataFrame:
    """Return the flat table."""
    row = {"date": START, "fee": fee, "available": AVAILABLE, "collateral": COLLATERAL}
    return pd.DataFrame([row])


def strategy(product: str, fee: float | None, reserve: float) -> qh.Strategy:
    """Return the strategy on a product, with a lending table of a fee or without any."""
    base = qh.load_strategy(ROOT / "strategies" / "cash_and_carry.toml")
    (sleeve,) = base.sleeves
    changed = sleeve.model_dump() | {"product": product}
    changed["terms"] = changed["terms"] | {"reserve": reserve}
    if fee is not None:
        changed["lending"] = lending(fee)
    return base.change(
        {"sleeves": [changed], "hedge.product": product, "benchmark": index_of(product),
         "name": f"{product}, {_told(fee, reserve)}", "name_zh": product, "description": "What if.",
         "description_zh": "假设。"}
    )  # fmt: skip


def _told(fee: float | None, reserve: float) -> str:
    if fee is None:
        return "no table"
    return f"fee {fee:.1%}" + ("" if reserve == CASES[0][1] else f", reserve {reserve:.2f}")


def _years(market: qh.Market, runs: dict[Case, qh.Result]) -> str:
    """Return a row for each product, fee and year."""
    rows = []
    for (product, fee, reserve), run in runs.items():
        table = run.sleeves[run.sleeves["sleeve"] == "carry"]
        figures = qh.sleeve_figures(run, "year")
        (sleeve,) = run.strategy.sleeves
        terms, lent = sleeve.terms, sleeve.lent  # type: ignore[attr-defined]
        trades = qh.carry_trades(market, product, PRODUCTS[product], END, terms, lending=lent)
        trades = trades[trades["side"] == "reverse"]
        value = run.ledger["unit_value"]
        for one in figures[figures["sleeve"] == "carry"].to_dict("records"):
            year = one["date"].year
            own = table[table["date"].dt.year == year]
            short = own[own["stocks_borrowed"] > 0]
            begun = trades[trades["entered"].dt.year == year]
            before = value[value.index.year < year]
            first = before.iloc[-1] if len(before) else value.iloc[0]
            rows.append([
                f"{product} {year}, {_told(fee, reserve)}",
                f"{(begun['reason'] == 'premium').sum()} + {(begun['reason'] == 'roll').sum()}",
                str(len(short)),
                f"{short['stocks_borrowed'].mean() / MILLION:.0f}" if len(short) else "",
                f"{one['gross_yuan'] / MILLION:+.2f}", f"{own['costs'].sum() / MILLION:.2f}",
                f"{own['lending_fee'].sum() / MILLION:.2f}",
                f"{one['net_yuan'] / MILLION:+.2f}", f"{one['of_equity']:+.1%}",
                f"{begun['return'].sum():+.1%}" if len(begun) else "",
                f"{value[value.index.year == year].iloc[-1] / first - 1:+.1%}",
            ])  # fmt: skip
    head = [
        "", "reverse entered + rolled", "days short", "million yuan lent, mean",
        "gross, million yuan", "costs of trades", "lending fee", "net", "of equity",
        "estimate, sum of returns", "fund, net of all",
    ]  # fmt: skip
    return markdown(head, rows)


def _cut(runs: dict[Case, qh.Result]) -> str:
    """Return what was cut of the orders in stocks, and returned for want of collateral."""
    rows = []
    for (product, fee, reserve), run in runs.items():
        stocks = run.refusals[~run.refusals["code"].str.startswith(product)]
        for (side, reason), own in stocks.groupby(["side", "reason"], observed=True):
            rows.append([
                f"{product}, {_told(fee, reserve)}", str(side), str(reason), f"{len(own):,}",
                f"{own['date'].nunique():,}",
            ])  # fmt: skip
        forced = run.trades[(run.trades["reason"] == "cash_cut") & (run.trades["side"] == "buy")]
        if len(forced):
            rows.append([
                f"{product}, {_told(fee, reserve)}", "buy", "returned for want of collateral",
                f"{len(forced):,}", f"{forced['date'].nunique():,}",
            ])  # fmt: skip
    return markdown(["", "side", "reason", "orders", "days"], rows)


if __name__ == "__main__":
    main()
