"""What every stock is exposed to at the close of every day: industry and ten styles.

Styles are those of the Barra family: size, mid size (the cube of size, without size), beta,
momentum, volatility (without beta and size), book yield, earnings yield, growth, leverage and
turnover (without size). Each is a factor of :mod:`quanthedge.factors`, its tails pulled in, mean 0
by market value and deviation 1 by number, 0 where it is undefined.

References
----------
J. Menchero, D. J. Orr, J. Wang (2011), The Barra US equity model (USE4), methodology notes.
"""

from collections.abc import Mapping
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from quanthedge.factors import Factor
from quanthedge.market import Market
from quanthedge.typing import Bools, Floats, Ints

__all__ = [
    "BETA",
    "MID_SIZE",
    "UNKNOWN",
    "Characteristics",
    "characteristics_of",
    "parents",
    "risk_styles",
    "style_exposures",
]

BETA, MID_SIZE, UNKNOWN = "beta", "mid_size", "unknown"
_WITHOUT = {"volatility": (BETA, "size"), "turnover": ("size",)}
_BETA_HALF_LIFE, _BETA_DAYS = 63.0, 60


@cache
def risk_styles() -> Mapping[str, Factor]:
    """Return the factors of the styles beside beta and mid size; made by whoever asks for them."""
    from quanthedge.factors import (
        BookYield,
        EarningsYield,
        Leverage,
        Momentum,
        ProfitGrowth,
        Size,
        Turnover,
        Volatility,
    )

    return {
        "size": Size(),
        "momentum": Momentum(),
        "volatility": Volatility(),
        "book_yield": BookYield(),
        "earnings_yield": EarningsYield(),
        "growth": ProfitGrowth(),
        "leverage": Leverage(),
        "turnover": Turnover(),
    }


class Characteristics(NamedTuple):
    """Arrays of a whole market, float32 where they are large.

    Attributes
    ----------
    returns : float32 [T, N]
        Of the day; NaN where not traded, or moved by more than any limit allows.
    size : float32 [T, N]
        Market value at the close; NaN for stocks that are not listed or gone.
    industry : int16 [T, N]
        Place in `industries`; the last one is the unknown one.
    styles : float32 [T, N, S]
    counted : bool [T, N]
        Whether the stock counts in the regression of the next day.
    missed : int16 [T, N]
        Days since the stock last traded, 0 on a day on which it did; since it was listed before.
    style_names, industries : tuple of str
    odd_moves : int
        Returns left out because no limit allows them: resumptions and relistings without one.
    """

    returns: NDArray[np.float32]
    size: NDArray[np.float32]
    industry: NDArray[np.int16]
    styles: NDArray[np.float32]
    counted: Bools
    missed: NDArray[np.int16]
    style_names: tuple[str, ...]
    industries: tuple[str, ...]
    odd_moves: int


def characteristics_of(
    market: Market,
    styles: Mapping[str, Factor] | None = None,
    *,
    winsorise: float = 0.01,
    seasoned_days: int = 60,
    largest_move: float = 0.11,
    universe: Bools | None = None,
) -> Characteristics:
    """Return returns, market values and exposures of all stocks and days.

    Parameters
    ----------
    market : Market
    styles : mapping of str to Factor, optional
        :func:`risk_styles` by default. Beta and mid size (of a style called size) are added.
    winsorise, seasoned_days
        As in :class:`quanthedge.RiskModel`.
    largest_move : float
        A return beyond it is no move of a day with a price limit and left out.
    universe : bool [T, N], optional
        Stocks that count in the regression; all that are listed long enough and not ST by default.

    Notes
    -----
    Row t uses what was known at the close of day t.
    """
    size, returns = _sizes(market), np.array(market.panel("simple_return"), dtype=np.float64)
    odd = np.abs(returns) > largest_move
    returns[odd] = np.nan
    rows = np.arange(len(market.dates))
    counted = rows[:, None] - market.list_index() + 1 >= seasoned_days
    counted &= np.isfinite(size) & ~np.asarray(market.panel("is_st"), dtype=np.bool_)
    if universe is not None:
        counted &= universe
    missed = _missed(np.asarray(market.panel("traded"), dtype=np.bool_), market.list_index())
    names, made = _styles(market, styles or risk_styles(), size, returns, winsorise)
    number, industries = _industries(market)
    return Characteristics(
        returns.astype(np.float32), size.astype(np.float32), number, made, counted,
        missed, names, industries, int(odd.sum()),
    )  # fmt: skip


def _missed(traded: Bools, listed: Ints) -> NDArray[np.int16]:
    """Return the days since each stock last traded, [T, N]; 0 before it is listed."""
    rows = np.arange(len(traded), dtype=np.int16)[:, None]
    last = np.maximum.accumulate(np.where(traded, rows, -1), axis=0)
    last = np.maximum(last, np.clip(listed - 1, -1, len(traded)))
    return np.asarray(np.maximum(rows - last, 0), dtype=np.int16)


