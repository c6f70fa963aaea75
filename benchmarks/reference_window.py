"""The reference strategy on an imported real market: the reported window, and every year.

    python -m benchmarks.reference_window MARKET [--write docs/reference_window.md]

The page states what was measured; nothing in it is tuned. Correlations are net of the fee accrued
every day, with suspended stocks at their stated value.
"""

import argparse
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.pages import markdown, write_between
from quanthedge import Market, backtest, load_strategy
from quanthedge.backtesting.result import Result
from quanthedge.performance.relation import Pair
from quanthedge.performance.returns import annual_return, daily_returns, levels, period_levels
from quanthedge.performance.tables import attribution

STRATEGY = Path(__file__).parents[1] / "strategies" / "market_neutral.toml"
WINDOW = ("2014-09-17", "2015-07-31")
WHOLE = ("2010-04-19", "2018-12-28")
LINES = {
    "stock_pnl": "stocks",
    "dividends": "dividends, before tax",
    "futures_pnl": "futures",
    "interest": "interest",
    "commission": "commission",
    "stamp_duty": "stamp duty",
    "transfer_fee": "transfer fee",
    "futures_fee": "futures fees",
    "impact": "impact",
    "dividend_tax": "dividend tax",
    "management_fee": "management fee",
    "custody_fee": "custody fee",
    "performance_fee": "performance fee, charged",
    "accrual": "performance fee, accrued and not charged",
    "revaluation": "suspended stocks, stated off their last close",
    "equity_change": "change of equity less the accrued fee",
}


def correlations(ledger: pd.DataFrame, basis: str = "net") -> tuple[float, float]:
    """Return the correlation of net (accrued) or gross returns with the index, daily and weekly."""
    daily = daily_returns(ledger).dropna()
    weekly = period_levels(levels(ledger), "weekly").pct_change().dropna()
    return (
        Pair(daily[basis], daily["index"]).correlation().value,
        Pair(weekly[basis], weekly["index"]).correlation().value,
    )


def window_page(result: Result) -> list[str]:
    """Return the lines on the window of the reported fund."""
    s = result.summary()
    rows = []
    for words, basis, link in (
        ("this run, before fund fees", "gross", "before_fees"),
        ("this run, net of all fees, accrued daily", "net", "accrued"),
    ):
        cells = []
        for every in ("daily", "weekly"):
            found = s[f"correlation_{link}_{every}"].estimate
            assert found is not None
            cells.append(f"{found.value:.3f} ({found.low:.2f}, {found.high:.2f})")
        figures = [f"annual_return_{basis}", f"volatility_{basis}", f"max_drawdown_{basis}"]
        rows.append([words, *(f"{s.value(name):.2%}" for name in figures), *cells])
    rows.append(["rough independent calculation", "17.7%", "", "-5.6%", "-0.11", ""])
    rows.append(["the fund, as reported", "16.87%", "", "", "0.01", ""])
    header = ["", "annual return", "volatility", "max drawdown", "correlation daily", "weekly"]
    row = attribution(result.ledger).iloc[0]
    opening = float(result.ledger["equity"].iloc[0])
    booked = [[text, f"{row[k]:,.0f}", f"{row[k] / opening:.2%}"] for k, text in LINES.items()]
    return [
        f"## {WINDOW[0]} to {WINDOW[1]}, 100 million yuan, IF",
        "",
        markdown(header, rows),
        "",
        markdown(["line", "yuan", "of the opening equity"], booked),
    ]


