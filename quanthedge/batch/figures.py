"""The figures of a run straight from the ledger's rows: those of its summary, without its tables.

A summary asks for tables of every trade and for resampled returns, which take longer than the
ledger itself. Here are the same definitions (:mod:`quanthedge.performance`, whose names they bear)
on arrays, for sweeps of many runs; a figure that cannot be stated is NaN. The tests hold each one
against the summary's.
"""

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd

from quanthedge.batch.variant import SERIES
from quanthedge.ledger import LINES, layout, line_names
from quanthedge.performance import MINIMUM_DAYS, NO_MOVE, Pair
from quanthedge.rules import CALENDAR_DAYS_A_YEAR, TRADING_DAYS_A_YEAR
from quanthedge.typing import Bools, Days, Floats, Ints

__all__ = ["Rows", "figures_of", "series_of"]

_STILL = 1e-12  # a spread below it is none
_STILL_SQUARED = 1e-24
_HIGHEST = 1.0 - 1e-12
_NAN = float("nan")
_FLOWS = [line for line in LINES if line.kind == "flow"]


class Rows(NamedTuple):
    """What figures are made of: T days and the day before.

    Attributes
    ----------
    dates : datetime64[D] [T + 1]
    ledger : float64 [T, columns]
        Rows of the ledger, of the days that were run.
    index_close : float64 [T + 1]
        Of the benchmark; NaN where it is missing.
    capital_yuan, initial_unit_value, risk_free : float
    trades : int
    refusals : int64 [reasons]
    """

    dates: Days
    ledger: Floats
    index_close: Floats
    capital_yuan: float
    initial_unit_value: float
    risk_free: float
    trades: int
    refusals: Ints


def series_of(rows: Rows) -> pd.DataFrame:
    """Return the daily series of a run, [T + 1] rows of :data:`quanthedge.batch.SERIES`."""
    first = rows.initial_unit_value
    equity, gross = _with_first(rows.capital_yuan, _column(rows, "equity")), _gross_value(rows)
    columns = (
        _with_first(first, _column(rows, "unit_value")),
        _with_first(first, _column(rows, "unit_value_before_accrual")),
        gross,
        equity,
        rows.index_close,
    )
    dates = pd.DatetimeIndex(rows.dates.astype("datetime64[ms]"), name="date")
    return pd.DataFrame(np.column_stack(columns), index=dates, columns=list(SERIES))


def _gross_value(rows: Rows) -> Floats:
    """Return the unit value before all fees as the ledger's table chains it, [T + 1]."""
    equity = _with_first(rows.capital_yuan, _column(rows, "equity"))
    growth = (equity[1:] + _sum(rows, line_names("fee"))) / (equity[:-1] + _flows(rows))
    return np.asarray(rows.initial_unit_value * np.append(1.0, np.cumprod(growth)))


def figures_of(rows: Rows) -> dict[str, float]:
    """Return the figures of a run by the names of :class:`quanthedge.performance.Summary`.

    Notes
    -----
    Of the summary's figures, those that need neither resampling nor the dates of a drawdown.
    """
    days = len(rows.ledger)
    returns = _daily(rows)
    levels = {name: np.append(1.0, np.cumprod(1.0 + returns[name])) for name in ("net", "gross")}
    levels["index"] = rows.index_close / rows.index_close[0]
    found = dict(_balances(rows))
    found |= _of_returns(rows, returns, levels)
    found |= _of_risk(rows, returns, levels)
    found |= _beside_index(rows.dates, levels)
    found |= _of_exposure(rows)
    found |= _of_trading(rows)
    for name in [*found]:
        if days < MINIMUM_DAYS and name.startswith(_ONLY_LONG):
            found[name] = _NAN
    return {name: float(value) for name, value in found.items()}


# what the summary leaves out below so many days
_ONLY_LONG = (
    "annual_return", "geometric_excess_year", "volatility", "downside_deviation", "sharpe",
    "sortino", "calmar", "skewness", "kurtosis", "tracking_error", "information_ratio",
    "probabilistic_sharpe", "turnover", "paid_per_year",
)  # fmt: skip


def _column(rows: Rows, name: str) -> Floats:
    return np.asarray(rows.ledger[:, layout.column(name)])


