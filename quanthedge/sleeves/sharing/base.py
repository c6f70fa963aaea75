"""How the fund's money is split: a share of each sleeve, a factor on its stated budget.

At each review a sharing says a share g of every sleeve, the fund's own stocks among them, from what
is known at the close: what each of them earned and tied up in a run on paper of the fund with that
sleeve alone, from the first day. All that the sleeve decides on is multiplied by its share until
the next review. On paper a sleeve goes on with its whole budget whatever its share, so that one
without money comes back when its figure does.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
import pandas as pd
from pydantic import Field

from quanthedge.errors import StrategyError
from quanthedge.kinds import Kinded
from quanthedge.portfolio import Every
from quanthedge.typing import Bools, Days, Floats, Ints

__all__ = [
    "Band",
    "FixedShares",
    "Reviews",
    "Seen",
    "Sharing",
    "share_table",
    "shares_at",
    "table_of_shares",
]

_SAME = 1e-9  # shares nearer than this are told as equal

Reviews = Annotated[
    Every,
    Field(description="When shares are reviewed: 'month', 'week', or a number of trading days."),
]
Band = Annotated[
    float,
    Field(ge=0, le=1, description="Largest change of any share up to which all stay as they were."),
]


@dataclass(frozen=True)
class Seen:
    """What is known of the sleeves at the close of a review, S of them, n days after the start.

    Attributes
    ----------
    labels : tuple of str
        ``stocks`` first where the fund holds any of its own, then the sleeves in their order.
    budgets : float64 [S]
        As stated, parts of the fund's equity; of the stocks, ``invested_fraction``.
    gains : float64 [n, S]
        What each earned on each day on paper, after the costs of its trades, before interest and
        fees of the fund: a fraction of its budget at the close before.
    tied : float64 [n, S]
        Its stocks and margin at each close on paper, a fraction of the same budget.
    expected : callable
        What a sleeve itself expects to earn a year on what it ties up, net of all costs, float64
        [S]; NaN of a sleeve that does not say.
    """

    labels: tuple[str, ...]
    budgets: Floats
    gains: Floats
    tied: Floats
    expected: Callable[[], Floats]

    def active(self) -> Bools:
        """Return on which days each held or earned anything, bool [n, S]."""
        return np.asarray((self.tied > 0.0) | (self.gains != 0.0))


class Sharing(Kinded, noun="sharing", catalogue="quanthedge.sleeves.sharing"):
    """From what is known at a review to the share of each sleeve.

    A field of this type takes a sharing of ours, or one of a user's own, as an object or by its
    ``kind`` (``fixed`` where none is given). An own sharing is a class derived from this one that
    defines :meth:`figures` and :meth:`shares`, with its parameters as fields.

    Examples
    --------
    >>> import quanthedge as qh
    >>> strategy = qh.load_strategy("multi_sleeve").change({"sharing": {"kind": "risk_parity"}})
    >>> strategy.sharing.kind, isinstance(strategy.sharing, qh.Sharing)
    ('risk_parity', True)
    """

    needed: ClassVar[tuple[str, ...]] = ("figures", "shares")
    default_kind: ClassVar[str] = "fixed"

    every: Reviews = "month"
    band: Band = 0.10

    def figures(self, seen: Seen) -> Floats:
        """Return the figure of each sleeve that the kind goes by, [S]; NaN where it is not known.

        An own sharing defines it; ``seen`` ends at the close of the review.
        """
        raise StrategyError(f"{type(self).__name__} is no sharing: it defines no figures")

    def shares(self, seen: Seen, figures: Floats) -> Floats:
        """Return the share of each sleeve, [S], 0 or more: what an own sharing defines.

        NaN where it cannot be said: then the sleeve keeps its stated budget.
        """
        raise StrategyError(f"{type(self).__name__} is no sharing: it defines no shares")


class FixedShares(Sharing):
    """The budgets as they are stated, at all times; nothing is reviewed."""

    kind: Literal["fixed"] = "fixed"

    def figures(self, seen: Seen) -> Floats:
        """Return no figure."""
        return np.full(len(seen.labels), np.nan)

    def shares(self, seen: Seen, figures: Floats) -> Floats:
        """Return 1 for each."""
        return np.ones(len(seen.labels))


def share_table(sharing: Sharing, dates: Days, seen: Sequence[Seen]) -> pd.DataFrame:
    """Return the shares that stand after each review, a row for each review and sleeve.

    Parameters
    ----------
    sharing : Sharing
    dates : datetime64 [R]
        Of the reviews.
    seen : sequence of Seen
        What is known at each, [R].

    Returns
    -------
    DataFrame
        date, sleeve, share, asked (what the kind asked for), reason ("stated", "more", "less",
        "none", "unknown": as stated; "kept": within the band of the share before) and figure.

    Raises
    ------
    StrategyError
        An own sharing fails, or gives a share below 0 or without end.
    """
    rows: list[dict[str, object]] = []
    standing = np.ones(len(seen[0].labels)) if seen else np.empty(0)
    for day, one in zip(dates, seen, strict=True):
        figures, found = _asked(sharing, one, str(day))
        asked = np.where(np.isnan(found), 1.0, found)
        kept = bool(np.abs(asked - standing).max() <= sharing.band)
        standing = standing if kept else asked
        for s, label in enumerate(one.labels):
            rows.append(
                {
                    "date": day,
                    "sleeve": label,
                    "share": float(standing[s]),
                    "asked": float(asked[s]),
                    "reason": _reason(float(found[s]), float(standing[s])),
                    "figure": float(figures[s]),
                }
            )
    return table_of_shares(rows)


def _asked(sharing: Sharing, seen: Seen, day: str) -> tuple[Floats, Floats]:
    """Return figures and shares of a review once they can be meant."""
    shape = (len(seen.labels),)
    with sharing.own_errors("figures"):
        figures = sharing.figures(seen)
    figures = sharing.own_numbers("figures", figures, shape, "one for each sleeve")
    with sharing.own_errors("shares"):
        found = sharing.shares(seen, figures)
    found = sharing.own_numbers("shares", found, shape, "one for each sleeve")
    wrong = ~np.isnan(found) & ~((found >= 0.0) & np.isfinite(found))
    if wrong.any():
        s = int(wrong.argmax())
        raise StrategyError(
            f"sharing {sharing.kind}: share {found[s]:g} of {seen.labels[s]} on {day}; accepted: "
            "0 or more"
        )
    return figures, found


def _reason(found: float, standing: float) -> str:
    """Return the word for what was asked and what stands; the last bits of a share say nothing."""
    if np.isnan(found):
        return "unknown"
    if abs(found - standing) > _SAME:
        return "kept"
    if found == 0.0:
        return "none"
    return "more" if found > 1.0 + _SAME else "less" if found < 1.0 - _SAME else "stated"


def table_of_shares(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Return rows of date, sleeve, share, asked, reason and figure as a table."""
    names = ("date", "sleeve", "share", "asked", "reason", "figure")
    found = {name: [row[name] for row in rows] for name in names}
    return pd.DataFrame(
        {
            "date": pd.DatetimeIndex(np.array(found["date"], dtype="datetime64[ms]")),
            "sleeve": pd.array(found["sleeve"], dtype="str"),
            "share": np.array(found["share"], dtype=np.float64),
            "asked": np.array(found["asked"], dtype=np.float64),
            "reason": pd.array(found["reason"], dtype="str"),
            "figure": np.array(found["figure"], dtype=np.float64),
        }
    )


def shares_at(reviews: Ints, shares: Floats, rows: Ints) -> Floats:
    """Return the share that stands at the close of some days: of the last review by then, else 1.

    Parameters
    ----------
    reviews : int64 [R]
        Days of the reviews, rising.
    shares : float64 [R]
        Of one sleeve, after each.
    rows : int64 [D]
    """
    return np.append(1.0, shares)[np.searchsorted(reviews, rows, side="right")]
