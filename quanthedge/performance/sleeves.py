"""What each sleeve of a fund earned, and what the fund made of it."""

from typing import Literal

import numpy as np
import pandas as pd

from quanthedge.errors import DataError
from quanthedge.ledger import line_names, signed_lines
from quanthedge.performance.bridge import Bridge, By
from quanthedge.record import Record

__all__ = ["sleeve_bridge", "sleeve_figures"]


def sleeve_bridge(result: Record, by: By = "whole") -> pd.DataFrame:
    """Return where the change of equity came from, a line for each sleeve, yuan.

    Parameters
    ----------
    result : Record
        Of a fund with sleeves.
    by : "day", "week", "month", "year" or "whole"

    Returns
    -------
    DataFrame
        Indexed by the last day of each period. A column for each sleeve by its label, ``stocks``
        first: gain of its stocks, dividends and contracts less all that its trades, what it
        borrowed and its money cost. Then what is the fund's: ``interest`` of its treasury, fees and
        flows of investors with their sign, ``revaluation`` of suspended holdings,
        ``equity_change``, and ``residual``, the change less the sum of the lines, 0 to rounding.

    Raises
    ------
    DataError
        When the fund has no sleeves, or the period is another.

    Notes
    -----
    The money of a sleeve, its stocks, dividends to come and the part of the futures account that
    its margin is of that of all, is lent to it by the treasury at the rate of the stock account;
    what its part of the futures account earns is its own. The treasury has the rest of the fund's
    interest: that rate on all the money of the fund, and what the futures account earns without
    lots. So the parts are the fund's interest on every day, and a sleeve is what the fund would
    lack without it had its money stayed in the stock account.

    Examples
    --------
    >>> import quanthedge as qh
    >>> strategy = qh.load_strategy("market_neutral", ["selector.n=30"])
    >>> result = qh.backtest(strategy, qh.sample_market(), "2014-09-17", "2014-12-31")
    >>> sleeve_bridge(result)
    Traceback (most recent call last):
    quanthedge.errors.DataError: the fund has no sleeves beside its stocks; see `bridge`
    """
    ledger, earned = result.ledger, _of_sleeves(result, "earned")
    fund = signed_lines(ledger, ("interest", *line_names("fee"), *line_names("flow"))).iloc[1:]
    fund["interest"] -= _of_sleeves(result, "interest").sum(axis=1)
    daily = earned.join(fund)
    daily["revaluation"] = ledger["revaluation"].diff().iloc[1:]
    lines = list(daily.columns)
    daily["equity_change"] = ledger["equity"].diff().iloc[1:]
    daily["residual"] = daily["equity_change"] - daily[lines].sum(axis=1)
    return Bridge.by_period(daily, by)


def _of_sleeves(result: Record, what: Literal["earned", "interest"]) -> pd.DataFrame:
    """Return what each sleeve earned on each day, or its interest, in the order of the sleeves."""
    table = result.sleeves
    if table.empty:
        raise DataError("the fund has no sleeves beside its stocks; see `bridge`")
    found = table["interest"]
    if what == "earned":
        gain = table["stock_pnl"] + table["dividends"] + table["futures_pnl"] - _costs(table)
        found = gain + found
    order = list(dict.fromkeys(table["sleeve"]))
    days = pd.DatetimeIndex(table["date"].unique(), name="date")
    return pd.DataFrame(found.to_numpy().reshape(-1, len(order)), index=days, columns=order)


def _costs(table: pd.DataFrame) -> pd.Series:
    """Return what trades and borrowed stocks cost, yuan."""
    found: pd.Series = table["costs"] + table["lending_fee"]
    return found


def sleeve_figures(result: Record, by: By = "year") -> pd.DataFrame:
    """Return what each sleeve earned and tied up, by period.

    Parameters
    ----------
    result : Record
        Of a fund with sleeves.
    by : "month", "year" or "whole"

    Returns
    -------
    DataFrame
        A row for each period and sleeve: ``date`` (last day), ``sleeve``, ``days`` (with stocks or
        contracts at the close), ``gross_yuan``, ``costs_yuan``, ``net_yuan``, ``interest_yuan``
        (of its money, mostly below 0; as :func:`sleeve_bridge` has it), ``of_equity`` (net over the
        mean equity of the period, not annualised), ``capital_yuan`` (mean of stocks and margin, of
        borrowed stocks the collateral, over the days on which it held anything), ``on_capital``
        (net over that capital, not annualised; missing where there was none) and ``fall`` (largest
        fall of what it had earned within the period, of the mean equity).

    Raises
    ------
    DataError
        When the fund has no sleeves, or the period is another.

    Examples
    --------
    >>> import quanthedge as qh
    >>> strategy = qh.load_strategy("calendar_spread")
    >>> result = qh.backtest(strategy, qh.sample_market(), "2014-09-17", "2015-03-31")
    >>> sleeve_figures(result, "whole")["sleeve"].tolist()
    ['stocks', 'calendar']
    """
    _of_sleeves(result, "earned")  # asks whether there are any
    table = result.sleeves
    equity = result.ledger["equity"].iloc[1:]
    ends = Bridge.by_period(pd.DataFrame({"n": 1.0}, index=equity.index), by).index
    period = ends[np.searchsorted(ends, table["date"].to_numpy())]
    mean = equity.groupby(ends[np.searchsorted(ends, equity.index)]).mean()
    rows = [
        _figures(pd.Timestamp(str(end)), str(sleeve), part, float(mean[pd.Timestamp(str(end))]))
        for (end, sleeve), part in table.groupby([period, "sleeve"], sort=False, observed=True)
    ]
    return pd.DataFrame(rows)


def _figures(
    end: pd.Timestamp, sleeve: str, part: pd.DataFrame, equity: float
) -> dict[str, object]:
    gross = part["stock_pnl"] + part["dividends"] + part["futures_pnl"]
    costs = _costs(part)
    net = gross - costs
    capital = part["stock_value"] + part["cash_pledged"] + part["margin_required"]
    held = capital > 0
    tied = float(capital[held].mean()) if held.any() else 0.0
    path = net.cumsum()
    fall = float((path.cummax().clip(lower=0.0) - path).max())
    return {
        "date": end,
        "sleeve": sleeve,
        "days": int(held.sum()),
        "gross_yuan": float(gross.sum()),
        "costs_yuan": float(costs.sum()),
        "net_yuan": float(net.sum()),
        "interest_yuan": float(part["interest"].sum()),
        "of_equity": float(net.sum()) / equity,
        "capital_yuan": tied,
        "on_capital": float(net.sum()) / tied if tied else np.nan,
        "fall": fall / equity,
    }
