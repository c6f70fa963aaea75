"""The tables of an evaluation, each from the series behind it."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import numpy as np
import pandas as pd

from quanthedge.evaluation.evidence import (
    DECAY_DAYS,
    EARNED,
    NAIVE,
    SIZES,
    Evidence,
    variance_inflation,
)
from quanthedge.evaluation.regimes import STATES
from quanthedge.evaluation.significance import (
    LAGS,
    MeanTest,
    false_discovery,
    mean_test,
    newey_west_t,
)
from quanthedge.labelling import REASONS, reason_name
from quanthedge.typing import Floats, Ints, Language

if TYPE_CHECKING:
    from quanthedge.evaluation.evaluation import Evaluation

__all__ = ["Legs", "legs_of", "part_of"]

_KEYS = ["universe", "factor"]
_FEWEST_WINDOWS = 3
_NOT_BOUGHT = ("suspended", "limit_up", "no_price", "limit_unknown")
_SOLD_LATE = ("sold_late_suspended", "sold_late_limit_down", "sold_late_other", "delisted",
              "not_sold")  # fmt: skip


class Legs(NamedTuple):
    """Returns of a factor's long leg by decision, [R]; NaN where the label is not known.

    ``top`` is the label of the top quantile, ``cost`` what its trades cost, ``gross`` and ``net``
    are less the universe, ``hedged`` is after cost less beta times the future.
    """

    top: Floats
    cost: Floats
    gross: Floats
    net: Floats
    hedged: Floats
    beta: Floats


def part_of(table: pd.DataFrame, *keys: str) -> pd.DataFrame:
    """Return the rows of a table under the first of its keys."""
    return cast(pd.DataFrame, cast(Any, table.loc)[keys])


def legs_of(e: "Evaluation", found: Evidence, k: int) -> Legs:
    """Return the long leg of the k-th factor."""
    top = found.quantiles[k, EARNED, -1]
    cost = np.nan_to_num(found.changes[k]) * e.cost_bp / 1e4
    beta = found.beta[k] if e.beta == "book" else np.full(len(top), float(e.beta))
    gross = top - found.market
    return Legs(top, cost, gross, gross - cost, top - cost - beta * e.hedge_returns, beta)


def _ic_test(e: "Evaluation", found: Evidence, k: int, target: int = NAIVE) -> MeanTest:
    """Return the test of a factor's mean IC."""
    return mean_test(found.ic[k, target], e.lags)


def _each(e: "Evaluation") -> Iterator[tuple[str, Evidence, int, str]]:
    for universe, found in e.universes.items():
        for k, name in enumerate(e.factors.names):
            yield universe, found, k, name


def _stated(e: "Evaluation", rows: list[dict[str, Any]], keys: list[str]) -> pd.DataFrame:
    """Return rows as a table that says what it is of."""
    frame = pd.DataFrame(rows)
    # levels in the order of the rows, so that pandas finds them sorted
    places = [pd.factorize(frame[key]) for key in keys]
    frame = frame.drop(columns=keys).set_axis(
        pd.MultiIndex(
            levels=[there.tolist() for _, there in places],
            codes=[code.tolist() for code, _ in places],
            names=keys,
        )
    )
    dates = e.labels.market.dates[e.labels.rows]
    frame.attrs |= {
        "market": e.labels.market.name,
        "first": str(dates[0]),
        "last": str(dates[-1]),
        "decisions": len(dates),
        "universes": list(e.universes),
        "label": e.labels.definition,
        "cost_bp": e.cost_bp,
        "hedge": e.hedge or "none",
        "beta": e.beta,
        "neutral": list(e.neutral),
        "tried": e.tried,
        "notes": list(e.notes),
    }
    return frame


def _mean(values: Floats) -> float:
    known = values[np.isfinite(values)]
    return float(known.mean()) if known.size else float("nan")


def _total(values: Floats) -> float:
    known = values[np.isfinite(values)]
    return float(known.sum()) if known.size else float("nan")


# -- the ranking


