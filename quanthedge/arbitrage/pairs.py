"""Pairs inside industries, walked forward: chosen in one window, traded in the next.

Shares cannot be sold short in general: of two stocks that ran apart the cheap one is bought, and
what is left of the market is for the futures. The result is a long book.
"""

from typing import NamedTuple, get_args

import numpy as np
import pandas as pd

from quanthedge.arbitrage.kernels.pairs_states import REASONS, states
from quanthedge.arbitrage.levels import refused_levels
from quanthedge.arbitrage.pairs_deviation import deviations
from quanthedge.arbitrage.pairs_estimate import Purchase, estimate
from quanthedge.arbitrage.pairs_formation import NONE, Chosen, Method, Stocks, chosen
from quanthedge.arbitrage.pairs_trials import write_trials
from quanthedge.errors import DataError, StrategyError
from quanthedge.market import Market
from quanthedge.typing import Bools, Floats, Ints
from quanthedge.universe import IndexUniverse, Universe

__all__ = ["PairsBook", "pairs_targets"]

_LEAST_DAYS = 60  # of a formation
_LEAST_TRADED = 0.95  # of its days, for a stock to be looked at


class PairsBook(NamedTuple):
    """Targets of a long book of pairs, and how they came about.

    Attributes
    ----------
    weights : DataFrame [decision day, code]
        A row a day whose close changed the targets; fractions of the book, the rest is cash.
    trades : DataFrame
        A row a purchase: code, other (the stock that was dear; "" = the rest of the industry),
        industry, decision, exit_decision, reason (reverted, stop, left the universe: "left", end of
        the trading window, "open" at the data's end), entry, exit (days of the fills), done,
        waited_in, waited_out (days that a fill had to wait), gross, cost (fractions of the
        purchase), index (its return meanwhile), net = gross - cost - index.
    pairs : DataFrame
        A row a spread that was chosen: formation, code, other, industry, beta, mean, sigma, figure
        (what it was chosen by: mean squared distance, p, half-life), trades.
    tried : DataFrame
        A row a formation and industry: formation, industry, stocks, spreads (looked at), tested
        (with a p), chosen.
    """

    weights: pd.DataFrame
    trades: pd.DataFrame
    pairs: pd.DataFrame
    tried: pd.DataFrame


class _Window(NamedTuple):
    """A formation, the days on which it is traded, and what was held."""

    row: int
    last: int  # the last decision that it holds
    of: Chosen
    held: Ints  # [D, K]: 1 first, -1 second
    reason: Ints


class _Options(NamedTuple):
    method: Method
    formation_days: int
    trading_days: int
    most: int
    entry: float
    exit: float
    stop: float


