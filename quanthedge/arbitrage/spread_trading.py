"""Calendar spreads traded by their deviation from fair value, one trade after the other.

An estimate, trade by trade: one spread at a time, margin not financed, no cash account, no mark to
market between entry and exit. The ledger is where money is counted; here is what a rule could have
earned before it goes there.
"""

from dataclasses import dataclass
from typing import Literal, NamedTuple, get_args

import numpy as np
import pandas as pd

from quanthedge.arbitrage.levels import refused_levels, spread_levels
from quanthedge.arbitrage.spread_costs import Fills, fees_of, lots_possible, margin_of
from quanthedge.arbitrage.spread_days import Live, Pair, live_pairs, spread_panel
from quanthedge.arbitrage.spread_fills import Fill, fill_prices, tradable
from quanthedge.arbitrage.spread_legs import Legs, legs_of
from quanthedge.arbitrage.spread_reversion import LEAST_WINDOW, mean_reversion
from quanthedge.errors import StrategyError
from quanthedge.market import Market
from quanthedge.rules import FuturesRules
from quanthedge.typing import Bools, Floats, Ints

__all__ = ["Rule", "spread_trades"]

Rule = Literal["z", "band", "carry"]
_LEGS_AND_SIDES = 4


class _Levels(NamedTuple):
    """Scores at which is traded, and how long is held."""

    entry: float
    exit: float
    stop: float
    most_days: int
    roll_days: int


@dataclass(frozen=True, eq=False)
class _Plan:
    """What the days of a walk need.

    ``near``, ``far`` [T]: the pair that is live, -1 = none. ``centre``, ``scale`` [T]: a deviation
    less the centre, over the scale, is a score. ``lots`` [T]: spreads that could be opened.
    """

    legs: Legs
    near: Ints
    far: Ints
    centre: Floats
    scale: Floats
    price: Floats
    buy: Bools
    sell: Bools
    lots: Ints
    levels: _Levels

    def score(self, t: int, near: int, far: int) -> float:
        """Return how many scales a pair's deviation is above the centre at the close of a day."""
        row, m, n = (np.array([one]) for one in (t, near, far))
        return float((self.legs.deviation(row, m, n)[0] - self.centre[t]) / self.scale[t])

    def can(self, t: int, near: int, far: int, side: int) -> bool:
        """Whether both legs could be traded on a day; side 1 buys the far one, -1 sells it."""
        bought, sold = (far, near) if side > 0 else (near, far)
        return bool(self.buy[t, bought] and self.sell[t, sold])


class _Trade(NamedTuple):
    """A spread from decision to exit, rows and contracts."""

    near: int
    far: int
    side: int
    decision: int
    entry: int
    exit_decision: int
    exit: int
    reason: str
    lots: int
    score_in: float
    score_out: float


def spread_trades(
    market: Market,
    product: str = "IF",
    *,
    pair: Pair = "front/next",
    rule: Rule = "z",
    entry: float | None = None,
    exit: float | None = None,
    stop: float | None = None,
    most_days: int = 20,
    roll_days: int = 5,
    window: int = 120,
    fill: Fill = "open",
    slippage_ticks: float = 1.0,
    lots: int = 1,
) -> pd.DataFrame:
    """Return what trading a calendar spread by its deviation would have earned, a row a trade.

    Parameters
    ----------
    market, product, pair
        As in :func:`quanthedge.spread_panel`.
    rule : {"z", "band", "carry"}
        What a score is. "z": the deviation from fair a year, less its long-run mean, over its
        long-run deviation (:func:`quanthedge.mean_reversion`); none where it does not revert.
        "band": less its mean of the window, over its standard deviation. "carry": the deviation
        itself, a fraction a year.
    entry, exit, stop : float, optional
        A score at or beyond `entry`, and within `stop`, is traded back to `exit`, or out at `stop`.
        By default 2, 0.5 and 4; for "carry" 0.03, 0.005 and 0.10.
    most_days : int
        Trading days after which a spread is given up, 1 or more.
    roll_days : int
        Trading days before the near contract's last by which the spread is closed, 1 or more.
    window : int
        Of the rules "z" and "band", days.
    fill : {"open", "close"}
        Both legs are traded at this price of the day after the decision.
    slippage_ticks : float
        Ticks lost a leg and side.
    lots : int
        Spreads wanted.

    Returns
    -------
    DataFrame
        product, near, far, side ("sell far" of a spread that is dear, "buy far" of one that is
        cheap), decision, entry, exit_decision, exit (days), held (trading days), reason (reverted,
        stop, time, roll, delivered, open), score_in, score_out, near_in, far_in, near_out, far_out
        (points), gross, fees, slippage, net (points a lot), margin (points a lot), net_on_margin
        (fraction), lots (that could be done), limited (fewer than wanted), net_yuan.

    Raises
    ------
    StrategyError
        An option is out of range.
    DataError
        As :func:`quanthedge.spread_panel`.

    Notes
    -----
    A decision is made at a close, of what was public then, and done on the next day if both legs
    could be traded (not at a limit against the order); an entry lapses else, an exit waits. After a
    stop, or time, nothing is opened before the score was within `entry`. A spread that is still
    open at the data's end is "open", valued at settlement as if it were closed there. Decisions at
    closes never open and close on one day, so that the dear fee of closing on the day is not met.
    An estimate trade by trade, and not the ledger.

    Examples
    --------
    >>> import quanthedge as qh
    >>> trades = qh.spread_trades(qh.sample_market(), "IF", pair="next/quarter", rule="carry")
    >>> trades[["near", "far", "side", "reason", "net"]].round(2).head(3)
         near     far     side    reason    net
    0  IF1402  IF1403  buy far      stop   7.99
    1  IF1403  IF1406  buy far      roll -20.15
    2  IF1404  IF1406  buy far  reverted  25.65
    """
    legs = legs_of(market, product)
    levels = _Levels(*spread_levels(rule, entry, exit, stop), most_days, roll_days)
    _check(rule, levels, window, fill, slippage_ticks, lots)
    rules = FuturesRules.between(product, legs.dates, account="speculative")
    panel = spread_panel(market, product, pair=pair, roll_days=roll_days)
    live = live_pairs(legs, pair, roll_days)
    plan = _plan(legs, live, _scores(panel, rule, window), rules, fill, lots, levels)
    return _table(_walk(plan), plan, rules, product, slippage_ticks, lots)