def ranking(e: "Evaluation") -> pd.DataFrame:
    """Return a row for each universe and factor, best first."""
    inflation = {name: variance_inflation(one.correlation) for name, one in e.universes.items()}
    rows = []
    for universe, found, k, name in _each(e):
        row = {"universe": universe, "factor": name, **_about(e, found, k), **_ics(e, found, k)}
        row |= _earned(e, found, k) | _habits(e, found, k)
        row["vif"] = float(inflation[universe][k])
        added = mean_test(found.incremental_ic[k], e.lags)
        rows.append(row | {"incremental_ic": added.mean, "incremental_t": added.t})
    for row, q in zip(rows, false_discovery([row["p"] for row in rows], e.tried), strict=True):
        row["q"] = float(q)
    by = "long_net" if e.hedge is None else "long_minus_hedge"
    return _stated(e, _best_first(e, rows, by), _KEYS)


def screening(e: "Evaluation") -> pd.DataFrame:
    """Return a row for each universe and factor of what is there without any further work."""
    rows = []
    for universe, found, k, name in _each(e):
        row = {"universe": universe, "factor": name, **_about(e, found, k)}
        row |= _plain_ics(e, found, k) | _spread(e, found, k) | _turned(e, found, k)
        rows.append(row)
    for row, q in zip(rows, false_discovery([row["p"] for row in rows], e.tried), strict=True):
        row["q"] = float(q)
    return _stated(e, _best_first(e, rows, "t"), _KEYS)


def _best_first(e: "Evaluation", rows: list[dict[str, Any]], by: str) -> list[dict[str, Any]]:
    """Return the rows of each universe by one of their figures, the highest first."""
    count = len(e.factors.names)
    ordered = []
    for first in range(0, len(rows), count):
        part = rows[first : first + count]
        ordered += sorted(part, key=lambda row: -np.nan_to_num(row[by], nan=-np.inf))
    return ordered


def _about(e: "Evaluation", found: Evidence, k: int) -> dict[str, Any]:
    labelled = np.isfinite(found.quantiles[k, EARNED, -1])
    dates = e.labels.market.dates[np.minimum(e.labels.begins, len(e.labels.market.dates) - 1)]
    inside = dates[labelled]
    return {
        "family": e.factors.families[k],
        "sign": int(e.factors.signs[k]),
        "months": int(labelled.sum()),
        "first": str(inside[0]) if inside.size else "",
        "last": str(inside[-1]) if inside.size else "",
        "coverage": _mean(found.coverage[k]),
    }


def _plain_ics(e: "Evaluation", found: Evidence, k: int) -> dict[str, float]:
    plain = _ic_test(e, found, k)
    return {
        "ic": plain.mean,
        "icir": plain.mean / plain.deviation if plain.deviation > 0 else float("nan"),
        "t": plain.t,
        "p": plain.p,
        "q": float("nan"),
        "executable_ic": _ic_test(e, found, k, EARNED).mean,
    }


def _ics(e: "Evaluation", found: Evidence, k: int) -> dict[str, float]:
    plain, neutral = _plain_ics(e, found, k), mean_test(found.neutral_ic[k], e.lags)
    executable = plain.pop("executable_ic")
    return {
        **plain,
        "neutral_ic": neutral.mean,
        "neutral_t": neutral.t,
        "executable_ic": executable,
    }


def _spread(e: "Evaluation", found: Evidence, k: int) -> dict[str, float]:
    spread = found.quantiles[k, EARNED, -1] - found.quantiles[k, EARNED, 0]
    return {
        "spread": e.per_year * _mean(spread),
        "spread_t": newey_west_t(spread, e.lags),
    }


def _earned(e: "Evaluation", found: Evidence, k: int) -> dict[str, Any]:
    legs, year = legs_of(e, found, k), e.per_year
    worst_year, worst = _worst(e, legs.net if e.hedge is None else legs.hedged)
    return {
        **_spread(e, found, k),
        "long_gross": year * _mean(legs.gross),
        "long_net": year * _mean(legs.net),
        "long_minus_hedge": year * _mean(legs.hedged),
        "hedged_t": newey_west_t(legs.hedged, e.lags),
        "hedged_months": int(np.isfinite(legs.hedged).sum()),
        "neutral_long": year * _mean(found.neutral_leg[k] - found.market),
        "worst_year": worst_year,
        "worst": worst,
    }


