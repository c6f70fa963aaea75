"""What each choice of the money of sales and of the futures' fill costs the reference run.

    python -m benchmarks.execution MARKET [--start 2014-09-17 --end 2015-07-31]

Targets and betas are the same in all rows and are computed once. Yuan are equity at the end less
that of the first row, before the performance fee.
"""

import argparse

import pandas as pd

from benchmarks.reference_window import STRATEGY, WINDOW
from quanthedge import Market, load_strategy
from quanthedge.backtesting.execute import book_tables, run_fund_of
from quanthedge.backtesting.hedge_leg import _future_book, _schedule, _timing
from quanthedge.backtesting.plan import Prepared, _settings, prepare
from quanthedge.performance.relation import Pair
from quanthedge.performance.returns import annual_return, daily_returns, levels, period_levels

CHOICES = {
    "as shipped": (),
    "sale_proceeds same_auction": ("execution.sale_proceeds=same_auction",),
    "sale_proceeds after_fill": ("execution.sale_proceeds=after_fill",),
    "sale_proceeds next_day": ("execution.sale_proceeds=next_day",),
    "hedge.fill open": ("hedge.fill=open",),
    "hedge.fill open_after_stocks": ("hedge.fill=open_after_stocks",),
    "hedge.fill vwap": ("hedge.fill=vwap",),
    "hedge.fill settlement": ("hedge.fill=settlement",),
    "hedge.fill close": ("hedge.fill=close",),
    "after_fill and hedge.fill vwap": ("execution.sale_proceeds=after_fill", "hedge.fill=vwap"),
}


def with_changes(known: Prepared, changes: tuple[str, ...]) -> Prepared:
    """Return the preparation with other fills and settings; targets and betas stay."""
    strategy = known.strategy.change(*changes)
    rule, market, dates = strategy.hedge, known.market, known.dates[1:]
    last = known.first + dates.size - 1
    fill = strategy.execution.fill
    schedules = [
        _schedule(rule, product, fill, market, known.first, last) for product in rule.products
    ]
    timing = _timing(strategy, dates)
    futures = _future_book(rule, schedules, known.leg.rules, timing)
    contracts = [name for schedule in schedules for name in schedule.contracts]
    leg = known.leg._replace(
        futures=futures, schedules=schedules, contracts=contracts, timing=timing
    )
    inputs = known.inputs._replace(futures=futures, settings=_settings(strategy))
    return known._replace(strategy=strategy, leg=leg, inputs=inputs)


def row_of(prepared: Prepared) -> dict[str, float]:
    """Return the figures of one run."""
    record = run_fund_of(prepared).record
    tables = book_tables(prepared, record)
    ledger, trades = tables["ledger"], tables["trades"]
    level, daily = levels(ledger), daily_returns(ledger).dropna()
    weekly = period_levels(level, "weekly").pct_change().dropna()
    bought = trades[(trades["side"] == "buy") & trades["commission"].gt(0.0)]
    later = bought["reason"].isin(["proceeds", "retry"])
    return {
        "gross": annual_return(level["gross"]),
        "net": annual_return(level["net"]),
        "daily": Pair(daily["gross"], daily["index"]).correlation().value,
        "weekly": Pair(weekly["gross"], weekly["index"]).correlation().value,
        "equity": float(ledger["equity"].iloc[-1] + ledger["performance_fee"].sum()),
        "later": float(bought.loc[later, "amount"].sum() / bought["amount"].sum()),
    }


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("market")
    parser.add_argument("--start", default=WINDOW[0])
    parser.add_argument("--end", default=WINDOW[1])
    asked = parser.parse_args()
    known = prepare(load_strategy(STRATEGY), Market.open(asked.market), asked.start, asked.end)
    rows = pd.DataFrame(
        {name: row_of(with_changes(known, changes)) for name, changes in CHOICES.items()}
    ).T
    print(f"## {asked.start} to {asked.end}\n")
    print("| choice | gross | net | corr. daily | weekly | yuan | bought later |")
    print("|---|---:|---:|---:|---:|---:|---:|")
    for name, row in rows.iterrows():
        yuan = row["equity"] - rows["equity"].iloc[0]
        print(
            f"| {name} | {row['gross']:.2%} | {row['net']:.2%} | {row['daily']:.3f} | "
            f"{row['weekly']:.3f} | {yuan:+,.0f} | {row['later']:.0%} |"
        )


if __name__ == "__main__":
    main()
