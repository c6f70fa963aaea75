"""The reference strategy by the risk model: parts of its alpha, risk as forecast and as it came.

    python -m benchmarks.book_risk MARKET [--write docs/bridge.md docs/risk_model.md]

The first page takes the parts of alpha of the reported window, the second what `result.risk()` says
of the whole span, both between their marks. Nothing is tuned.
"""

import argparse
from pathlib import Path

import pandas as pd

from benchmarks.pages import markdown, write_between
from benchmarks.reference_window import STRATEGY, WHOLE, WINDOW
from quanthedge import Market, RiskModel, backtest, load_strategy
from quanthedge.backtesting.result import Result
from quanthedge.backtesting.risk_stage import fitted_risk
from quanthedge.performance import BookRisk
from quanthedge.risk import FittedRiskModel


def alpha_page(result: Result, fitted: FittedRiskModel) -> str:
    """Return the parts of the alpha of a run."""
    parts = result.alpha_parts.sum() / 1e6
    inside = fitted.factor_returns().loc[result.ledger.index[1] :]
    inside = inside.loc[: result.ledger.index[-1]]
    told = (
        f"{inside['stocks'].mean():,.0f} stocks a day on average, mean R squared "
        f"{inside['r_squared'].mean():.2f}; alpha {parts.sum():.2f} million yuan, "
        f"{WINDOW[0]} to {WINDOW[1]}."
    )
    rows = [[name.replace("_", " "), f"{value:+.2f}"] for name, value in parts.items()]
    return told + "\n\n" + markdown(["part", "million yuan"], rows)


def risk_page(found: BookRisk) -> str:
    """Return what was forecast of the book, of what, and what came."""
    table, parts = found.forecasts, found.parts
    years = table.groupby(pd.DatetimeIndex(table["date"]).year)
    rows = [
        [str(year), f"{len(own)}", f"{own['volatility'].mean():.2%}",
         f"{own['realised_volatility'].mean():.2%}",
         f"{(own['z'] ** 2).mean() ** 0.5:.2f}"]
        for year, own in years
    ]  # fmt: skip
    by_year = markdown(
        ["year", "forecasts", "volatility forecast", "volatility that came",
         "root mean square of z"], rows
    )  # fmt: skip
    whole = parts["variance"].sum()
    named = parts["name"].where(parts["kind"] == "style", parts["kind"])
    shares = parts.groupby(named, sort=False)["variance"].sum() / whole
    made_of = markdown(
        ["part", "of the variance"],
        [[str(name).replace("_", " "), f"{share:.1%}"] for name, share in shares.items()],
    )
    judged = markdown(
        ["measure", "value", "when right", "band of noise"],
        [[name.replace("_", ", "), f"{own['value']:.2f}", f"{own['expected']:.2f}",
          f"{own['low']:.2f} to {own['high']:.2f}"] for name, own in found.summary.iterrows()],
    )  # fmt: skip
    count = int(found.summary["forecasts"].iloc[0])
    known = table["volatility"].notna()
    told = (
        f"{len(table)} forecasts of 20 days, {int((~known).sum())} of them without a figure (the "
        f"basis was known for too few days), {count} that do not overlap and are judged:"
    )
    return f"{told}\n\n{judged}\n\n{made_of}\n\nBy year, all forecasts:\n\n{by_year}"


def main() -> None:
    """Run, print, and write the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("market", type=Path)
    parser.add_argument("--write", type=Path, nargs=2, help="pages that take the tables")
    args = parser.parse_args()
    market, model = Market.open(args.market), RiskModel()
    strategy = load_strategy(STRATEGY).change(risk=model)
    fitted = fitted_risk(market, model)
    if not isinstance(fitted, FittedRiskModel):
        raise SystemExit("the usual model has factors")
    texts = (
        alpha_page(backtest(strategy, market, *WINDOW), fitted),
        risk_page(backtest(strategy, market, *WHOLE).risk()),
    )
    for text, name, page in zip(texts, ("parts", "book"), args.write or (None, None), strict=True):
        print(text + "\n")
        if page:
            write_between(page, name, text)


if __name__ == "__main__":
    main()
