"""The fund over the spells in which the trade quotes it: last week, last month, this year.

A spell ends on the last day of the run. It starts at the close of the last valuation day on or
before the same calendar date so many days or months earlier (31 July less one month is 30 June), or
of the last valuation day of the year before.
"""

import numpy as np
import pandas as pd

from quanthedge.performance.drawdown import drawdowns
from quanthedge.performance.returns import levels

__all__ = ["TRAILING", "trailing_table"]

_STEPS: dict[str, pd.DateOffset] = {
    "week": pd.DateOffset(days=7),
    "month": pd.DateOffset(months=1),
    "three_months": pd.DateOffset(months=3),
    "six_months": pd.DateOffset(months=6),
    "year": pd.DateOffset(years=1),
}
TRAILING = (*_STEPS, "year_to_date", "inception")
COLUMNS = ("start", "end", "days", "net", "gross", "index", "excess", "max_drawdown")


def trailing_table(ledger: pd.DataFrame, end: str | pd.Timestamp | None = None) -> pd.DataFrame:
    """Return the fund's figures over the last week, months, year, this year and the whole run.

    Parameters
    ----------
    ledger : DataFrame
        Its first row holds the opening balances.
    end : date, optional
        Last day of the spells, or the trading day before it; the last of the run by default.

    Returns
    -------
    DataFrame
        Indexed by ``TRAILING``: start (day of the first value), end, days (trading days), net,
        gross, index (returns), excess (geometric, net over index), max_drawdown (net, from the
        spell's own highest value, its first included). A spell that begins before the opening day
        has no figures: NaT, 0 and NaN.

    Examples
    --------
    >>> days = pd.to_datetime(["2015-05-29", "2015-06-30", "2015-07-24", "2015-07-31"])
    >>> from quanthedge.ledger import line_names
    >>> ledger = pd.DataFrame({"equity": [1.0, 1.0, 1.1, 1.21], "index_close": 1.0}, index=days)
    >>> ledger = ledger.assign(subscriptions=0, redemptions=0, distributions=0)
    >>> accrued = ("accrued_performance_fee", "accrued_fee_at_open")
    >>> ledger = ledger.assign(**dict.fromkeys((*line_names("fee"), *accrued), 0.0))
    >>> trailing_table(ledger)["net"].round(2).tolist()
    [0.1, 0.21, nan, nan, nan, nan, 0.21]
    """
    level = levels(ledger).loc[:end]
    days = pd.DatetimeIndex(level.index)
    rows: dict[str, dict[str, object]] = {}
    for name in TRAILING:
        at = _start(name, days)
        if at is None:
            rows[name] = {"start": pd.NaT, "end": pd.NaT, "days": 0}
            continue
        own = level.iloc[at:]
        grown = own.iloc[-1] / own.iloc[0]
        rows[name] = {
            "start": days[at],
            "end": days[-1],
            "days": len(own) - 1,
            **{basis: float(grown[basis]) - 1.0 for basis in ("net", "gross", "index")},
            "excess": float(grown["net"] / grown["index"]) - 1.0,
            "max_drawdown": float(drawdowns(own["net"]).min()),
        }
    table = pd.DataFrame.from_dict(rows, orient="index").reindex(columns=list(COLUMNS))
    table.index.name = "period"
    return table


def _start(name: str, days: pd.DatetimeIndex) -> int | None:
    """Return the position of a spell's first value; None where the run is shorter."""
    last = days[-1]
    if name == "inception":
        return 0
    new_year = pd.Timestamp(last.year - 1, 12, 31)
    begin = new_year if name == "year_to_date" else last - _STEPS[name]
    at = int(np.searchsorted(days.to_numpy(), begin.to_datetime64(), side="right")) - 1
    return at if at >= 0 else None