def pairs_targets(
    market: Market,
    universe: Universe | None = None,
    *,
    method: Method = "distance",
    formation_days: int = 250,
    trading_days: int = 125,
    most: int = 20,
    entry: float = 2.0,
    exit: float = 0.0,
    stop: float | None = None,
    start: str | None = None,
    end: str | None = None,
    index: str = "000300.SH",
) -> PairsBook:
    """Return the targets of a long book of pairs inside industries, walked forward.

    Parameters
    ----------
    market : Market
        With industries.
    universe : Universe, optional
        Who may be looked at on a formation's day, and bought on a decision's; the members of the
        CSI 300 by default. What it leaves out (suspended, ST, newly listed) is not bought, and sold
        where it was held and trades.
    method : {"distance", "cointegration", "residual"}
        How spreads are chosen; see Notes.
    formation_days, trading_days : int
        Days that a choice is made of, 60 or more; decisions that it is traded for, 1 or more.
    most : int
        Spreads traded at once: a purchase takes 1 / most of the book.
    entry, exit : float
        Deviations at which the cheap side is bought, and sold again: 0 = when it has come back.
    stop : float, optional
        Deviation at which it is sold at a loss, above `entry`; none by default.
    start, end : date, optional
        First formation's day and last decision; as much as the market has by default.
    index : str
        That a purchase's return is set against in `trades`.

    Returns
    -------
    PairsBook
        weights, trades, pairs, tried.

    Raises
    ------
    StrategyError
        An option is out of range, or the universe is empty on a day.
    DataError
        Fewer days are there before `start` than a formation takes, or the market has no industries.

    Notes
    -----
    Stocks that traded on 95% of the window are looked at, those of one industry on the formation's
    day together. "distance" (Gatev, Goetzmann and Rouwenhorst): prices are 1 at the window's begin,
    dividends kept in; the `most` pairs with the least mean squared difference; z = difference / its
    deviation in the window. "cointegration" (Engle and Granger, a constant, one lag): of the 5 x
    `most` closest pairs those with p <= 5% and a slope above 0, the smallest p first; z = residual
    of log prices / its deviation. "residual" (Avellaneda and Lee, against the rest of the
    industry): stocks whose cumulated residuals revert, by the 90% interval, the fastest first;
    :func:`quanthedge.mean_reversion` gives mean and deviation; only cheap stocks are bought.

    A decision at a close uses that close and nothing later, and is done on the next day. All
    spreads of a window are closed by the decision with which the next one begins. Each call is a
    trial of the registry, and each test of cointegration is one with its p.

    Examples
    --------
    >>> import quanthedge as qh
    >>> from quanthedge.universe import AllUniverse
    >>> book = qh.pairs_targets(qh.sample_market(), AllUniverse(), most=10, start="2014-06-03")
    >>> book.tried[["spreads", "chosen"]].sum().tolist()  # compared, and traded
    [1470, 40]
    >>> bool(book.weights.sum(axis=1).max() < 1.0 + 1e-9)
    True
    """
    options = _Options(
        method, formation_days, trading_days, most, entry, exit, np.inf if stop is None else stop
    )
    _check(options)
    first, last = _span(market, options, start, end)
    asked = IndexUniverse() if universe is None else universe
    rows = np.arange(first, last + 1, dtype=np.int64)
    mask, _ = asked.mask(market, rows)
    stocks = _stocks(market)
    windows = [
        _window(stocks, row, min(row + trading_days, last + 1) - 1, mask, first, options)
        for row in range(first, last + 1, trading_days)
    ]
    write_trials(market, options._asdict(), mask, [(one.row, one.of) for one in windows], last)
    trades = estimate(market, _purchases(windows, last), index)
    trades["industry"] = _names(market, trades["industry"])
    return PairsBook(
        _weights(market, windows, most), trades, _pairs(market, windows), _tried(market, windows)
    )


def _check(options: _Options) -> None:
    """Raise StrategyError for options outside what is accepted."""
    refused = refused_levels(options.entry, options.exit, options.stop)
    wrong = {
        f"method {options.method!r}; accepted: {', '.join(get_args(Method))}": (
            options.method not in get_args(Method)
        ),
        f"formation_days {options.formation_days}; accepted: {_LEAST_DAYS} or more": (
            options.formation_days < _LEAST_DAYS
        ),
        f"trading_days {options.trading_days}; accepted: 1 or more": options.trading_days < 1,
        f"most {options.most}; accepted: 1 or more": options.most < 1,
        refused: bool(refused),
    }
    for text, found in wrong.items():
        if found:
            raise StrategyError(f"pairs_targets: {text}")


def _span(market: Market, options: _Options, start: str | None, end: str | None) -> tuple[int, int]:
    """Return the first formation's row and the last decision's."""
    least = options.formation_days - 1
    if len(market.dates) <= least:
        raise DataError(
            f"pairs_targets: a formation takes {least + 1} days, and the market has "
            f"{len(market.dates)}; lower formation_days"
        )
    first, last = market.span(
        market.dates[least] if start is None else start,
        market.dates[-1] if end is None else end,
    )
    if first < least:
        raise DataError(
            f"pairs_targets: a formation takes {least + 1} days, and {first + 1} are there by "
            f"{market.dates[first]}; start on {market.dates[least]} or later"
        )
    return first, last


def _stocks(market: Market) -> Stocks:
    returns = np.nan_to_num(np.asarray(market.panel("simple_return"), dtype=np.float64))
    traded = np.asarray(market.panel("traded"), dtype=np.bool_)
    return Stocks(returns, traded, market.industry()[0].astype(np.int64))


def _window(
    stocks: Stocks, row: int, last: int, mask: Bools, first: int, options: _Options
) -> _Window:
    """Return a formation and what its spreads hold after each decision, `row` to `last`."""
    days = options.formation_days
    often = stocks.traded[row - days + 1 : row + 1].mean(axis=0) >= _LEAST_TRADED
    of = chosen(stocks, row, days, often & mask[row - first], options.method, options.most)
    z = deviations(stocks, row, days, last, of, options.method)
    here = slice(row - first, last - first + 1)
    traded = stocks.traded[row : last + 1]
    may, gone = mask[here] & traded, traded & ~mask[here]
    other = np.where(of.second == NONE, of.first, of.second)
    both = traded[:, of.first] & traded[:, other]
    held, reason = states(
        z, may[:, of.first] & both, may[:, other] & both & (of.second != NONE),
        gone[:, of.first], gone[:, other], options.entry, options.exit, options.stop,
    )  # fmt: skip
    return _Window(row, last, of, held, reason)


