"""Labels: the return after a decision that could be earned, and the naive one beside it.

A decision of row t uses what is known by the close of that day. It is bought on the ``lag``-th day
after it and sold ``lag`` days after the end of its horizon, at the open, the close or the day's
average price. Nothing is bought in suspension or at the upper price limit; a sale that cannot be
done (suspension, lower limit) waits for the first day on which it can; a stock that is delisted
first pays a share of its last close. Dividends and splits are in both returns by ``adj_factor``.
Limits are those of the rule book by day, board and status (:class:`quanthedge.market.LimitPanel`).

Labels are the future by their nature: ``ends`` and ``ends_by`` say from which row on each is known.
"""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from quanthedge.errors import StrategyError
from quanthedge.labelling.decisions import Decisions, decision_rows
from quanthedge.labelling.genuine import LEAST, digest_of
from quanthedge.labelling.reasons import REASONS, SAME, reason_name
from quanthedge.market import LimitPanel, Market
from quanthedge.rules import Board, CostTerms, StockCosts
from quanthedge.typing import Bools, Floats, Ints, Language

if TYPE_CHECKING:
    from quanthedge.labelling.kernels import Bars, Costs

__all__ = ["Entry", "Labels", "labels"]

_NO_COST = "no cost"
Entry = Literal["open", "close", "vwap"]
Horizon = int | Literal["next"]


@dataclass(frozen=True, eq=False)
class Labels:
    """What a purchase after each decision earned, R decisions x N stocks.

    Attributes
    ----------
    market : Market
    rows : int64 [R]
        Rows of the decisions.
    value : float64 [R, N]
        Simple total return; of executable labels the one that could be earned, after costs where
        they are asked for. NaN where nothing could be bought, or it was not sold by the data's end.
    naive : float64 [R, N]
        Close of the decision to the close at the end of its horizon, the last mark standing in for
        a suspended stock; NaN where a stock has no price at the decision, or the end lies after
        the data.
    can_buy, can_sell : bool [R, N]
        Whether it could be bought on the day of entry, and sold on the planned day.
    reason : int8 [R, N]
        Why value and naive differ: position in ``REASONS``.
    begins, ends : int64 [R]
        Rows of entry and of the planned sale, the last price of the label; T where that lies after
        the data. Of naive labels the decision and the end of the horizon.
    ends_by : int32 [R, N]
        Row of the last price of each label: later than ``ends`` where a sale had to wait; T where
        it did not end.
    entry, lag, horizon, executable, cost
        How they were made; ``cost`` in words.
    own : str
        Digest of the returns that were given from outside; empty for the market's own.
    digest : str
        SHA-256 of all of this when it was made; evaluations refuse labels that were changed since.
        Empty for labels that :func:`labels` did not make.
    """

    market: Market
    rows: Ints
    value: Floats
    naive: Floats
    can_buy: Bools
    can_sell: Bools
    reason: NDArray[np.int8]
    begins: Ints
    ends: Ints
    ends_by: NDArray[np.int32]
    entry: Entry
    lag: int
    horizon: Horizon
    executable: bool
    cost: str
    own: str = ""
    digest: str = ""

    @property
    def charged(self) -> bool:
        """Return whether costs are taken off."""
        return self.cost != _NO_COST

    @property
    def definition(self) -> str:
        """Return how the labels are defined, in one line."""
        if self.own:
            return f"own returns {self.own[:8]}, beside {replace(self, own='').definition}"
        length = "to the next decision" if self.horizon == "next" else f"{self.horizon} days"
        if not self.executable:
            return f"close to close, {length}"
        cost = f", after {self.cost}" if self.charged else ""
        return f"{self.entry} of day t+{self.lag}, {length}, executable{cost}"

    def frame(self, name: Literal["value", "naive"] = "value") -> pd.DataFrame:
        """Return the labels as a table, dates x codes."""
        return pd.DataFrame(
            getattr(self, name),
            index=pd.DatetimeIndex(self.market.dates[self.rows], name="date"),
            columns=pd.Index(self.market.codes, name="code"),
        )

    def differences(self, where: Bools | None = None, language: Language = "en") -> pd.DataFrame:
        """Return why the naive return was not earned, and what it came to.

        Parameters
        ----------
        where : bool [R, N], optional
            Pairs that are asked of; all without it.
        language : "en" or "zh"

        Returns
        -------
        DataFrame
            A row for each reason that occurs: ``name``; ``pairs`` and their ``share``; means in
            basis points: ``naive_bp`` of the naive returns, ``executable_bp`` of those earned, and
            ``lost_bp``, naive less earned, of the pairs that have both.
        """
        asked = np.ones(self.value.shape, bool) if where is None else np.asarray(where, bool)
        if asked.shape != self.value.shape:
            raise StrategyError(
                f"where: shape {asked.shape}; accepted: {self.value.shape}, decisions x stocks"
            )
        rows = []
        for code in np.unique(self.reason[asked]):
            chosen = asked & (self.reason == code)
            naive, value = self.naive[chosen], self.value[chosen]
            rows.append(
                {
                    "reason": REASONS[code],
                    "name": reason_name(int(code), language),
                    "pairs": int(chosen.sum()),
                    "share": chosen.sum() / asked.sum(),
                    "naive_bp": _mean_bp(naive),
                    "executable_bp": _mean_bp(value),
                    "lost_bp": _mean_bp(naive - value),
                }
            )
        names = ["reason", "name", "pairs", "share", "naive_bp", "executable_bp", "lost_bp"]
        made = pd.DataFrame(rows, columns=names).set_index("reason")
        made.attrs["label"] = self.definition
        return made

    def check_unchanged(self) -> None:
        """Refuse labels that are no longer what they were: :func:`.genuine.check_unchanged`."""
        from quanthedge.labelling.genuine import check_unchanged

        check_unchanged(self)

    def check_plausible(self, of_market: "Labels", least: float = LEAST) -> None:
        """Refuse returns that are not their stocks' own: :func:`.genuine.check_plausible`."""
        from quanthedge.labelling.genuine import check_plausible

        check_plausible(self, of_market, least)


