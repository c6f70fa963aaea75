"""What is learnt: the return that could be earned beyond industry and size, as a rank."""

from typing import Literal, NamedTuple

import numpy as np

from quanthedge.alpha.features import Neutraliser
from quanthedge.errors import StrategyError
from quanthedge.labelling import Labels
from quanthedge.operators import rank
from quanthedge.typing import Bools, Floats, Ints

__all__ = ["Target", "Targets", "known_at", "targets"]

Target = Literal["rank_residual", "rank", "residual"]


class Targets(NamedTuple):
    """Targets of R dates x N stocks.

    Attributes
    ----------
    value : float64 [R, N]
        What is learnt; NaN outside the universe, where nothing could be bought, and where the
        label was not known when it was needed.
    residual : float64 [R, N]
        The return beyond industry and size, of the same pairs.
    label_end : int64 [R]
        Row of the last price in any of them; -1 without one.
    """

    value: Floats
    residual: Floats
    label_end: Ints


def known_at(rows: Ints, labels: Labels, purge: int, embargo: int = 0) -> Ints:
    """Return the first row at whose close a training may use the labels of each date, int64 [R].

    That of the decision ``1 + purge + embargo`` dates later; the number of days where there is
    none.

    Raises
    ------
    StrategyError
        A label ends after that row: the purge is too small for the length of the labels.
    """
    days = len(labels.market.dates)
    later = 1 + purge + embargo
    known = np.append(rows[later:], np.full(min(later, rows.size), days))
    late = (labels.ends > known) & (known < days)
    if late.any():
        at = int(late.argmax())
        dates = labels.market.dates
        need = int(np.searchsorted(rows, labels.ends[at])) - at - 1
        end = dates[labels.ends[at]] if labels.ends[at] < days else "the end of the data"
        raise StrategyError(
            f"purge {purge}: the label of {dates[rows[at]]} ends on {end}, after the decision of "
            f"{dates[known[at]]} that would use it; accepted: {max(need, purge + 1)} or more"
        )
    return known


def targets(
    labels: Labels,
    where: Bools,
    taken_out: Neutraliser,
    known: Ints | None = None,
    kind: Target = "rank_residual",
) -> Targets:
    """Return what is learnt of labels.

    Parameters
    ----------
    labels : Labels
        Executable ones, unless the naive returns are meant.
    where : bool [R, N]
        The universe at the decisions.
    taken_out : Neutraliser
        Of the same rows; takes industry and size out of the returns.
    known : int64 [R], optional
        Row by whose close a label must have ended to be used (:func:`known_at`); a sale that still
        waited then is left out for ever. Without it every label that ended counts.
    kind : "rank_residual", "rank" or "residual"
        The rank of the residual in (-0.5, 0.5), the rank of the return itself, or the residual.

    Raises
    ------
    StrategyError
        Another kind.
    """
    if kind not in ("rank_residual", "rank", "residual"):
        raise StrategyError(f"target {kind!r}; accepted: rank_residual, rank, residual")
    days = len(labels.market.dates)
    limit = np.full(len(labels.rows), days - 1) if known is None else np.minimum(known, days - 1)
    pairs = where & np.isfinite(labels.value) & (labels.ends_by <= limit[:, None])
    if known is not None:
        pairs &= (known < days)[:, None]
    returns = np.where(pairs, labels.value, np.nan)
    residual = taken_out(returns)
    value = {"rank": returns, "residual": residual}.get(kind, residual)
    if kind != "residual":
        value = np.asarray(rank(value))
    ends = np.where(np.isfinite(value), labels.ends_by, -1).max(axis=1)
    return Targets(value, residual, ends.astype(np.int64))