def _check(
    rule: str, levels: _Levels, window: int, fill: str, slippage_ticks: float, lots: int
) -> None:
    """Raise StrategyError for options outside what is accepted."""
    refused = refused_levels(levels.entry, levels.exit, levels.stop)
    wrong = {
        f"rule {rule!r}; accepted: {', '.join(get_args(Rule))}": rule not in get_args(Rule),
        refused: bool(refused),
        f"most_days {levels.most_days}; accepted: 1 or more": levels.most_days < 1,
        f"window {window}; accepted: {LEAST_WINDOW} or more": window < LEAST_WINDOW,
        f"fill {fill!r}; accepted: open, close": fill not in get_args(Fill),
        f"slippage_ticks {slippage_ticks}; accepted: 0 or more": not slippage_ticks >= 0.0,
        f"lots {lots}; accepted: 1 or more": lots < 1,
    }
    for text, found in wrong.items():
        if found:
            raise StrategyError(f"spread_trades: {text}")


def _scores(panel: pd.DataFrame, rule: Rule, window: int) -> tuple[Floats, Floats]:
    """Return the centre and the scale of deviations on each row of the panel."""
    values = panel["deviation_a_year"]
    if rule == "carry":
        return np.zeros(len(panel)), np.ones(len(panel))
    if rule == "band":
        rolled = values.rolling(window)
        return rolled.mean().to_numpy(), rolled.std().to_numpy()
    found = mean_reversion(values, panel["deviation_before"], window=window)
    return found["mean"].to_numpy(), found["sigma"].to_numpy()


def _plan(
    legs: Legs,
    live: Live,
    scores: tuple[Floats, Floats],
    rules: FuturesRules,
    fill: Fill,
    lots: int,
    levels: _Levels,
) -> _Plan:
    days = legs.dates.size
    near, far = np.full(days, -1, dtype=np.int64), np.full(days, -1, dtype=np.int64)
    near[live.rows], far[live.rows] = live.near, live.far
    price = fill_prices(legs, fill)
    buy, sell = tradable(legs, price, rules)
    centre, scale = (_carried(one, live.rows, days) for one in scores)
    able = lots_possible(rules, lots)
    return _Plan(legs, near, far, centre, scale, price, buy, sell, able, levels)


def _carried(values: Floats, rows: Ints, days: int) -> Floats:
    """Return values by day, the last live day's on days without a live pair."""
    result = np.full(days, np.nan)
    place = np.searchsorted(rows, np.arange(days), side="right") - 1
    result[place >= 0] = values[place[place >= 0]]
    return result


def _walk(plan: _Plan) -> list[_Trade]:
    """Go through the days, one spread at a time."""
    found: list[_Trade] = []
    t, armed = 0, True
    while t < plan.legs.dates.size - 1:
        side, score, armed = _signal(plan, t, armed)
        near, far = int(plan.near[t]), int(plan.far[t])
        if not side or not plan.lots[t + 1] or not plan.can(t + 1, near, far, side):
            t += 1
            continue
        trade = _held(plan, t, near, far, side, score)
        found.append(trade)
        armed = trade.reason not in ("stop", "time")
        t = trade.exit  # at this day's close the next one may be decided
    return found


