"""What the valuation of suspended holdings does to the reference run.

    python -m benchmarks.valuation_effect MARKET [--csv FILE] [--write docs/valuation.md]

The same strategy four times over each span; nothing but ``[valuation]`` is changed.
"""

import argparse
from pathlib import Path

import pandas as pd

from benchmarks.pages import markdown, write_between
from benchmarks.reference_window import STRATEGY, WHOLE, WINDOW
from quanthedge import Market, backtest, load_strategy
from quanthedge.backtesting.result import Result

METHODS = {
    "last close": ["valuation.suspended=last_close"],
    "industry index": ["valuation.suspended=index_return", "valuation.index=industry"],
    "CSI 300": ["valuation.suspended=index_return", "valuation.index=hedged"],
    "beta x CSI 300": ["valuation.suspended=beta"],
}
BASES = {"before_fees": "before fees", "accrued": "accrued net"}
FREQUENCIES = ("daily", "weekly", "monthly")
FIGURES = {
    "annual_return_gross": "gross a year",
    "annual_return_net": "net a year",
    "volatility_net": "volatility",
    "sharpe_net": "Sharpe",
    "max_drawdown_net": "drawdown",
}


def row_of(result: Result) -> dict[str, object]:
    """Return the figures of one run."""
    summary = result.summary()
    row: dict[str, object] = {name: summary.value(name) for name in FIGURES}
    for basis in BASES:
        for every in FREQUENCIES:
            found = summary[f"correlation_{basis}_{every}"].estimate
            assert found is not None
            key = f"correlation_{basis}_{every}"
            row |= {key: found.value, f"{key}_low": found.low, f"{key}_high": found.high}
    adjustment = result.ledger["revaluation"]
    largest = adjustment.abs().idxmax()
    return row | {
        "largest_yuan": float(adjustment.loc[largest]),
        "largest_share": float(adjustment.loc[largest] / result.ledger["equity"].loc[largest]),
        "largest_day": largest if adjustment.loc[largest] != 0.0 else pd.NaT,
        "end_yuan": float(adjustment.iloc[-1]),
        "days": int((adjustment != 0.0).sum()),
        "stocks": int(
            result.restated.loc[result.restated["adjustment_yuan"] != 0, "code"].nunique()
        ),
    }


def effects(market: Market, spans: tuple[tuple[str, str], ...]) -> pd.DataFrame:
    """Return the figures of every method over every span."""
    rows = []
    for start, end in spans:
        for name, edits in METHODS.items():
            result = backtest(load_strategy(STRATEGY, edits), market, start, end)
            rows.append({"start": start, "end": end, "method": name} | row_of(result))
    return pd.DataFrame(rows)


def text_of(found: pd.DataFrame) -> str:
    """Return the tables of all spans."""
    return "\n\n".join(
        part
        for (start, end), own in found.groupby(["start", "end"], sort=False)
        for part in (f"### {start} to {end}", _figures(own), _correlations(own))
    )


def _figures(own: pd.DataFrame) -> str:
    """Return what each method makes of return, risk and adjustments."""
    rows = [
        [
            row["method"],
            *(
                f"{row[name]:.2f}" if name == "sharpe_net" else f"{row[name]:.2%}"
                for name in FIGURES
            ),
            *_adjustments(row),
        ]
        for _, row in own.iterrows()
    ]
    header = ["suspended stocks at", *FIGURES.values(), "largest adjustment, yuan", "of equity",
              "on", "at the end", "days", "stocks"]  # fmt: skip
    return markdown(header, rows)


def _adjustments(row: pd.Series) -> list[str]:
    """Return the cells on adjustments; blank without any."""
    if pd.isna(row["largest_day"]):
        return ["", "", "", "", "0", "0"]
    return [
        f"{row['largest_yuan']:,.0f}",
        f"{row['largest_share']:.2%}",
        f"{row['largest_day']:%Y-%m-%d}",
        f"{row['end_yuan']:,.0f}",
        str(row["days"]),
        str(row["stocks"]),
    ]


def _correlations(own: pd.DataFrame) -> str:
    """Return correlations to the CSI 300 with their intervals."""
    rows = []
    for _, row in own.iterrows():
        for basis, words in BASES.items():
            cells = []
            for every in FREQUENCIES:
                key = f"correlation_{basis}_{every}"
                cells.append(
                    f"{row[key]:+.3f} ({row[key + '_low']:+.2f}, {row[key + '_high']:+.2f})"
                )
            rows.append([row["method"], words, *cells])
    return markdown(["suspended stocks at", "returns", *FREQUENCIES], rows)


def main() -> None:
    """Run, print, and write the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("market", type=Path)
    parser.add_argument("--csv", type=Path, help="file for all figures")
    parser.add_argument("--write", type=Path, help="page that takes the tables between its marks")
    args = parser.parse_args()
    found = effects(Market.open(args.market), (WINDOW, WHOLE))
    text = text_of(found)
    print(text)
    if args.csv:
        found.to_csv(args.csv, index=False, float_format="%.6f")
    if args.write:
        write_between(args.write, "effect", text)


if __name__ == "__main__":
    main()