def variants_page(market: Market) -> list[str]:
    """Run the strategy with one thing changed, to say where a difference comes from."""
    changes = {
        "as it is": [],
        "suspended stocks at their last close": ["valuation.suspended=last_close"],
        "fills at the closing price": ["execution.fill=close"],
        "fills at the day's average price": ["execution.fill=vwap"],
        "no slippage, commission 3 bp": ["costs.slippage_bp=0", "costs.commission_rate=0.0003"],
        "hedge reviewed every day": ["hedge.policy.every_days=1"],
        "hedge of equal value (no beta)": ["hedge.ratio={kind='dollar_neutral'}"],
        "least squares over 60 days": ["beta={kind='ols'}"],
        "minimum variance of 5-day returns": ["hedge.ratio={kind='minimum_variance'}"],
        "speculative account (limits bind)": ["hedge.account=speculative"],
        "next month's contract": ["hedge.contract=next"],
        "factors neutral to industries": ["transforms.industry_neutral=true"],
        "stocks without a factor left out": ["transforms.missing=exclude"],
        "no annual profit where TTM is missing": ["factors.0.factor.fallback=false",
                                                  "factors.2.factor.fallback=false"],
        "volatility over 20 days": ["factors.5.factor.window=20"],
        "200 stocks": ["selector.n=200"],
        "50 stocks": ["selector.n=50"],
    }  # fmt: skip
    rows = []
    for name, edits in changes.items():
        result = backtest(load_strategy(STRATEGY, edits), market, *WINDOW)
        s = result.summary()
        if any(note["kind"] == "substituted" for note in result.notes):
            name += " (not always held, see the run's notes)"  # noqa: PLW2901
        figures = ("annual_return_gross", "annual_return_net", "max_drawdown_net")
        rows.append(
            [
                name,
                *(f"{s.value(figure):.2%}" for figure in figures),
                *(f"{value:.3f}" for value in correlations(result.ledger)),
                *(f"{value:.3f}" for value in correlations(result.ledger, "gross")),
            ]
        )
    header = ["variant", "annual, gross", "annual, net", "max drawdown", "correlation daily",
              "weekly", "before fees daily", "weekly"]  # fmt: skip
    return ["## One thing changed at a time, same window", "", markdown(header, rows)]


def years_page(result: Result) -> list[str]:
    """Return each year of the whole history, and what the hedge paid."""
    ledger = result.ledger
    years = pd.DatetimeIndex(ledger.index).year
    lines = [
        f"## {WHOLE[0]} to {WHOLE[1]} by year",
        "",
        "| year | net | gross | CSI 300 | drawdown | correlation daily | weekly | costs | fees |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for year in sorted(set(years[1:])):
        inside = np.flatnonzero(years == year)
        part = ledger.iloc[max(inside[0] - 1, 0) : inside[-1] + 1]
        level = levels(part)
        change = level.iloc[-1] / level.iloc[0] - 1.0
        fall = float((level["net"] / level["net"].cummax() - 1.0).min())
        daily, weekly = correlations(part)
        row = attribution(part).iloc[0] / part["equity"].iloc[1:].mean()
        costs = -float(row[["commission", "stamp_duty", "transfer_fee", "exchange_fee",
                            "futures_fee", "impact", "dividend_tax"]].sum())  # fmt: skip
        fees = -float(row[["management_fee", "custody_fee", "performance_fee", "accrual"]].sum())
        lines.append(
            f"| {year} | {change['net']:.2%} | {change['gross']:.2%} | {change['index']:.2%} | "
            f"{fall:.2%} | {daily:.2f} | {weekly:.2f} | {costs:.2%} | {fees:.2%} |"
        )
    daily, weekly = correlations(ledger)
    level = levels(ledger)
    lines += [
        "",
        f"Whole span: {annual_return(level['net']):.2%} a year net, "
        f"{annual_return(level['gross']):.2%} gross, correlation {daily:.3f} daily, "
        f"{weekly:.3f} weekly. 2010 begins on {WHOLE[0]}.",
    ]
    return lines


def main() -> None:
    """Run, print, and write the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("market", type=Path)
    parser.add_argument("--write", type=Path, help="page that takes the tables between its marks")
    args = parser.parse_args()
    market = Market.open(args.market)
    strategy = load_strategy(STRATEGY)
    lines = window_page(backtest(strategy, market, *WINDOW))
    lines += ["", *variants_page(market), ""]
    lines += years_page(backtest(strategy, market, *WHOLE))
    text = "\n".join(lines)
    print(text)
    if args.write:
        write_between(args.write, "run", text)


if __name__ == "__main__":
    main()