def _signal(plan: _Plan, t: int, armed: bool) -> tuple[int, float, bool]:
    """Return the side to open at the close of a day (0 = none), the score, and whether one may."""
    levels = plan.levels
    if plan.near[t] < 0:
        return 0, np.nan, armed
    score = plan.score(t, int(plan.near[t]), int(plan.far[t]))
    if abs(score) < levels.entry:
        return 0, score, True
    beyond = levels.entry <= abs(score) < levels.stop
    # filled tomorrow, it is to be held for a night at least
    time = plan.legs.days_left[t, plan.near[t]] - 2 >= levels.roll_days
    return (-int(np.sign(score)) if armed and beyond and time else 0), score, armed


def _held(plan: _Plan, decision: int, near: int, far: int, side: int, score: float) -> _Trade:
    """Return the trade that a decision begins, with its exit."""
    entry, last = decision + 1, plan.legs.dates.size - 1
    trade = _Trade(near, far, side, decision, entry, last, last, "open", int(plan.lots[entry]),
                   score, np.nan)  # fmt: skip
    reason = ""
    for t in range(entry, last + 1):
        if not reason:
            now = plan.score(t, near, far)
            reason = _reason(plan, t, near, side, now, t - entry)
            trade = trade._replace(exit_decision=t, score_out=now)
        if plan.legs.days_left[t, near] == 0:
            return trade._replace(exit=t, reason="delivered")
        if reason and t < last and plan.can(t + 1, near, far, -side):
            return trade._replace(exit=t + 1, reason=reason)
    return trade


def _reason(plan: _Plan, t: int, near: int, side: int, score: float, held: int) -> str:
    """Return why a spread is to be closed at the close of a day, "" = it is not."""
    levels = plan.levels
    if plan.legs.days_left[t, near] - 1 <= levels.roll_days:
        return "roll"
    if side * score <= -levels.stop:
        return "stop"
    if side * score >= -levels.exit:
        return "reverted"
    return "time" if held + 1 >= levels.most_days else ""


_COLUMNS = {
    **dict.fromkeys(("product", "near", "far", "side"), "str"),
    **dict.fromkeys(("decision", "entry", "exit_decision", "exit"), "datetime64[s]"),
    "held": "int64", "reason": "str",
    **dict.fromkeys(
        ("score_in", "score_out", "near_in", "far_in", "near_out", "far_out", "gross", "fees",
         "slippage", "net", "margin", "net_on_margin"), "float64",
    ),
    "lots": "int64", "limited": "bool", "net_yuan": "float64",
}  # fmt: skip


def _table(
    trades: list[_Trade],
    plan: _Plan,
    rules: FuturesRules,
    product: str,
    slippage_ticks: float,
    wanted: int,
) -> pd.DataFrame:
    lost = _LEGS_AND_SIDES * slippage_ticks * rules.tick
    rows = [_row(one, plan, rules, product, lost, wanted) for one in trades]
    return pd.DataFrame(rows, columns=list(_COLUMNS)).astype(_COLUMNS)


def _row(
    one: _Trade, plan: _Plan, rules: FuturesRules, product: str, lost: float, wanted: int
) -> dict[str, object]:
    """Return a trade as a row, in points a lot and in yuan."""
    fills = _fills(one, plan)
    gross = one.side * ((fills.far[1] - fills.far[0]) - (fills.near[1] - fills.near[0]))
    fees = fees_of(fills, rules, one.lots, delivered=one.reason == "delivered")
    net = gross - fees - lost
    places = plan.legs.places[one.decision]
    margin = margin_of(fills, rules, (int(places[one.near]), int(places[one.far])))
    dates, names = plan.legs.dates, plan.legs.contracts
    days = {
        name: pd.Timestamp(dates[getattr(one, name)])
        for name in ("decision", "entry", "exit_decision", "exit")
    }
    return {
        "product": product, "near": names[one.near], "far": names[one.far],
        "side": "buy far" if one.side > 0 else "sell far", **days, "held": one.exit - one.entry,
        "reason": one.reason, "score_in": one.score_in, "score_out": one.score_out,
        "near_in": fills.near[0], "far_in": fills.far[0],
        "near_out": fills.near[1], "far_out": fills.far[1],
        "gross": gross, "fees": fees, "slippage": lost, "net": net, "margin": margin,
        "net_on_margin": net / margin, "lots": one.lots, "limited": one.lots < wanted,
        "net_yuan": net * rules.multiplier * one.lots,
    }  # fmt: skip


def _fills(one: _Trade, plan: _Plan) -> Fills:
    """Return the prices of a trade; at settlement where it was delivered or is still open."""
    out = plan.legs.mark if one.reason in ("delivered", "open") else plan.price
    near, far = (
        (float(plan.price[one.entry, m]), float(out[one.exit, m])) for m in (one.near, one.far)
    )
    return Fills(one.entry, one.exit, near, far)