def _purchases(windows: list[_Window], last: int) -> list[Purchase]:
    """Return every purchase with its two decisions, in the order of the first."""
    found = []
    for one in windows:
        held = np.vstack([np.zeros_like(one.held[:1]), one.held, np.zeros_like(one.held[:1])])
        begins = np.argwhere((held[1:-1] != 0) & (held[:-2] == 0))
        for d, k in begins:
            ends = int(np.argmax(one.held[d:, k] == 0))  # 0: none of them
            out = one.row + d + ends if ends else one.last + 1
            found.append(_purchase(one, int(d), int(k), out, last))
    return sorted(found, key=lambda p: (p.decision, p.stock, p.other))


def _purchase(one: _Window, d: int, k: int, out: int, last: int) -> Purchase:
    """Return the purchase of spread k on decision d of a window, ended by the decision `out`."""
    pair = (int(one.of.first[k]), int(one.of.second[k]))
    stock, other = pair if one.held[d, k] > 0 else pair[::-1]
    if out <= one.last:
        reason = REASONS[one.reason[out - one.row, k]]
    else:
        reason = "end" if out <= last else "open"
    return Purchase(stock, other, int(one.of.industry[k]), one.row + d, min(out, last), reason)


def _weights(market: Market, windows: list[_Window], most: int) -> pd.DataFrame:
    """Return the target weights on the days on which they change."""
    rows = np.concatenate([np.arange(one.row, one.last + 1) for one in windows])
    weights = np.concatenate([_held_weights(one, len(market.codes), most) for one in windows])
    changed = np.ones(rows.size, dtype=np.bool_)
    changed[1:] = (weights[1:] != weights[:-1]).any(axis=1)
    used = weights.any(axis=0)
    return pd.DataFrame(
        weights[np.ix_(changed, used)],
        index=pd.DatetimeIndex(market.dates[rows[changed]], name="date"),
        columns=pd.Index(market.codes[used], name="code"),
    )


def _held_weights(one: _Window, stocks: int, most: int) -> Floats:
    """Return the weights after each decision of a window, [D, N]; several spreads add up."""
    counts = np.zeros((len(one.held), stocks), dtype=np.int64)
    for k, (first, second) in enumerate(zip(one.of.first, one.of.second, strict=True)):
        counts[:, first] += one.held[:, k] > 0
        if second != NONE:
            counts[:, second] += one.held[:, k] < 0
    result: Floats = counts / most
    return result


def _names(market: Market, numbers: pd.Series) -> pd.Series:
    """Return the codes of industries by number."""
    codes = market.industry()[1]["industry"].astype(str)
    return numbers.map(lambda number: codes.loc[number]).astype("str")


def _pairs(market: Market, windows: list[_Window]) -> pd.DataFrame:
    parts = []
    for one in windows:
        of, codes = one.of, np.append(market.codes, "")
        started = (one.held != 0) & (np.vstack([one.held[:1] * 0, one.held[:-1]]) == 0)
        parts.append(
            pd.DataFrame(
                {
                    "formation": pd.Timestamp(market.dates[one.row]),
                    "code": codes[of.first], "other": codes[of.second], "industry": of.industry,
                    "beta": of.beta, "mean": of.mean, "sigma": of.sigma, "figure": of.figure,
                    "trades": started.sum(axis=0),
                }
            )
        )  # fmt: skip
    table = pd.concat(parts, ignore_index=True)
    table["industry"] = _names(market, table["industry"])
    return table


def _tried(market: Market, windows: list[_Window]) -> pd.DataFrame:
    rows = []
    for one in windows:
        for industry, (stocks, spreads) in one.of.tried.items():
            rows.append(
                (pd.Timestamp(market.dates[one.row]), industry, stocks, spreads,
                 one.of.tests.get(industry, 0), int((one.of.industry == industry).sum()))
            )  # fmt: skip
    columns = ["formation", "industry", "stocks", "spreads", "tested", "chosen"]
    table = pd.DataFrame(rows, columns=columns)
    table["industry"] = _names(market, table["industry"])
    return table