def _turned(e: "Evaluation", found: Evidence, k: int) -> dict[str, float]:
    return {
        "turnover": _changes_a_year(e, found, k),
        "autocorrelation": _mean(found.persistence[k]),
    }


def _habits(e: "Evaluation", found: Evidence, k: int) -> dict[str, float]:
    return {**_turned(e, found, k), "half_life": half_life(found.decay_ic[k])}


def _changes_a_year(e: "Evaluation", found: Evidence, k: int) -> float:
    """Return what is bought and sold a year; the first books, bought whole, left out."""
    return e.per_year * _mean(found.changes[k, e.apart :])


def _entry_years(e: "Evaluation") -> Ints:
    days = e.labels.market.dates
    begins = days[np.minimum(e.labels.begins, len(days) - 1)]
    found: Ints = begins.astype("datetime64[Y]").astype(np.int64) + 1970
    return found


def _worst(e: "Evaluation", series: Floats) -> tuple[str, float]:
    """Return the year with the least sum, and it."""
    years = _entry_years(e)
    sums = {int(y): _total(series[years == y]) for y in np.unique(years)}
    known = {year: total for year, total in sums.items() if np.isfinite(total)}
    if not known:
        return "", float("nan")
    worst = min(known, key=lambda year: known[year])
    return str(worst), known[worst]


def half_life(decay_ic: Floats) -> float:
    """Return the days in which a factor's strength falls by half, from its IC by window [W, R].

    The strength of a window is its mean IC over the root of its days: that of a factor that keeps
    its worth is the same in all. An exponential is fitted to the strengths at the windows' middles,
    a window counting by its days (the error of its strength goes with their root). Infinite where
    ten times the last window would not see the half; NaN where the strength that it begins with is
    not above 0.
    """
    ends = np.array(DECAY_DAYS, dtype=np.float64)
    starts = np.append(0.0, ends[:-1])
    mean = np.array([_mean(window) for window in decay_ic])
    known = np.isfinite(mean)
    if known.sum() < _FEWEST_WINDOWS:
        return float("nan")
    length = (ends - starts)[known]
    strength, middle = mean[known] / np.sqrt(length), ((starts + ends) / 2)[known]
    tried = np.geomspace(0.5, 10 * ends[-1], 800)
    shapes = 0.5 ** (middle[None, :] / tried[:, None])
    begins = (shapes * strength * length).sum(axis=1) / (shapes * shapes * length).sum(axis=1)
    away = (length * (strength - begins[:, None] * shapes) ** 2).sum(axis=1)
    best = int(np.argmin(away))
    if begins[best] <= 0:
        return float("nan")
    return float("inf") if best == len(tried) - 1 else float(tried[best])


# -- the others


def years(e: "Evaluation") -> pd.DataFrame:
    """Return IC and legs by calendar year of entry."""
    rows, year_of = [], _entry_years(e)
    for universe, found, k, name in _each(e):
        legs = legs_of(e, found, k)
        for year in np.unique(year_of):
            inside = year_of == year
            rows.append(
                {
                    "universe": universe,
                    "factor": name,
                    "year": int(year),
                    "months": int(np.isfinite(legs.top[inside]).sum()),
                    "ic": _mean(found.ic[k, NAIVE, inside]),
                    "executable_ic": _mean(found.ic[k, EARNED, inside]),
                    "neutral_ic": _mean(found.neutral_ic[k, inside]),
                    "long_gross": _total(legs.gross[inside]),
                    "long_net": _total(legs.net[inside]),
                    "long_minus_hedge": _total(legs.hedged[inside]),
                    "hedge": _total(e.hedge_returns[inside]),
                    "turnover": _total(found.changes[k, inside]),
                }
            )
    return _stated(e, rows, [*_KEYS, "year"])


