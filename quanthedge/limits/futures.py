"""Limits on futures: lots opened in a day, lots held, quota, moves of the price."""

from typing import Any

import numpy as np
import pandas as pd

from quanthedge.limits.line import Refused, Standing, line, refused, spell
from quanthedge.performance import opened_lots
from quanthedge.rules import IndexProduct, Row, read_table

__all__ = ["futures_lines", "is_future", "lots_opened", "price_limit"]

_NO_LIMIT = float("nan")
_ONE_TICK = 1e-4  # 0.2 points of 2,000: limit prices are rounded inwards to a tick


def is_future(codes: pd.Series) -> pd.Series:
    """Return which codes are contracts."""
    place, names = pd.factorize(codes.astype("str"))
    named = np.array(
        [IndexProduct.of_contract(str(code)) is not None for code in names], dtype=np.bool_
    )
    return pd.Series(named[place], index=codes.index, name=codes.name)


def futures_lines(
    product: str,
    account: str,
    quota: int | None,
    days: pd.DatetimeIndex,
    trades: pd.DataFrame,
    refusals: pd.DataFrame,
    contracts: pd.DataFrame,
) -> list[dict[str, Any]]:
    """Return the lines of one product.

    Parameters
    ----------
    product, account, quota
        As the strategy has them.
    days : DatetimeIndex [T]
        Trading days of the run.
    trades, refusals, contracts : DataFrame
        As recorded.
    """
    mine = refusals[refusals["code"].astype("str").str.startswith(product)]
    opened = lots_opened(trades, product, days)
    held = _held(contracts, product, days)
    lines = _client(product, account, "daily_open", "open_limit", days, opened, mine)
    both = {"product": held, "contract": held}
    lines += _client(product, account, "position_speculative", "position_limit", days, both, mine)
    if account == "hedging":
        given = quota is not None
        lines.append(
            line(
                "hedge_quota", held, float(quota) if quota is not None else _NO_LIMIT, "at_most",
                "lots", standing="own" if given else "assumed", product=product,
                lost=_lost(mine, ("position_limit",)) if given else None,
                rule=next(r for r in read_table("fut_hedge_quota") if r.key == "quota_needed"),
            )
        )  # fmt: skip
    return lines + _moves(product, days, contracts, mine)


def lots_opened(trades: pd.DataFrame, product: str, days: pd.DatetimeIndex) -> dict[str, pd.Series]:
    """Return the lots opened on each day, short or long: of the product, and most in a contract."""
    codes = trades["code"].astype("str")
    opened = opened_lots(trades)[codes.str.startswith(product) & is_future(codes)]
    mine = trades.loc[opened.index]
    by_contract = opened.groupby([mine["date"], mine["code"].astype("str")]).sum()
    by_day = by_contract.groupby(level=0)
    return {
        per: found.astype(np.float64).reindex(days, fill_value=0.0)
        for per, found in (("product", by_day.sum()), ("contract", by_day.max()))
    }


def _held(contracts: pd.DataFrame, product: str, days: pd.DatetimeIndex) -> pd.Series:
    """Return the most lots held in one contract at each close."""
    mine = contracts[contracts["contract"].astype("str").str.startswith(product)]
    most = mine["lots"].abs().groupby(mine["date"]).max()
    return most.astype(np.float64).reindex(days, fill_value=0.0)


def _lost(refusals: pd.DataFrame, reasons: tuple[str, ...]) -> Refused:
    every = pd.Series(data=True, index=refusals.index)
    return refused(refusals, reasons, every, lots=True)


def _client(
    product: str,
    account: str,
    limit: str,
    reason: str,
    days: pd.DatetimeIndex,
    values: dict[str, pd.Series],
    refusals: pd.DataFrame,
) -> list[dict[str, Any]]:
    """Return a line for each spell of a limit on what one client may open or hold."""
    rows = [
        row
        for row in read_table("fut_limits")
        if row.cells["limit"] == limit and product in row.cells["products"].split(";")
    ]
    lines, free = [], pd.Series(data=True, index=days)
    for row in rows:
        inside = spell(days, row)
        if not len(inside):
            continue
        free[inside] = False
        exempt = account == "hedging" and row.cells["hedge_exempt"] in ("yes", "quota")
        standing: Standing = "exempt" if exempt else "binding"
        mine = refusals[refusals["date"].isin(inside)]
        lines.append(
            line(
                limit, values[row.cells["per"]].loc[inside], row.number("lots"), "at_most", "lots",
                standing=standing, product=product,
                lost=None if exempt else _lost(mine, (reason,)), rule=row,
            )
        )  # fmt: skip
    without = values["product"][free]
    if len(without):
        lines.insert(
            0, line(limit, without, _NO_LIMIT, "at_most", "lots", standing="none", product=product)
        )
    return lines


def price_limit(product: str, days: pd.DatetimeIndex) -> tuple[pd.Series, list[Row]]:
    """Return the daily price limit of a product's contracts by day, and the rows it comes from."""
    found, used = pd.Series(np.nan, index=days), []
    for row in read_table("fut_price_limit"):
        if row.cells["rule"] == "daily" and product in row.cells["products"].split(";"):
            inside = spell(days, row)
            if len(inside):
                found[inside] = row.number("up")
                used.append(row)
    return found, used


def _moves(
    product: str, days: pd.DatetimeIndex, contracts: pd.DataFrame, refusals: pd.DataFrame
) -> list[dict[str, Any]]:
    """Return how near the settlement prices of contracts held came to their price limit."""
    mine = contracts[contracts["contract"].astype("str").str.startswith(product)]
    prices = mine.pivot_table(index="date", columns="contract", values="settlement_price")
    lots = mine.pivot_table(index="date", columns="contract", values="lots")
    held = (lots.reindex(days).shift(1) != 0) & lots.reindex(days).shift(1).notna()
    move = prices.reindex(days).pct_change(fill_method=None).abs().where(held)
    largest = move.max(axis=1) if len(move.columns) else pd.Series(np.nan, index=days)
    lines = []
    for row in price_limit(product, days)[1]:
        inside = spell(days, row)
        stuck = refusals[refusals["date"].isin(inside)]
        lines.append(
            line(
                "futures_price", largest.loc[inside], row.number("up"), "at_most", "share",
                standing="binding", product=product,
                lost=_lost(stuck, ("limit_up", "limit_down")), same=_ONE_TICK, rule=row,
            )
        )  # fmt: skip
    return lines
