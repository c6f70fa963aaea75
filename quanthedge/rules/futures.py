"""Rules of CFFEX index futures: contract, margin, fees and limits by date.

Sources: CFFEX notices as listed, row by row, in ``data/fut_*.csv`` and ``data/sources.csv``.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from quanthedge.errors import RuleError
from quanthedge.rules.lookup import RuleReader, as_days
from quanthedge.rules.tables import CONFIDENCES, Row
from quanthedge.typing import Bools, Floats

__all__ = ["FuturesRules"]

Account = Literal["hedging", "speculative"]
Side = Literal["short", "long"]
_SUBJECT: Final = {"fut_fees": "fee", "fut_limits": "limit", "fut_price_limit": "rule"}


@dataclass(frozen=True)
class FuturesRules:
    """Rules of one product on every day of a run.

    Attributes
    ----------
    product, account
        As asked for.
    multiplier
        Yuan a point.
    tick
        Points.
    margin, margin_quarter
        Exchange minimum margin of a position of the side asked for, a fraction of the value, [T]:
        in the two nearest contracts listed on the day (the current and the next month), and in the
        two quarter months after them. They differed for IF until 2012-06-28 only. A change is valid
        from the settlement of its day, and so at its close.
    fee_rate, close_today_rate
        Fraction of the traded value to open or close, and to close what was opened on the day,
        [T].
    order_fee_yuan
        Yuan for each order message, [T].
    delivery_fee_rate
        Fraction of the delivery value, [T].
    limit
        Daily price limit as a fraction of the previous settlement price, [T].
    limit_last_day, limit_listing_day
        The limit that takes its place on a contract's last trading day, and on the listing day of
        a quarter-month contract (there against the listing reference price), [T].
    position_limit, daily_open_limit
        Lots that one client may hold on one side, and open in a day, [T]; NaN: no limit. Hedges
        are exempt: what they may hold is their quota, granted to each client by the exchange.
    position_limit_per, daily_open_limit_per
        What the lots are counted over: "contract" (each contract by itself), "product" (all its
        contracts together) or "" where there is no limit, str [T].
    larger_side
        Whether margin is asked on the larger of all long and all short lots only, also across the
        products of the index, [T]; else on both sides.
    used
        Every row that was used, as in :class:`~quanthedge.rules.StockRules`.
    """

    product: str
    account: Account
    multiplier: float
    tick: float
    margin: Floats
    margin_quarter: Floats
    fee_rate: Floats
    close_today_rate: Floats
    order_fee_yuan: Floats
    delivery_fee_rate: Floats
    limit: Floats
    limit_last_day: Floats
    limit_listing_day: Floats
    position_limit: Floats
    position_limit_per: NDArray[np.str_]
    daily_open_limit: Floats
    daily_open_limit_per: NDArray[np.str_]
    larger_side: Bools
    used: pd.DataFrame

    @classmethod
    def between(
        cls,
        product: str,
        dates: object,
        *,
        account: Account = "hedging",
        side: Side = "short",
        accept_confidence: str = CONFIDENCES,
        folder: Path | None = None,
    ) -> "FuturesRules":
        """Return the rules of a product on all days, looked up once.

        Parameters
        ----------
        product
            IF, IH, IC or IM.
        dates
            Days of the run, [T], sorted, none before the product's listing.
        account
            ``"hedging"`` (hedging margin, exempt from opening and position limits within its quota)
            or ``"speculative"``.
        side
            Of the position whose margin is asked for: ``"short"`` or ``"long"``.
        accept_confidence, folder
            As in :meth:`~quanthedge.rules.StockRules.between`.

        Raises
        ------
        RuleError
            The product is unknown, a day is not covered, or only by a row that is not accepted.

        Examples
        --------
        >>> rules = FuturesRules.between("IF", ["2015-09-02", "2015-09-07"])
        >>> rules.multiplier, rules.margin.tolist()
        (300.0, [0.1, 0.2])
        """
        if account not in ("hedging", "speculative"):
            raise RuleError(f"account {account!r}; accepted: hedging, speculative")
        if side not in ("short", "long"):
            raise RuleError(f"side {side!r}; accepted: short, long")
        reader = RuleReader(as_days(dates), accept_confidence, folder)
        contract = _contract(reader, product)
        if contract.first is not None and reader.days[0] < np.datetime64(contract.first, "D"):
            raise RuleError(
                f"{product} was listed on {contract.first}; {reader.days[0]} is before; "
                "start the run later or hedge with an older product"
            )
        reader.use(contract, "multiplier_cny_per_point", "tick_points")
        fee = _series(reader, "fut_fees", "open_close", product)
        limit, limit_last_day, limit_listing_day = (
            _series(reader, "fut_price_limit", rule, product)
            for rule in ("daily", "last trading day", "listing day of a quarter-month contract")
        )
        position, position_per = _client_limit(reader, "position_speculative", product, account)
        opening, opening_per = _client_limit(reader, "daily_open", product, account)
        return cls(
            product=product,
            account=account,
            multiplier=contract.number("multiplier_cny_per_point"),
            tick=contract.number("tick_points"),
            margin=_margin(reader, product, "two nearest", account, side),
            margin_quarter=_margin(reader, product, "two quarter months", account, side),
            fee_rate=fee,
            close_today_rate=_close_today(reader, product, fee),
            order_fee_yuan=np.nan_to_num(
                _optional(reader, _of(reader, "fut_fees", "order_fee", product), "rate")
            ),
            delivery_fee_rate=_series(reader, "fut_fees", "delivery", product),
            limit=limit,
            limit_last_day=limit_last_day,
            limit_listing_day=limit_listing_day,
            position_limit=position,
            position_limit_per=position_per,
            daily_open_limit=opening,
            daily_open_limit_per=opening_per,
            larger_side=_larger_side(reader),
            used=reader.used(),
        )


def _contract(reader: RuleReader, product: str) -> Row:
    rows = reader.rows("fut_contracts", lambda row: True)
    for row in rows:
        if row.cells["product"] == product:
            return row
    known = ", ".join(row.cells["product"] for row in rows)
    raise RuleError(f"fut_contracts: no product {product!r}; known: {known}")


def _margin(reader: RuleReader, product: str, tier: str, account: Account, side: Side) -> Floats:
    """Return the margin of a side's position in the contracts of a tier, [T]."""
    rows = reader.rows(
        "fut_margin",
        lambda row: row.cells["product"] == product and row.cells["contracts"] in ("all", tier),
    )
    kind = "hedge" if account == "hedging" else "spec"
    return reader.series(rows, (f"{kind}_{side}",))[0]