def _with_first(first: float, values: Floats) -> Floats:
    return np.concatenate([[first], values])


def _sum(rows: Rows, names: tuple[str, ...]) -> Floats:
    total = np.zeros(len(rows.ledger))
    for name in names:
        total = total + _column(rows, name)
    return total


def _flows(rows: Rows) -> Floats:
    """Return what investors brought less what they took, [T] yuan."""
    total = np.zeros(len(rows.ledger))
    for line in _FLOWS:
        total = total + line.sign * _column(rows, line.name)
    return total


def _daily(rows: Rows) -> dict[str, Floats]:
    """Return the daily returns net, gross and of the index, [T] each."""
    equity = _with_first(rows.capital_yuan, _column(rows, "equity"))
    before = equity[:-1] + _flows(rows)
    opening = _column(rows, "accrued_fee_at_open")
    accrued = _column(rows, "accrued_performance_fee")
    with np.errstate(divide="ignore", invalid="ignore"):
        return {
            "net": (equity[1:] - accrued) / (before - opening) - 1.0,
            "gross": (equity[1:] + _sum(rows, line_names("fee"))) / before - 1.0,
            "index": rows.index_close[1:] / rows.index_close[:-1] - 1.0,
        }


def _years(rows: Rows) -> float:
    return float((rows.dates[-1] - rows.dates[0]).astype(np.int64)) / CALENDAR_DAYS_A_YEAR


def _balances(rows: Rows) -> Iterator[tuple[str, float]]:
    last = rows.ledger[-1]
    yield "trading_days", len(rows.ledger)
    yield "opening_equity", rows.capital_yuan
    yield "closing_equity", last[layout.EQUITY_]
    yield "unit_value_net", last[layout.UNIT_VALUE_]
    yield "unit_value_before_accrual", last[layout.BEFORE_ACCRUAL_]
    yield "unit_value_gross", _gross_value(rows)[-1]
    yield "high_water_mark", last[layout.HWM_]
    yield "accrued_performance_fee", last[layout.ACCRUED_]
    yield "interest", _column(rows, "interest").sum()


def _of_returns(
    rows: Rows, returns: dict[str, Floats], levels: dict[str, Floats]
) -> dict[str, float]:
    span, net, index = _years(rows), levels["net"], levels["index"]
    found = {}
    for name, level in levels.items():
        found[f"return_{name}"] = level[-1] / level[0] - 1.0
        found[f"annual_return_{name}"] = _annual(level[-1] / level[0], span)
    ratio = (net[-1] / net[0]) / (index[-1] / index[0])
    found["geometric_excess_period"] = ratio - 1.0
    found["geometric_excess_year"] = (
        ratio ** (1.0 / span) - 1.0 if ratio > 0.0 and span > 0.0 else _NAN
    )
    found["excess_drawdown"] = _depths(net / index / (net[0] / index[0])).min()
    for every, ends in _period_ends(rows.dates).items():
        own = returns["net"] if every == "daily" else _changes(net[ends])
        own = own[~np.isnan(own)]
        found[f"win_rate_{every}"] = (own > NO_MOVE).mean() if own.size else _NAN
    daily = _known(_changes(net))
    gains, losses = daily[daily > NO_MOVE], daily[daily < -NO_MOVE]
    both = gains.size and losses.size
    found["profit_loss_ratio"] = gains.mean() / -losses.mean() if both else _NAN
    found["best_day"] = daily.max() if daily.size else _NAN
    found["worst_day"] = daily.min() if daily.size else _NAN
    return found


def _annual(growth: float, span: float) -> float:
    if not growth > 0.0 or span <= 0.0:
        return _NAN
    exponent = np.log(growth) / span
    return float(np.expm1(exponent)) if exponent < 700.0 else _NAN


def _changes(level: Floats) -> Floats:
    return np.asarray(level[1:] / level[:-1] - 1.0)


def _known(values: Floats) -> Floats:
    return np.asarray(values[~np.isnan(values)])


def _depths(level: Floats) -> Floats:
    """Return level over highest level so far less 1; what is within a rounding is no fall."""
    known = _known(level)
    if not known.size:
        return np.full(1, _NAN)
    depth = known / np.maximum.accumulate(known) - 1.0
    depth[depth >= -NO_MOVE] = 0.0
    return np.asarray(depth)