def groups(e: "Evaluation", language: Language) -> pd.DataFrame:
    """Return executable IC inside size terciles and industries."""
    rows = []
    for universe, found, k, name in _each(e):
        sizes = [(size, found.size_ic[k, j], float("nan")) for j, size in enumerate(SIZES)]
        named = [
            (one[language], found.industry_ic[k, j], _mean(found.industry_tilt[k, j]))
            for j, one in enumerate(e.industries)
        ]
        for kind, parts in (("size", sizes), ("industry", named)):
            for group, ic, tilt in parts:
                test = mean_test(ic, e.lags)
                rows.append(
                    {"universe": universe, "factor": name, "by": kind, "group": group,
                     "months": test.periods, "ic": test.mean, "t": test.t, "tilt": tilt}
                )  # fmt: skip
    return _stated(e, rows, [*_KEYS, "by", "group"])


def decay(e: "Evaluation") -> pd.DataFrame:
    """Return the IC of the disjoint windows."""
    gap = float(np.diff(e.labels.rows).mean()) if len(e.labels.rows) > 1 else 1.0
    rows = []
    for universe, found, k, name in _each(e):
        before = 0
        for j, end in enumerate(DECAY_DAYS):
            lags = max(LAGS, int(np.ceil((end - before) / gap)))
            test = mean_test(found.decay_ic[k, j], lags)
            rows.append(
                {"universe": universe, "factor": name, "from_day": before + 1, "to_day": end,
                 "months": test.periods, "ic": test.mean, "t": test.t, "low": test.low,
                 "high": test.high}
            )  # fmt: skip
            before = end
    return _stated(e, rows, [*_KEYS, "from_day", "to_day"])


def legs(e: "Evaluation", *places: int) -> pd.DataFrame:
    """Return the long leg by decision."""
    days = np.append(e.labels.market.dates, np.datetime64("NaT"))
    rows = []
    for universe, found in e.universes.items():
        for k in places:
            one = legs_of(e, found, k)
            for r, row in enumerate(e.labels.rows):
                rows.append(
                    {
                        "universe": universe,
                        "factor": e.factors.names[k],
                        "date": days[row],
                        "entry": days[e.labels.begins[r]],
                        "end": days[e.labels.ends[r]],
                        "ic": found.ic[k, NAIVE, r],
                        "top": one.top[r],
                        "market": found.market[r],
                        "cost": one.cost[r],
                        "long_gross": one.gross[r],
                        "long_net": one.net[r],
                        "beta": one.beta[r],
                        "hedge": e.hedge_returns[r],
                        "long_minus_hedge": one.hedged[r],
                    }
                )
    return _stated(e, rows, [*_KEYS, "date"])


def quantiles(e: "Evaluation") -> pd.DataFrame:
    """Return the mean return of each quantile a year."""
    rows = []
    for universe, found, k, name in _each(e):
        for q in range(found.quantiles.shape[2]):
            naive, value = found.quantiles[k, NAIVE, q], found.quantiles[k, EARNED, q]
            test = mean_test(value - found.market, e.lags)
            rows.append(
                {"universe": universe, "factor": name, "quantile": q + 1,
                 "naive": e.per_year * _mean(naive), "earned": e.per_year * _mean(value),
                 "less_universe": e.per_year * test.mean, "t": test.t,
                 "low": e.per_year * test.low, "high": e.per_year * test.high}
            )  # fmt: skip
    return _stated(e, rows, [*_KEYS, "quantile"])


def regimes(e: "Evaluation") -> pd.DataFrame:
    """Return IC and legs by state of the market."""
    columns = [*_KEYS, "regime", "state", "months", "ic", "t", "long_net", "long_minus_hedge"]
    rows = []
    for universe, found, k, name in _each(e):
        one = legs_of(e, found, k)
        for regime in e.states:
            for state, told in enumerate(STATES[regime.name]):
                inside = (regime.state == state) & np.isfinite(one.top)
                rows.append(
                    {"universe": universe, "factor": name, "regime": regime.name, "state": told,
                     "months": int(inside.sum()), "ic": _mean(found.ic[k, NAIVE, inside]),
                     "t": newey_west_t(found.ic[k, NAIVE, inside], e.lags),
                     "long_net": e.per_year * _mean(one.net[inside]),
                     "long_minus_hedge": e.per_year * _mean(one.hedged[inside])}
                )  # fmt: skip
    if not rows:
        return pd.DataFrame(columns=columns).set_index(columns[:4])
    return _stated(e, rows, columns[:4])