def _of(reader: RuleReader, table: str, what: str, product: str) -> list[Row]:
    """Return the rows of a table about one thing, named in its first key column, and product."""
    column = _SUBJECT[table]
    return reader.rows(
        table,
        lambda row: row.cells[column] == what and product in row.cells["products"].split(";"),
    )


def _series(reader: RuleReader, table: str, what: str, product: str) -> Floats:
    """Return the rate or limit of each day; every day must be covered."""
    column = "down" if table == "fut_price_limit" else "rate"
    return reader.series(_of(reader, table, what, product), (column,))[0]


def _optional(reader: RuleReader, rows: list[Row], column: str) -> Floats:
    """Return a series that need not cover all days: NaN where there is no such rule."""
    reader.forbid_refused(rows, (column,))
    none_needed = np.zeros(len(reader.days), np.bool_)
    return reader.series(rows, (column,), none_needed)[0]


def _close_today(reader: RuleReader, product: str, fee: Floats) -> Floats:
    """Return the close-today fee; "same as open_close" in the table is the ordinary fee."""
    rows = _of(reader, "fut_fees", "close_today", product)
    same = [row for row in rows if row.cells["rate"] == "same as open_close"]
    own = [row for row in rows if row.cells["rate"] != "same as open_close"]
    ordinary = np.zeros(len(reader.days), np.bool_)
    for row in same:
        if reader.mask(row).any():
            ordinary |= reader.mask(row)
            reader.use(row, "rate")
    reader.forbid_refused(same, ("rate",))
    return np.where(ordinary, fee, reader.series(own, ("rate",), ~ordinary)[0])


def _larger_side(reader: RuleReader) -> Bools:
    found = np.zeros(len(reader.days), np.bool_)
    for row in reader.rows("fut_hedge_quota", lambda row: row.key == "cross_product_netting"):
        if reader.accepts(row) and reader.mask(row).any():
            found |= reader.mask(row)
            reader.use(row, "value")
    return found


def _client_limit(
    reader: RuleReader, limit: str, product: str, account: Account
) -> tuple[Floats, NDArray[np.str_]]:
    """Return the lots that one client may hold or open and what they are counted over.

    Rows that exempt hedges, wholly or within their quota, do not bind a hedging account.
    """
    rows = _of(reader, "fut_limits", limit, product)
    if account == "hedging":
        rows = [row for row in rows if row.cells["hedge_exempt"] not in ("yes", "quota")]
    lots = _optional(reader, rows, "lots")
    per = np.full(len(reader.days), "", dtype="<U8")
    for row in rows:
        if row.cells["per"] not in ("contract", "product"):
            raise RuleError(
                f"fut_limits line {row.line}: per is {row.cells['per']!r}; "
                "accepted: contract, product"
            )
        per[reader.mask(row)] = row.cells["per"]
    return lots, per
