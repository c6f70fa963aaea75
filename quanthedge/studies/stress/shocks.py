"""Shocks to what the ledger is given: other prices, margins and suspensions from a day on.

A shock changes the inputs of the ledger and nothing else, so the fund meets it with the targets and
betas it had: nobody sees it coming. Prices before the day stay as they were.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from quanthedge.errors import StrategyError
from quanthedge.ledger import LedgerInputs
from quanthedge.typing import Floats

__all__ = ["basis_jump", "index_moves", "margin_rate", "suspensions"]


def _check_day(inputs: LedgerInputs, day: int, length: int = 1) -> None:
    """Raise StrategyError when a shock does not lie inside the span."""
    days = inputs.days.size
    if not 0 <= day <= days - length:
        raise StrategyError(
            f"stress: a shock of {length} days beginning on day {day} of a span of {days} days; "
            "accepted are days inside the span"
        )


def _scaled(panel: Floats, path: Floats) -> Floats:
    """Rows of prices times a factor a day, by day or by day and column."""
    return panel * (path[:, None] if path.ndim == 1 else path)


def index_moves(inputs: LedgerInputs, day: int, moves: Floats) -> LedgerInputs:
    """Return the inputs with the index, all stocks and futures moved on days from ``day`` on.

    Parameters
    ----------
    inputs : LedgerInputs
    day : int
        Day of the span on which the first move happens.
    moves : ndarray [k]
        Returns of the (first) index on the days ``day .. day + k - 1``, in place of the true ones.

    Notes
    -----
    Stocks and futures are multiplied by what turns the index's true return into the wanted one, the
    whole bar of the day, gap included; later days keep their true returns on the new level. Price
    limits of stocks and futures do not hold such a move back: the shock is on the safe side.
    """
    moves = np.asarray(moves, dtype=np.float64)
    _check_day(inputs, day, moves.size)
    level = inputs.hedge.index_level[:, 0]
    extra = np.ones(inputs.days.size + 1)  # row 0 = the day before the span
    for k, move in enumerate(moves):
        row = day + 1 + k
        extra[row] = (1.0 + move) * level[row - 1] / level[row]
    path = np.asarray(np.cumprod(extra), dtype=np.float64)
    return _moved(inputs, path)


def _moved(inputs: LedgerInputs, path: Floats) -> LedgerInputs:
    """Return inputs with all prices of the day in row t1 times path[t1], [T + 1]."""
    bars, futures, hedge = inputs.bars, inputs.futures, inputs.hedge
    today = path[1:]
    fields: dict[str, Any] = {
        name: _scaled(getattr(bars, name), today)
        for name in ("open", "high", "low", "close", "amount")
    }
    returns = hedge.index_return.copy()
    returns[1:] = (1.0 + returns[1:]) * path[1:] / path[:-1] - 1.0
    return inputs._replace(
        bars=bars._replace(
            **fields,
            pre_close=_scaled(bars.pre_close, path[:-1]),
            mark=_scaled(bars.mark, path),
        ),
        futures=futures._replace(
            fill_price=_scaled(futures.fill_price, today),
            settlement=_scaled(futures.settlement, path),
        ),
        hedge=hedge._replace(index_level=_scaled(hedge.index_level, path), index_return=returns),
    )


def basis_jump(inputs: LedgerInputs, day: int, jump: float) -> LedgerInputs:
    """Return the inputs with all futures ``jump`` (a fraction) dearer from the open of a day on.

    The jump of a contract fades in a straight line to nothing on its last trading day, where the
    delivery price is that of the index; contracts listed later begin without it.
    """
    _check_day(inputs, day)
    futures = inputs.futures
    path = np.ones(futures.settlement.shape)
    days = inputs.days.size
    today = np.arange(days)
    for c, end in enumerate(futures.last_day.tolist()):
        if end < day or not np.isfinite(futures.settlement[day, c]):
            continue
        left = (end - today) / max(1, end - day) if end < days else np.ones(days)
        path[1:, c] = np.where(today >= day, 1.0 + jump * left, 1.0)
    return inputs._replace(
        futures=futures._replace(
            fill_price=futures.fill_price * path[1:], settlement=futures.settlement * path
        )
    )


def margin_rate(inputs: LedgerInputs, day: int, rate: float) -> LedgerInputs:
    """Return the inputs with at least this margin rate from the settlement of a day on."""
    _check_day(inputs, day)
    rates = inputs.futures.margin_rate.copy()
    rates[day + 1 :] = np.maximum(rates[day + 1 :], rate)
    return inputs._replace(futures=inputs.futures._replace(margin_rate=rates))


def suspensions(
    inputs: LedgerInputs, day: int, length: int, share: float = 1.0, seed: int = 0
) -> LedgerInputs:
    """Return the inputs with a share of the stocks, drawn at random, not trading for some days.

    Their last close stays their mark; when they trade again they do so at their true prices.
    """
    _check_day(inputs, day, length)
    bars = inputs.bars
    drawn = np.random.default_rng(seed).random(bars.open.shape[1]) < share
    days = np.zeros(inputs.days.size, dtype=np.bool_)
    days[day : day + length] = True
    halted: NDArray[np.bool_] = np.logical_and.outer(days, drawn)
    fields: dict[str, Any] = {
        name: np.where(halted, np.nan, getattr(bars, name))
        for name in ("open", "high", "low", "close", "pre_close", "volume", "amount")
    }
    mark, factor = bars.mark.copy(), bars.adj_factor
    # Marks stay on the last close, in terms of the shares of the day.
    steps = factor[day, drawn] / factor[day + 1 : day + 1 + length, drawn]
    mark[day + 1 : day + 1 + length, drawn] = bars.mark[day, drawn] * steps
    return inputs._replace(bars=bars._replace(**fields, mark=mark))
