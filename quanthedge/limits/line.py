"""One line of the replay: a limit, the nearest that the run came to it, and what it cost."""

from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd

from quanthedge.rules import Row

__all__ = ["COLUMNS", "Refused", "Standing", "line", "refused", "spell"]

_Sense = Literal["at_most", "at_least"]
# binding: kept by the run; exempt: in force, but not for this account; yardstick: a rule for other
# funds, shown beside; later: one that came after the run, shown beside; own: set by the strategy;
# assumed: a grant taken for given; none: no rule.
Standing = Literal["binding", "exempt", "yardstick", "later", "own", "assumed", "none"]
COLUMNS = (
    "limit", "product", "start", "end", "standing", "sense", "unit", "level", "nearest", "date",
    "headroom", "days_at_or_beyond", "days", "refused", "refused_days", "source", "confidence",
)  # fmt: skip


class Refused(NamedTuple):
    """What was not done because of a limit: lots of futures or orders of stocks, and on days."""

    number: int
    days: int


def spell(run_days: pd.DatetimeIndex, row: Row) -> pd.DatetimeIndex:
    """Return the days of a run on which a rule was in force."""
    inside = np.ones(len(run_days), dtype=np.bool_)
    if row.first is not None:
        inside &= np.asarray(run_days >= pd.Timestamp(row.first))
    if row.last is not None:
        inside &= np.asarray(run_days <= pd.Timestamp(row.last))
    return run_days[inside]


def line(
    limit: str,
    values: pd.Series,
    level: float,
    sense: _Sense,
    unit: str,
    *,
    standing: Standing,
    source: str = "",
    confidence: str = "",
    product: str = "",
    rule: Row | None = None,
    lost: Refused | None = None,
    same: float = 1e-9,
) -> dict[str, Any]:
    """Return a line of the replay.

    Parameters
    ----------
    limit : str
        Its key.
    values : Series [D]
        What the limit is about, by day; days without a value are NaN.
    level : float
        The limit itself; NaN where there is none.
    sense : "at_most" or "at_least"
    unit : str
        "lots", "share" or "days".
    standing, source, confidence, product : str
        See :func:`quanthedge.limits.replay_limits`.
    rule : Row, optional
        Row of the rule book that gives source and confidence.
    lost : Refused
        What was not done because of it.
    same : float
        Headroom that counts as none.

    Notes
    -----
    Nearest is the largest value of an upper and the smallest of a lower limit, on its first day.
    Headroom is what is left to the limit: below 0 the run was beyond it. A day counts as at or
    beyond the limit when no headroom is left.
    """
    known = values.dropna()
    missed = lost or Refused(0, 0)
    if rule is not None:
        source, confidence = rule.cells["source_ids"], rule.confidence
    start, end = (values.index[0], values.index[-1]) if len(values) else (pd.NaT, pd.NaT)
    found: dict[str, Any] = dict.fromkeys(COLUMNS)
    found |= {
        "limit": limit, "product": product, "start": start, "end": end, "standing": standing,
        "sense": sense, "unit": unit, "level": level, "nearest": np.nan, "date": pd.NaT,
        "headroom": np.nan, "days_at_or_beyond": 0, "days": len(known), "refused": missed.number,
        "refused_days": missed.days, "source": source, "confidence": confidence,
    }  # fmt: skip
    if known.empty:
        return found
    place = int(known.argmax() if sense == "at_most" else known.argmin())
    room = level - known if sense == "at_most" else known - level
    return found | {
        "nearest": float(known.iloc[place]),
        "date": known.index[place],
        "headroom": float(room.iloc[place]),
        "days_at_or_beyond": int((room <= same).sum()),
    }


def refused(
    refusals: pd.DataFrame, reasons: tuple[str, ...], codes: "pd.Series", *, lots: bool
) -> Refused:
    """Return what was refused for reasons, of the rows that ``codes`` marks."""
    found = refusals[codes & refusals["reason"].isin(reasons)]
    missing = (found["wanted"] - found["done"]).sum() if lots else len(found)
    return Refused(int(missing), int(found["date"].nunique()))
