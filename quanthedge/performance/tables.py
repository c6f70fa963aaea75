"""Tables by period: returns by year and month, and where the money of a period came from."""

import pandas as pd

from quanthedge.performance.statistics import (
    max_drawdown,
    period_values,
    regression,
    volatility,
)

__all__ = ["COSTS", "INCOME", "attribution", "fund_values", "monthly_table", "yearly_table"]

INCOME = ("stock_pnl", "dividends", "futures_pnl", "interest", "subscriptions")
COSTS = (
    "commission", "stamp_duty", "transfer_fee", "exchange_fee", "futures_fee", "impact",
    "management_fee", "custody_fee", "performance_fee", "redemptions",
)  # fmt: skip


def fund_values(ledger: pd.DataFrame) -> pd.Series:
    """Return the unrounded value of a unit, net of everything charged."""
    return (ledger["equity"] / ledger["units"]).rename("unit_value")


def attribution(ledger: pd.DataFrame) -> pd.DataFrame:
    """Return each source of profit and each cost of a period, yuan and share of opening equity.

    Parameters
    ----------
    ledger : DataFrame
        Rows of the period, the day before it first.

    Returns
    -------
    DataFrame
        Columns line, yuan, fraction; costs are negative; the last lines are the change of equity
        and the residual, which is zero but for rounding.
    """
    flows = ledger.iloc[1:]
    lines = [(name, float(flows[name].sum())) for name in INCOME]
    lines += [(name, -float(flows[name].sum())) for name in COSTS]
    change = float(ledger["equity"].iloc[-1] - ledger["equity"].iloc[0])
    explained = sum(amount for _, amount in lines)
    lines += [("equity_change", change), ("residual", change - explained)]
    frame = pd.DataFrame(lines, columns=["line", "yuan"])
    frame["fraction"] = frame["yuan"] / ledger["equity"].iloc[0]
    return frame


def yearly_table(ledger: pd.DataFrame) -> pd.DataFrame:
    """Return each calendar year: net, gross and index return, volatility, drawdown, correlation.

    Returns
    -------
    DataFrame
        Indexed by year; the first and last year may be parts. Columns net, gross, index,
        volatility, max_drawdown, correlation_day, correlation_week.
    """
    net, gross = fund_values(ledger), ledger["unit_value_gross"]
    years = pd.DatetimeIndex(ledger.index).year
    rows = []
    for year in sorted(set(years[1:])):
        last = int((years <= year).sum())
        first = max(int((years < year).sum()) - 1, 0)
        part = slice(first, last)
        values, index = net.iloc[part], ledger["index_close"].iloc[part]
        fall = max_drawdown(values)
        day, week = regression(values, index, "day"), regression(values, index, "week")
        rows.append(
            {
                "year": year,
                "net": float(values.iloc[-1] / values.iloc[0] - 1.0),
                "gross": float(gross.iloc[last - 1] / gross.iloc[first] - 1.0),
                "index": _change(index),
                "volatility": volatility(values.pct_change().iloc[1:]),
                "max_drawdown": fall.depth if fall else 0.0,
                "correlation_day": day.correlation if day else None,
                "correlation_week": week.correlation if week else None,
            }
        )
    return pd.DataFrame(rows).set_index("year")


def _change(values: pd.Series) -> float | None:
    known = values.dropna()
    return float(known.iloc[-1] / known.iloc[0] - 1.0) if len(known) > 1 else None


def monthly_table(ledger: pd.DataFrame) -> pd.DataFrame:
    """Return the net return of each month, years down and months 1 to 12 across, NaN where none."""
    values = period_values(fund_values(ledger), "month")
    returns = values.pct_change().iloc[1:]
    index = pd.DatetimeIndex(returns.index)
    frame = pd.DataFrame({"year": index.year, "month": index.month, "net": returns.to_numpy()})
    table = frame.pivot_table(index="year", columns="month", values="net")
    return table.reindex(columns=range(1, 13))