def inflation(e: "Evaluation") -> pd.DataFrame:
    """Return variance inflation and the most similar factor."""
    rows = []
    for universe, found in e.universes.items():
        vif = variance_inflation(found.correlation)
        away = found.correlation - np.diag(np.diag(found.correlation))
        for k, name in enumerate(e.factors.names):
            like = int(np.argmax(np.abs(np.nan_to_num(away[k]))))
            single = len(e.factors.names) == 1
            rows.append(
                {"universe": universe, "factor": name, "vif": float(vif[k]),
                 "most_like": "" if single else e.factors.names[like],
                 "correlation": float("nan") if single else float(away[k, like])}
            )  # fmt: skip
    return _stated(e, rows, _KEYS)


def incremental(e: "Evaluation") -> pd.DataFrame:
    """Return what each factor adds to those accepted."""
    rows = []
    for universe, found, k, name in _each(e):
        alone, test = _ic_test(e, found, k, EARNED), mean_test(found.incremental_ic[k], e.lags)
        rows.append(
            {"universe": universe, "factor": name, "accepted": name in e.accepted,
             "ic": alone.mean, "t": alone.t, "incremental_ic": test.mean, "incremental_t": test.t,
             "months": test.periods}
        )  # fmt: skip
    frame = _stated(e, rows, _KEYS)
    frame.attrs["accepted"] = list(e.accepted)
    return frame


def executable(e: "Evaluation", language: Language) -> pd.DataFrame:
    """Return what the top quantile lost against its naive return, by reason; then the sum."""
    rows = []
    for universe, found, k, name in _each(e):
        lost = np.array([_mean(found.lost[k, :, j]) for j in range(len(REASONS))])
        share = np.array([_mean(found.share[k, :, j]) for j in range(len(REASONS))])
        rows += [
            _loss(e, universe, name, REASONS[j], reason_name(int(j), language), share[j], lost[j])
            for j in np.flatnonzero(share > 0)
        ]
        every = {"en": "all", "zh": "合计"}[language]
        rows.append(_loss(e, universe, name, "all", every, share.sum(), lost.sum()))
    return _stated(e, rows, [*_KEYS, "reason"])


def _loss(
    e: "Evaluation", universe: str, factor: str, reason: str, name: str, share: float, lost: float
) -> dict[str, Any]:
    return {
        "universe": universe, "factor": factor, "reason": reason, "name": name,
        "share": float(share), "lost_bp": 1e4 * float(lost),
        "lost_bp_a_year": 1e4 * e.per_year * float(lost),
    }  # fmt: skip


def turnover(e: "Evaluation") -> pd.DataFrame:
    """Return trades a year, their cost, and how ranks persist."""
    rows = []
    for universe, found, k, name in _each(e):
        traded = _changes_a_year(e, found, k)
        rows.append(
            {"universe": universe, "factor": name, "turnover": traded,
             "cost": traded * e.cost_bp / 1e4, "autocorrelation": _mean(found.persistence[k]),
             "half_life": half_life(found.decay_ic[k])}
        )  # fmt: skip
    return _stated(e, rows, _KEYS)


def fills(e: "Evaluation") -> pd.DataFrame:
    """Return which share of the top quantile could be bought, and sold on the planned day."""

    def part(found: Evidence, k: int, names: tuple[str, ...]) -> float:
        return sum(_mean(found.share[k, :, REASONS.index(one)]) for one in names)

    rows = []
    for universe, found, k, name in _each(e):
        missed, late = part(found, k, _NOT_BOUGHT), part(found, k, _SOLD_LATE)
        rows.append(
            {"universe": universe, "factor": name, "bought": 1.0 - missed,
             "suspended": part(found, k, ("suspended",)),
             "limit_up": part(found, k, ("limit_up",)),
             "sold_late": late, "sold_late_limit_down": part(found, k, ("sold_late_limit_down",)),
             "delisted": part(found, k, ("delisted",))}
        )  # fmt: skip
    return _stated(e, rows, _KEYS)
