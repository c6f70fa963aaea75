"""Rules of the stock exchanges: duties, fees, lots and price limits by date, board and status.

Sources: notices of the exchanges, CSDC, CSRC and the Ministry of Finance as listed, row by row, in
``data/stock_*.csv`` and ``data/sources.csv``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from quanthedge.errors import RuleError
from quanthedge.rules.boards import Board
from quanthedge.rules.lookup import RuleReader, as_days
from quanthedge.rules.stock_limits import StockLimits, board_lots, new_share_delays
from quanthedge.rules.tables import CONFIDENCES, Row
from quanthedge.typing import Bools, Days, Floats

__all__ = ["StockRules"]


@dataclass(frozen=True)
class StockRules:
    """Rules of every day and stock of a run.

    Attributes
    ----------
    boards
        Names of the boards, by position.
    board, exchange
        Position in ``boards`` and in SSE, SZSE, BSE, int8 [N].
    lot, step
        Smallest number of shares that may be bought, and the step above it, int64 [N].
    tick
        Smallest change of price, yuan [N].
    stamp_duty_buy, stamp_duty_sell
        Fraction of the amount, [T].
    transfer_rate, transfer_par_rate, transfer_min_yuan
        Transfer fee: fraction of the amount, yuan a share (par value 1 yuan), and minimum of a
        trade, [T, 3] by exchange. The columns of exchanges without a stock in the run are NaN.
    exchange_rate
        Handling and regulatory fee, fraction of the amount, [T, 3] by exchange.
    limit_up, limit_down
        Price limits as fractions of the previous close, [T, C] by class: column = board * 2 +
        is_st, then those of :mod:`quanthedge.rules.stock_limits` (before the reform, particular
        transfer, ..). The columns of boards without a stock in the run are NaN; infinite = none.
    inward
        Whether limit prices are cut towards the previous close, not rounded half up, [N].
    list_delay
        Trading days after the ex-date on which new shares are listed, int64 [N].
    ipo_days, ipo_up, ipo_down
        Number of first trading days under the listing rule, int64 [N], and its limits against
        the reference (the previous close of the data; the issue price on the first day), [N].
        Infinite: no limit. NaN: the rule is not known, and a fill on such a day is a guess.
    used
        Every row that was used: table, key, from, to, value, confidence, source_ids, note.
    """

    boards: tuple[str, ...]
    board: NDArray[np.int8]
    exchange: NDArray[np.int8]
    lot: NDArray[np.int64]
    step: NDArray[np.int64]
    tick: Floats
    stamp_duty_buy: Floats
    stamp_duty_sell: Floats
    transfer_rate: Floats
    transfer_par_rate: Floats
    transfer_min_yuan: Floats
    exchange_rate: Floats
    limit_up: Floats
    limit_down: Floats
    inward: Bools
    list_delay: NDArray[np.int64]
    ipo_days: NDArray[np.int64]
    ipo_up: Floats
    ipo_down: Floats
    used: pd.DataFrame

    @classmethod
    def between(
        cls,
        dates: object,
        codes: Sequence[str] | NDArray[np.str_],
        list_dates: object,
        *,
        accept_confidence: str = CONFIDENCES,
        folder: Path | None = None,
    ) -> "StockRules":
        """Return the rules of all stocks on all days, looked up once.

        Parameters
        ----------
        dates
            Trading days of the run, [T], sorted.
        codes
            Stock codes, [N].
        list_dates
            Listing dates, [N]; NaT = not known, taken as listed long ago.
        accept_confidence
            Confidence letters of the rows that may be used. The default takes all, and ``used``
            shows each row with its letter, so that the caller can print the weak ones. ``"AB"``
            refuses weak rows (memory, disputed): a day that only such a row covers is an error.
        folder
            Tables of the user's own that replace packaged ones of the same name.

        Raises
        ------
        RuleError
            A day is not covered for an exchange or board after its first stock was listed, or a
            code is on no board.

        Notes
        -----
        Only dates and the facts of the day are used; nothing of the future.
        The brokers' part of the Shanghai transfer fee (2012-09 to 2015-07, 0.0003 of par value) is
        known from memory only: it is charged when M is accepted and left out otherwise.
        No listing rule is known for Shenzhen's boards from 2013-12-13 to 2014-06-12: the limits of
        the listing day are NaN. Before 1998-04-22 there was no ST status: its column shows the
        normal limits. Of a delisting period decided under the listing rules of 2020-12-31 the first
        day has no limit, on every board; the arrays show the limits of the days after it.
        """
        days = as_days(dates)
        places = np.array([Board.of(str(code)).places for code in codes], dtype=np.int8).reshape(
            -1, 2
        )
        exchange = np.ascontiguousarray(places[:, 0])
        board = np.ascontiguousarray(places[:, 1])
        listed = np.asarray(list_dates, dtype="datetime64[D]")
        if listed.shape != exchange.shape:
            raise RuleError(
                f"list_dates has shape {listed.shape}, codes {exchange.shape}: one each"
            )
        reader = StockLimits(days, accept_confidence, folder)

        duty = _stamp_duty(reader)
        fees = _fees(reader, [_live(days, listed[exchange == place]) for place in range(3)])
        by_board = [_live(days, listed[board == place]) for place in range(len(Board.NAMES))]
        limits = reader.by_class(by_board)
        lots, ticks = board_lots(reader, exchange, board)
        ipo_days, ipo_up, ipo_down = reader.listing(exchange, board, listed)
        return cls(
            boards=Board.NAMES,
            board=board,
            exchange=exchange,
            lot=lots[board, 0],
            step=lots[board, 1],
            tick=ticks[board],
            stamp_duty_buy=duty[0],
            stamp_duty_sell=duty[1],
            transfer_rate=fees[0],
            transfer_par_rate=fees[1],
            transfer_min_yuan=fees[2],
            exchange_rate=fees[3],
            limit_up=limits[0],
            limit_down=limits[1],
            inward=reader.inward()[exchange],
            list_delay=new_share_delays(reader)[exchange],
            ipo_days=ipo_days,
            ipo_up=ipo_up,
            ipo_down=ipo_down,
            used=reader.used(),
        )


def _live(days: Days, listed: Days) -> Bools | None:
    """Return the days from the first listing of a group on, [T]; None for an empty group."""
    if len(listed) == 0:
        return None
    if np.isnat(listed).any():
        return np.ones(len(days), np.bool_)
    live: Bools = days >= listed.min()
    return live


def _stamp_duty(reader: RuleReader) -> list[Floats]:
    """Return the duties of buyer and seller, one rate for all exchanges."""
    rows = reader.rows(
        "stock_stamp_duty",
        lambda row: row.cells["security"] == "A" and row.cells["exchange"] == "ALL",
    )
    return reader.series(rows, ("buy_rate", "sell_rate"))


def _fees(reader: RuleReader, live: list[Bools | None]) -> tuple[Floats, Floats, Floats, Floats]:
    """Return transfer rate, rate on par value, minimum, and exchange rate, [T, 3] each."""
    shape = (len(reader.days), len(Board.EXCHANGES))
    transfer, par, minimum, other = (np.full(shape, np.nan) for _ in range(4))
    for place, name in enumerate(Board.EXCHANGES):
        needed = live[place]
        if needed is None:
            continue
        rows = _fee_rows(reader, "transfer_fee", name)
        rate, least = reader.series(rows, ("buy_rate", "min_amount_cny"), needed)
        on_par = np.zeros(shape[0], np.bool_)
        for row in rows:
            if row.cells["basis"] == "par_value":
                on_par |= reader.mask(row)
        known = np.isfinite(rate)
        transfer[:, place] = np.where(on_par & known, 0.0, rate)
        par[:, place] = np.where(on_par & known, rate, np.where(known, 0.0, np.nan))
        minimum[:, place] = np.where(known, np.nan_to_num(least), np.nan)
        par[:, place] += _broker_part(reader, name)
        other[:, place] = sum(
            reader.series(_fee_rows(reader, fee, name), ("buy_rate",), needed)[0]
            for fee in ("handling_fee", "regulatory_fee")
        )
    return transfer, par, minimum, other


def _fee_rows(reader: RuleReader, fee: str, exchange: str) -> list[Row]:
    rows = reader.rows(
        "stock_fees",
        lambda row: row.cells["fee"] == fee and row.cells["exchange"] in (exchange, "ALL"),
    )
    for row in rows:
        if row.number("buy_rate") != row.number("sell_rate"):
            raise RuleError(
                f"stock_fees line {row.line}: {row.key} differs for buyer and seller; "
                "the ledger charges both sides alike, use one rate"
            )
    return rows


def _broker_part(reader: RuleReader, exchange: str) -> Floats:
    """Return what brokers added to the transfer fee on par value, 0 where not accepted, [T]."""
    extra = np.zeros(len(reader.days))
    for row in _fee_rows(reader, "transfer_fee_broker_part", exchange):
        if reader.accepts(row) and reader.mask(row).any():
            extra[reader.mask(row)] = row.number("buy_rate")
            reader.use(row, "buy_rate")
    return extra