def style_exposures(
    market: Market,
    styles: Mapping[str, Factor],
    rows: Ints,
    *,
    winsorise: float = 0.01,
    largest_move: float = 0.11,
) -> tuple[tuple[str, ...], NDArray[np.float32]]:
    """Return the styles' names, and what all stocks are exposed to on some days, [R, N, S].

    The same as rows of :func:`characteristics_of`, without its other days.
    """
    size, returns = _sizes(market), np.array(market.panel("simple_return"), dtype=np.float64)
    returns[(returns > largest_move) | (returns < -largest_move)] = np.nan
    return _styles(market, styles, size, returns, winsorise, rows)


def _sizes(market: Market) -> Floats:
    """Return market values, [T, N]; NaN for stocks that are not listed or gone."""
    rows = np.arange(len(market.dates))[:, None]
    mark = np.asarray(market.panel("mark"), dtype=np.float64)
    size = mark * np.asarray(market.panel("total_shares"), dtype=np.float64)
    alive = (rows < market.delist_index()) & (rows >= market.list_index())
    size[~((size > 0) & alive)] = np.nan
    return size


def _styles(
    market: Market,
    styles: Mapping[str, Factor],
    whole: Floats,
    returns: Floats,
    winsorise: float,
    rows: Ints | None = None,
) -> tuple[tuple[str, ...], NDArray[np.float32]]:
    """Return the styles' names, and their exposures on some days or all, [R, N, S]."""
    from quanthedge.risk.kernels.grades import grade, market_betas, orthogonal

    days, size = (np.arange(len(whole)), whole) if rows is None else (rows, whole[rows])
    names = [*styles, BETA, *([MID_SIZE] if "size" in styles else [])]
    made = np.zeros((*size.shape, len(names)), dtype=np.float32)
    known: dict[str, Bools] = {}

    def take(name: str, raw: Floats) -> None:
        grade(raw, size, winsorise, made[:, :, names.index(name)])
        if name in ("size", MID_SIZE, *_WITHOUT):
            known[name] = np.isfinite(raw)

    for name, factor in styles.items():
        take(name, np.asarray(factor.checked_exposure(market, days), dtype=np.float64))
    betas = np.empty(whole.shape)
    market_betas(returns, whole, _BETA_HALF_LIFE, _BETA_DAYS, betas)
    take(BETA, betas if rows is None else betas[rows])
    without: dict[str, tuple[str, ...]] = dict(_WITHOUT)
    if MID_SIZE in names:
        score = made[:, :, names.index("size")].astype(np.float64)
        take(MID_SIZE, np.where(known["size"], score * score * score, np.nan))
        without[MID_SIZE] = ("size",)
    for name, others in without.items():
        if name in names and all(other in names for other in others):
            places = np.array([names.index(other) for other in others], dtype=np.int64)
            orthogonal(made, size, known[name], names.index(name), places)
    return tuple(names), made


def _industries(market: Market) -> tuple[NDArray[np.int16], tuple[str, ...]]:
    """Return each stock's industry, [T, N], and their codes, those to come and "unknown" last."""
    if not market.has("industry"):
        shape = len(market.dates), len(market.codes)
        return np.zeros(shape, dtype=np.int16), (UNKNOWN,)
    number, known = market.industry()
    names = known["industry"].astype(str).tolist()
    # the vocabulary is public: a market that is cut off has the same axis
    names += sorted(set(market.industry_codes()) - set(names))
    found = np.asarray(number, dtype=np.int16)
    return np.where(found < 0, np.int16(len(names)), found), (*names, UNKNOWN)


def parents(
    industry: NDArray[np.int16], size: NDArray[np.float32], groups: int
) -> dict[int, Floats]:
    """Return where industries that appear on a day came from, by row: a map [groups, groups].

    Row g of a map holds the shares of market value that the stocks of industry g had in the
    industries of the day before; for industries that were there already it is themselves, for one
    that nobody is in any more nothing.
    """
    found: dict[int, Floats] = {}
    there = np.zeros((len(industry), groups), dtype=np.bool_)
    for t, row in enumerate(industry):
        there[t, np.unique(row[np.isfinite(size[t])])] = True
    there[:, -1] = False  # those of no known industry have no industry's return
    for t in (np.flatnonzero((there[1:] != there[:-1]).any(axis=1)) + 1).tolist():
        if not there[t - 1].any():
            continue
        map_ = np.diag((there[t] & there[t - 1]).astype(np.float64))
        for g in np.flatnonzero(there[t] & ~there[t - 1]).tolist():
            own = (industry[t] == g) & np.isfinite(size[t - 1])
            value = np.bincount(industry[t - 1, own], size[t - 1, own], minlength=groups)
            map_[g] = value / value.sum() if value.sum() > 0 else 0.0
        found[int(t)] = map_
    return found