def _of_risk(rows: Rows, returns: dict[str, Floats], levels: dict[str, Floats]) -> dict[str, float]:
    found: dict[str, float] = {"risk_free": rows.risk_free}
    span = _years(rows)
    for name, daily in returns.items():
        values = _known(daily)
        spread = _spread(values)
        below = _below(values, rows.risk_free)
        gain = values.mean() * TRADING_DAYS_A_YEAR - rows.risk_free if values.size else _NAN
        found[f"volatility_{name}"] = spread
        found[f"downside_deviation_{name}"] = below
        found[f"sharpe_{name}"] = gain / spread if spread > _STILL else _NAN
        found[f"sortino_{name}"] = gain / below if below > _STILL else _NAN
        depths = _depths(levels[name])
        depth = depths.min()
        annual = _annual(levels[name][-1] / levels[name][0], span)
        found[f"max_drawdown_{name}"] = depth
        found[f"calmar_{name}"] = annual / -depth if depth < 0.0 else _NAN
        if name == "net":
            found["longest_drawdown_trading"] = _longest(depths < 0.0)
        if name != "gross":
            finite = values[np.isfinite(values)]
            found[f"skewness_{name}"] = _moment(finite, 3)
            found[f"kurtosis_{name}"] = _moment(finite, 4) - 3.0
    away = _known(returns["net"] - returns["index"])
    error = _spread(away)
    found["tracking_error"] = error
    mean = away.mean() * TRADING_DAYS_A_YEAR if away.size else _NAN
    found["information_ratio"] = mean / error if error > _STILL else _NAN
    found["probabilistic_sharpe"] = _probabilistic(
        _known(returns["net"]) - rows.risk_free / TRADING_DAYS_A_YEAR
    )
    return found


def _spread(values: Floats) -> float:
    if values.size < 2:
        return _NAN
    return float(np.std(values, ddof=1) * np.sqrt(TRADING_DAYS_A_YEAR))


def _below(values: Floats, risk_free: float) -> float:
    if values.size < 2:
        return _NAN
    below = np.minimum(0.0, values - risk_free / TRADING_DAYS_A_YEAR)
    return float(np.sqrt(TRADING_DAYS_A_YEAR * np.mean(below**2)))


def _longest(below: Bools) -> float:
    """Return the most trading days from a peak until it was reached again, or the last day."""
    edges = np.diff(np.concatenate([[False], below, [False]]).astype(np.int8))
    starts, stops = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
    if not starts.size:
        return _NAN
    lengths = stops - starts
    k = int(np.argmax(lengths))
    return float(min(int(stops[k]), below.size - 1) - (int(starts[k]) - 1))


def _moment(values: Floats, order: Literal[3, 4]) -> float:
    """Return a standardised central moment, population form; NaN without variation."""
    if values.size < 2:
        return _NAN
    away = values - values.mean()
    spread = float(np.sqrt(np.mean(away**2)))
    if spread <= 1e-15 * max(1.0, float(np.abs(values).max())):
        return _NAN
    scaled = away / spread
    squared = scaled * scaled  # powers by multiplication: the general one takes ten times as long
    return float(np.mean(squared * (scaled if order == 3 else squared)))


def _probabilistic(values: Floats) -> float:
    from scipy.special import ndtr

    spread = float(values.std(ddof=1)) if values.size > 2 else 0.0
    if not spread > _STILL:
        return _NAN
    ratio = float(values.mean()) / spread
    g3, g4 = _moment(values, 3), _moment(values, 4)
    error = np.sqrt(max(1e-12, 1.0 - g3 * ratio + (g4 - 1.0) / 4.0 * ratio**2))
    return float(ndtr(ratio * np.sqrt(values.size - 1) / error))


@lru_cache(maxsize=64)
def _ends(days: bytes) -> dict[str, Ints]:
    dates = np.frombuffer(days, dtype="datetime64[D]")
    labels = {
        "daily": np.arange(dates.size),
        "weekly": (dates.astype(np.int64) + 3) // 7,
        "monthly": dates.astype("datetime64[M]").astype(np.int64),
    }
    found = {}
    for every, label in labels.items():
        last = np.append(label[1:] != label[:-1], True)
        last[0] = True
        found[every] = np.flatnonzero(last)
    return found