def labels(
    market: Market,
    rows: Decisions = "month",
    *,
    entry: Entry = "open",
    lag: int = 1,
    horizon: Horizon = "next",
    executable: bool = True,
    cost_bp: float = 0.0,
    costs: CostTerms | None = None,
    recovery: float = 1.0,
) -> Labels:
    """Return what a purchase of every stock after every decision earned.

    Parameters
    ----------
    market : Market
    rows : "month", "week", "day" or int [R]
        Decisions: the last trading days of months or weeks, every day, or rows. Each is made at the
        close of its day.
    entry : "open", "close" or "vwap"
        Price of purchase and sale; "vwap" is the day's amount over its volume.
    lag : int
        Trading days from the decision to the purchase, at least 1.
    horizon : int or "next"
        Trading days held; "next": until the next decision, so that the last one has no label.
    executable : bool
        False: ``value`` is the naive return.
    cost_bp : float
        Cost of each purchase and each sale, basis points of the amount.
    costs : CostTerms, optional
        Commission and slippage (as in a strategy's ``costs``) with duties and fees of the rule book
        on the day, in place of ``cost_bp``. Minima of an order are left out: its size is not known.
    recovery : float
        Share of the last close that is paid for a stock that is delisted before it is sold.

    Returns
    -------
    Labels

    Raises
    ------
    StrategyError
        A parameter is out of its range, or the rows are no days of the data.

    Examples
    --------
    >>> import quanthedge as qh
    >>> market = qh.sample_market()
    >>> made = qh.labels(market, "month", horizon=20)
    >>> made.differences()[["pairs", "lost_bp"]].round(1)
                          pairs  lost_bp
    reason
    same                     19      0.0
    timing                 3750    -10.8
    suspended                86      NaN
    limit_up                  4      NaN
    sold_late_suspended      47   -188.6
    sold_late_limit_down      6    573.9
    delisted                  3   -134.5
    not_sold                  2      NaN
    not_listed              283      NaN
    """
    from quanthedge.labelling.kernels import futures_of

    decided = decision_rows(market, rows)
    _check(entry, lag, horizon, cost_bp, recovery)
    if costs is not None and cost_bp:
        raise StrategyError("labels: cost_bp and costs; accepted: one of them")
    days = len(market.dates)
    if horizon == "next":
        until = np.append(decided[1:], days)
    else:
        until = np.minimum(decided + horizon, days)
    first = min(int(decided[0]) + lag, days - 1)
    bars = _bars(market, entry, first)
    charged = _flat_costs(market, first, cost_bp) if costs is None else _costs(market, first, costs)
    made = futures_of(decided, until, lag, float(recovery), bars, charged)
    found = Labels(
        market=market,
        rows=decided,
        value=made.value,
        naive=made.naive,
        can_buy=made.can_buy,
        can_sell=made.can_sell,
        reason=made.reason,
        begins=np.minimum(decided + lag, days),
        ends=np.minimum(until + lag, days),
        ends_by=made.ends_by,
        entry=entry,
        lag=lag,
        horizon=horizon,
        executable=executable,
        cost=_cost_in_words(cost_bp, costs),
    )
    if executable:
        return replace(found, digest=digest_of(found))
    wide = np.broadcast_to(until.astype(np.int32)[:, None], made.value.shape).copy()
    reason = np.where(np.isfinite(made.naive), np.int8(SAME), made.reason)
    found = replace(
        found, value=made.naive.copy(), reason=reason, begins=decided, ends=until, ends_by=wide
    )
    return replace(found, digest=digest_of(found))


