"""The figures of a client's paper that no statistic of a run is: spells, weeks, holdings, hedge.

Everything else comes from the summary and the tables of :mod:`quanthedge.performance`, which the
whole book reads too: what both say is the same number.
"""

import re
from typing import NamedTuple

import numpy as np
import pandas as pd

from quanthedge.performance import (
    Bridge,
    By,
    LedgerFigures,
    Spans,
    levels,
    long_leg,
    period_levels,
    years,
)
from quanthedge.record import Record
from quanthedge.rules import CALENDAR_DAYS_A_YEAR, IndexProduct

__all__ = [
    "Holdings",
    "contracts_held",
    "cumulative_values",
    "events",
    "hedge_cost",
    "holdings",
    "return_parts",
    "spells",
    "weekly_values",
]

_MONTH_OF_NAME = re.compile(r"[A-Z]+(\d{2})(\d{2})")


def spells(run: Record) -> pd.DataFrame:
    """Return the returns of the spells that the trade quotes, and of the month of the last day.

    Returns
    -------
    DataFrame
        Indexed by spell, "this_month" first: net, index, excess (geometric, of the stocks over
        the index). Spells that begin before the run are left out.
    """
    ledger = run.ledger
    table = Spans(ledger).trailing()
    table = table[table["days"] > 0][["start", "end", "net", "index"]]
    days, level = pd.DatetimeIndex(ledger.index), levels(ledger)
    before = days[-1].replace(day=1)
    start = days[max(0, int(days.searchsorted(before)) - 1)]
    grown = level.loc[days[-1]] / level.loc[start] - 1.0
    month = {"start": start, "end": days[-1], "net": grown["net"], "index": grown["index"]}
    table = pd.concat([pd.DataFrame([month], index=["this_month"]), table])
    leg = long_leg(ledger, run.trades)["excess"]
    ends = leg.reindex(table["end"]).to_numpy()
    return table.assign(excess=ends / leg.reindex(table["start"]).to_numpy() - 1.0)


def cumulative_values(run: Record) -> pd.Series:
    """Return the published unit value with all distributions added, day by day."""
    values: pd.Series = run.ledger["unit_value"]
    table = run.class_values
    own = table[table["share_class"] == "A"] if len(table) else table
    if not len(own):
        return values
    paid = (own["cumulative_unit_value"] - own["unit_value"]).set_axis(
        pd.DatetimeIndex(own["date"])
    )
    return values + paid.reindex(values.index).ffill().fillna(0.0)


def weekly_values(run: Record) -> pd.DataFrame:
    """Return unit value, cumulative value and return of each week of the last year.

    Returns
    -------
    DataFrame
        Indexed by the last trading day of each ISO week, the latest last: unit_value, cumulative,
        net (return since the week before, before rounding). The last week may be a part of one.
    """
    level = period_levels(levels(run.ledger)["net"], "weekly")
    found: pd.DataFrame = pd.DataFrame(
        {
            "unit_value": run.ledger["unit_value"].reindex(level.index),
            "cumulative": cumulative_values(run).reindex(level.index),
            "net": level.pct_change(fill_method=None),
        }
    ).iloc[1:]
    last_year = found.index > found.index[-1] - pd.DateOffset(years=1)
    return found[np.asarray(last_year)]


def return_parts(run: Record) -> pd.DataFrame:
    """Return what each part gave to the net return: of the last month, its year, the whole run.

    Returns
    -------
    DataFrame
        Indexed by part (see :meth:`quanthedge.performance.Bridge.six_parts`) and "return",
        their sum; columns this_month, year_to_date, inception. Empty where the index has days
        without a close.
    """
    if run.ledger["index_close"].isna().any():
        return pd.DataFrame()
    found = {}
    spans: dict[str, By] = {"this_month": "month", "year_to_date": "year", "inception": "whole"}
    for name, by in spans.items():
        table = Bridge(run).returns(by)
        last = table.iloc[[-1]]
        found[name] = Bridge.six_parts(last).iloc[0]
        found[name]["return"] = float(last["return"].iloc[0])
    days = run.ledger.index
    if days[0].year == days[-1].year:  # the year is the whole run
        found.pop("year_to_date")
    return pd.DataFrame(found)