def _period_ends(dates: Days) -> dict[str, Ints]:
    """Return the rows that end a day, an ISO week, a month; the opening row in front."""
    return _ends(np.ascontiguousarray(dates, dtype="datetime64[D]").tobytes())


def _beside_index(dates: Days, levels: dict[str, Floats]) -> dict[str, float]:
    found = {}
    for formula, name, measure in (
        ("correlation_accrued", "net", _correlation),
        ("correlation_before_fees", "gross", _correlation),
        ("beta", "net", _slope),
    ):
        for every, ends in _period_ends(dates).items():
            own, index = _changes(levels[name][ends]), _changes(levels["index"][ends])
            both = ~(np.isnan(own) | np.isnan(index))
            found[f"{formula}_{every}"] = (
                measure(own[both], index[both]) if both.sum() >= Pair.FEWEST else _NAN
            )
    return found


def _correlation(y: Floats, x: Floats) -> float:
    if min(y.std(ddof=1), x.std(ddof=1)) < _STILL:
        return _NAN
    dx, dy = x - x.mean(), y - y.mean()
    r = (dx @ dy) / np.sqrt((dx @ dx) * (dy @ dy))
    return float(np.clip(r, -_HIGHEST, _HIGHEST))


def _slope(y: Floats, x: Floats) -> float:
    if not np.var(x) > _STILL_SQUARED:
        return _NAN
    dx = x - x.mean()
    return float((dx * (y - y.mean())).sum() / (dx * dx).sum())


def _of_exposure(rows: Rows) -> dict[str, float]:
    stocks, futures = _column(rows, "stock_value"), _column(rows, "futures_notional")
    equity, margin = _column(rows, "equity"), _column(rows, "margin_required")
    beta = _column(rows, "book_beta")
    cash = _column(rows, "stock_cash") + _column(rows, "futures_cash") - margin
    with np.errstate(divide="ignore", invalid="ignore"):
        columns = {
            "hedge_ratio": futures / np.where(stocks > 0.0, stocks, np.nan),
            "net_exposure": (stocks - futures) / equity,
            "gross_exposure": (stocks + np.abs(futures)) / equity,
            "book_beta": beta,
            "net_beta": (beta * stocks - futures) / equity,
            "margin": margin / equity,
            "free_cash": cash / equity,
        }
    return _three(columns)


def _three(columns: dict[str, Floats]) -> dict[str, float]:
    """Return mean, lowest and highest of columns, of the days on which they are known."""
    kinds: tuple[tuple[str, Callable[[Floats], float]], ...] = (
        ("mean", np.mean),
        ("lowest", np.min),
        ("highest", np.max),
    )
    found = {}
    for name, column in columns.items():
        known = _known(column)
        for kind, measure in kinds:
            value = float(measure(known)) if known.size else _NAN
            found[f"{name}_{kind}"] = value if np.isfinite(value) else _NAN
    return found


def _of_trading(rows: Rows) -> dict[str, float]:
    span, mean = _years(rows), _column(rows, "equity").mean()
    bought, sold = _column(rows, "bought").sum(), _column(rows, "sold").sum()
    found = {
        "turnover": (bought + sold) / mean / span if span > 0.0 else _NAN,
        "bought": bought,
        "sold": sold,
        "trades": float(rows.trades),
        **_three({"names": _column(rows, "names")}),
        "refusals": float(rows.refusals.sum()),
    }
    for reason, count in zip(layout.REFUSAL_REASONS, rows.refusals.tolist(), strict=True):
        if count:
            found[f"refusals_{reason}"] = float(count)
    paid = {
        name: float(_column(rows, name).sum()) for name in (*line_names("cost"), *line_names("fee"))
    }
    costs, fees = (
        sum(paid[name] for name in names) for names in (line_names("cost"), line_names("fee"))
    )
    paid |= {"trading_costs": costs, "fund_fees": fees, "costs_and_fees": costs + fees}
    scale = mean * span if span > 0.0 else _NAN
    for name, yuan in paid.items():
        found[f"paid_{name}"] = yuan
        found[f"paid_per_year_{name}"] = yuan / scale
    return found
