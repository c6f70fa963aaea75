"""What can be lost on real data: shocks, the weeks of 2015, the opening limits, leverage.

python -m benchmarks.stress MARKET [--write docs/stress.md]
"""

import argparse
from pathlib import Path

import pandas as pd

from quanthedge import Market, backtest, compare_leverage, load_strategy, margin_outlook, run_stress

STRATEGY = Path(__file__).parents[1] / "strategies" / "market_neutral.toml"
SHOCKS = ("2014-11-03", "2015-06-01", "2017-06-01")
REPLAY = ("2015-07-01", "2015-12-31")


def markdown(frame: pd.DataFrame) -> str:
    """Return a frame of texts as a table."""
    head = "| " + " | ".join(map(str, frame.columns)) + " |"
    rows = ["| " + " | ".join(map(str, row)) + " |" for row in frame.itertuples(index=False)]
    return "\n".join([head, "|" + "---|" * len(frame.columns), *rows])


def opening_limits(market: Market) -> str:
    """Return the autumn of 2015 with and without the hedging exemption, month by month."""
    rows = []
    for account in ("hedging", "speculative"):
        strategy = load_strategy(STRATEGY, [f"hedge.account={account}"])
        result = backtest(strategy, market, *REPLAY)
        ledger, refusals = result.ledger.iloc[1:], result.refusals
        bound = refusals[refusals["reason"] == "open_limit"]
        net = ledger["book_beta"] * ledger["stock_value"] - ledger["futures_notional"]
        exposed = net / ledger["equity"]
        cut = result.trades[result.trades["reason"] == "margin_cut"]
        for month, part in ledger.groupby(ledger.index.strftime("%Y-%m")):
            inside = bound[bound["date"].dt.strftime("%Y-%m") == month]
            lots = cut[cut["date"].dt.strftime("%Y-%m") == month]["quantity"].sum()
            rows.append(
                {
                    "account": account,
                    "month": month,
                    "lots at the end": -int(part["lots"].iloc[-1]),
                    "most margin": f"{(part['margin_required'] / part['equity']).max():.1%}",
                    "days bound": inside["date"].nunique(),
                    "lots not opened at the end": int(
                        (inside["wanted"] - inside["done"]).iloc[-1] if len(inside) else 0
                    ),
                    "net beta exposure, mean": f"{exposed.loc[part.index].mean():+.1%}",
                    "lots cut": int(lots),
                    "unit value": f"{part['unit_value'].iloc[-1]:.4f}",
                }
            )
    return markdown(pd.DataFrame(rows))


def main() -> None:
    """Print the tables; write them into the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("market", type=Path)
    parser.add_argument("--write", type=Path)
    args = parser.parse_args()
    market = Market.open(args.market)
    strategy = load_strategy(STRATEGY)
    report = run_stress(strategy, market, SHOCKS)
    levered = compare_leverage(strategy, market, "2014-09-17", "2015-12-31")
    shown = levered.map(lambda v: f"{v:,.4g}" if isinstance(v, float) else str(v))
    window = backtest(strategy, market, "2014-09-17", "2015-07-31")
    outlook = margin_outlook(window).map(lambda v: f"{v:.3g}" if isinstance(v, float) else str(v))
    text = "\n\n".join(
        [
            "## Shocks, and weeks as they were",
            markdown(report.shown()),
            "## The opening limits of 2015",
            opening_limits(market),
            "## The same strategy with more gross exposure, 2014-09-17 to 2015-12-31",
            markdown(shown.T.reset_index(names="gross exposure")),
            "## Days to a margin call, from the close of 2015-07-31",
            markdown(outlook),
        ]
    )
    print(text)
    if args.write:
        page = args.write.read_text(encoding="utf-8")
        begin, end = "<!-- tables -->", "<!-- end of tables -->"
        before, after = page.split(begin)[0], page.split(end)[1]
        args.write.write_text(f"{before}{begin}\n\n{text}\n\n{end}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