def events(run: Record) -> dict[str, dict[str, str]]:
    """Return what befell the book up to the last day, by kind, with its counts as texts.

    Only kinds that there were: ``margin_cut`` (days on which lots were closed for lack of margin),
    ``delisting`` (holdings paid out), ``restated`` (stocks whose suspended shares were stated off
    their last close, and days).
    """
    trades, stated = run.trades, run.restated
    reason = trades["reason"].astype("str")
    cuts = trades.loc[reason == "margin_cut", "date"].nunique()
    gone = trades.loc[reason == "delisting", "code"].nunique()
    moved = stated[stated["adjustment_yuan"].abs() > 0.0]
    found = {
        "margin_cut": {"days": f"{cuts:,}"} if cuts else {},
        "delisting": {"stocks": f"{gone:,}"} if gone else {},
        "restated": {
            "stocks": f"{moved['code'].nunique():,}", "days": f"{moved['date'].nunique():,}"
        } if len(moved) else {},
    }  # fmt: skip
    return {name: counts for name, counts in found.items() if counts}


def hedge_cost(run: Record) -> float:
    """Return what basis and rolls took of the mean equity, a year; NaN where it is not known."""
    ledger = run.ledger
    if ledger["index_close"].isna().any() or not (ledger["lots"] != 0).any():
        return float("nan")
    taken = float(Bridge.six_parts(Bridge(run).yuan())["basis"].iloc[0])
    return -taken / LedgerFigures(ledger).mean_equity() / years(ledger)


class Holdings(NamedTuple):
    """What the fund held at the last close, shares of its equity.

    ``day`` is the last day whose stocks are recorded; ``names`` and ``top_ten`` are of that day.
    """

    stocks: float
    futures: float
    net_exposure: float
    gross_exposure: float
    hedge_ratio: float
    margin: float
    free_cash: float
    day: pd.Timestamp | None
    names: float
    top_ten: float


def holdings(run: Record) -> Holdings:
    """Return what the fund held at the last close."""
    last, exposed = run.ledger.iloc[-1], LedgerFigures(run.ledger).exposures().iloc[-1]
    equity, table = float(last["equity"]), run.positions
    cash = last["stock_cash"] + last["futures_cash"] - last["margin_required"]
    day = table["date"].max() if len(table) else None
    weights = table.loc[table["date"] == day, "weight"] if len(table) else pd.Series(dtype=float)
    return Holdings(
        stocks=float(last["stock_value"]) / equity,
        futures=float(last["futures_notional"]) / equity,
        net_exposure=float(exposed["net_exposure"]),
        gross_exposure=float(exposed["gross_exposure"]),
        hedge_ratio=float(exposed["hedge_ratio"]),
        margin=float(last["margin_required"]) / equity,
        free_cash=float(cash) / equity,
        day=day,
        names=float(len(weights)) if day is not None else float("nan"),
        top_ten=float(weights.nlargest(10).sum()) if day is not None else float("nan"),
    )


def contracts_held(run: Record) -> pd.DataFrame:
    """Return the futures held at the last close.

    Returns
    -------
    DataFrame
        A row a contract: contract, lots, share (of equity, below 0 when sold short), settlement,
        basis (points, settlement price less index), basis_share (of the index), basis_year (the
        same over the days to the third Friday of its month, a year); NaN where the index has no
        close or the month is over.
    """
    day, equity = run.ledger.index[-1], float(run.ledger["equity"].iloc[-1])
    table = run.contracts
    held = table[(table["date"] == day) & (table["lots"] != 0)]
    rows = []
    for row in held.to_dict("records"):
        price, index = float(row["settlement_price"]), _index_close(run, str(row["contract"]))
        share = price / index - 1.0
        days = _days_left(str(row["contract"]), day)
        rows.append(
            {
                "contract": row["contract"],
                "lots": int(row["lots"]),
                "share": -float(row["futures_notional"]) / equity,
                "settlement": price,
                "basis": price - index,
                "basis_share": share,
                "basis_year": share * CALENDAR_DAYS_A_YEAR / days if days > 0 else float("nan"),
            }
        )
    return pd.DataFrame(rows)


def _index_close(run: Record, contract: str) -> float:
    """Return the close of a contract's index on the last day; NaN where it is not known."""
    product = IndexProduct.of_contract(contract)
    code = product.index_code if product else ""
    if code == run.strategy.benchmark:
        return float(run.ledger["index_close"].iloc[-1])
    closes = run.indices
    return float(closes[code].iloc[-1]) if code in closes and len(closes) else float("nan")


def _days_left(contract: str, day: pd.Timestamp) -> int:
    """Return the calendar days to the third Friday of a contract's month."""
    named = _MONTH_OF_NAME.fullmatch(contract)
    if named is None:
        return 0
    first = np.datetime64(f"20{named[1]}-{named[2]}-01")
    third = np.busday_offset(first, 2, roll="forward", weekmask="Fri")
    return int((third - np.datetime64(day, "D")).astype(np.int64))