def _cost_in_words(cost_bp: float, costs: CostTerms | None) -> str:
    if costs is not None:
        return "costs of the rule book"
    return f"{cost_bp:g} bp a side" if cost_bp else _NO_COST


def _check(entry: str, lag: int, horizon: Horizon, cost_bp: float, recovery: float) -> None:
    if entry not in ("open", "close", "vwap"):
        raise StrategyError(f"labels: entry {entry!r}; accepted: open, close, vwap")
    if not (_whole(lag) and lag >= 1):
        raise StrategyError(
            f"labels: lag {lag!r}; accepted: 1 or more trading days (a decision is made at its "
            "day's close, so that the next day is the first on which it can be bought)"
        )
    if horizon != "next" and not (_whole(horizon) and horizon >= 1):
        raise StrategyError(f"labels: horizon {horizon!r}; accepted: 1 or more days, or 'next'")
    if not 0 <= cost_bp < 10_000:  # all of the amount
        raise StrategyError(f"labels: cost_bp {cost_bp!r}; accepted: 0 to 10000 basis points")
    if not 0 <= recovery <= 1:
        raise StrategyError(f"labels: recovery {recovery!r}; accepted: 0 to 1 of the last close")


def _whole(number: object) -> bool:
    return isinstance(number, int | np.integer) and not isinstance(number, bool)


class _Prices(NamedTuple):
    price: Floats
    dearest: Floats
    cheapest: Floats


def _prices(market: Market, entry: Entry) -> _Prices:
    """Return the price of a day's orders, and the range in which they may have been done."""
    if entry != "vwap":
        price = market.panel(entry)
        return _Prices(price, price, price)
    volume = market.panel("volume")
    with np.errstate(divide="ignore", invalid="ignore"):
        price = np.where(volume > 0, market.panel("amount") / volume, np.nan)
    return _Prices(price, market.panel("high"), market.panel("low"))


def _bars(market: Market, entry: Entry, first: int) -> "Bars":
    from quanthedge.labelling.kernels import Bars

    limits = LimitPanel.of(market, first, len(market.dates) - 1)
    orders = _prices(market, entry)
    return Bars(
        orders.price,
        orders.dearest,
        orders.cheapest,
        market.panel("close"),
        market.panel("pre_close"),
        market.panel("mark"),
        market.panel("adj_factor"),
        market.delist_index(),
        first,
        limits.place,
        limits.up,
        limits.down,
        limits.inward,
    )


def _flat_costs(market: Market, first: int, cost_bp: float) -> "Costs":
    from quanthedge.labelling.kernels import Costs

    rate = np.full((len(market.dates) - first, 1), cost_bp / 1e4)
    return Costs(np.zeros(len(market.codes), np.int64), rate, rate, np.zeros_like(rate))


def _costs(market: Market, first: int, terms: CostTerms) -> "Costs":
    """Return the rule book's costs by day and exchange."""
    from quanthedge.labelling.kernels import Costs

    listed = market.list_index()
    after = market.dates[-1] + np.timedelta64(1, "D")
    dates = np.append(market.dates, after)[np.maximum(listed, 0)]
    dates[listed < 0] = np.datetime64("NaT")  # listed before the data
    known = StockCosts.between(market.dates[first:], market.codes, terms, list_dates=dates)
    by_exchange = replace(known, exchange=np.arange(known.transfer_rate.shape[1], dtype=np.int8))
    exchange = np.array([Board.of(str(code)).places[0] for code in market.codes], dtype=np.int64)
    return Costs(exchange, by_exchange.buy_rate, by_exchange.sell_rate, by_exchange.yuan_per_share)


def _mean_bp(returns: Floats) -> float:
    known = returns[np.isfinite(returns)]
    return float(known.mean()) * 1e4 if known.size else float("nan")
