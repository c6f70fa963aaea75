"""What a reader must know of tables of scores and weights that a run was given."""

from datetime import date

import numpy as np

from quanthedge.backtesting.narrative import note, worded
from quanthedge.backtesting.plan import Prepared
from quanthedge.documents import printable
from quanthedge.market import Market
from quanthedge.signals import GivenTable, TableReport
from quanthedge.typing import Ints
from quanthedge.words import Bilingual

__all__ = ["table_notes"]

_NAMED = 5  # codes and days that a note names


def table_notes(prepared: Prepared) -> list[Bilingual]:
    """Say which tables were given, what of them is left out, and where they are old or silent."""
    notes = []
    rows = prepared.selection.targets.decision_rows
    for part in GivenTable.within(prepared.strategy):
        about = part.report(prepared.market)
        notes.append(
            note(
                "table_given", name=_name(part), rows=f"{about.scores:,}", days=f"{about.days:,}",
                first=_day(about.first), last=_day(about.last), digest=part.scores.digest[:12],
            )
        )  # fmt: skip
        notes += _left_out(part, about) + _old(part, about, prepared.market, rows)
    return notes


def _name(part: GivenTable) -> str:
    return part.told.removeprefix(f"{part.what} ")


def _left_out(part: GivenTable, about: TableReport) -> list[Bilingual]:
    notes, name = [], _name(part)
    if about.unknown:
        notes.append(
            note(
                "table_unknown", name=name, count=f"{len(about.unknown):,}",
                listed=_listed(about.unknown), rows=f"{about.unknown_scores:,}",
            )
        )  # fmt: skip
    if about.closed:
        notes.append(
            worded(
                "table_closed", {"session": about.closed_days}, name=name,
                count=f"{len(about.closed):,}", listed=_listed(about.closed),
            )
        )  # fmt: skip
    if about.early:
        notes.append(note("table_early", name=name, count=f"{about.early:,}"))
    return notes


def _old(part: GivenTable, about: TableReport, market: Market, rows: Ints) -> list[Bilingual]:
    """Say on which decisions the rows in force were not of the day itself."""
    notes, name = [], _name(part)
    after, until, days = about.gap
    if days > max(1, 2 * about.spacing):
        notes.append(note("table_gap", name=name, days=days, after=_day(after), until=_day(until)))
    age = part.table(market).at(rows, part.max_age_days).age.max(axis=1)
    stale = age > 0
    if stale.any():
        at = int(age.argmax())
        notes.append(
            note(
                "table_stale", name=name, count=int(stale.sum()), total=rows.size,
                oldest=int(age[at]), date=market.dates[rows[at]],
            )
        )  # fmt: skip
    silent = np.flatnonzero(age < 0)
    if silent.size:
        first = market.dates[rows[silent[0]]]
        notes.append(note("table_silent", name=name, count=silent.size, first=first))
    return notes


def _day(written: str) -> date | str:
    """Return a day of a report; "" where it has none."""
    return date.fromisoformat(written) if written else written


def _listed(words: tuple[str, ...]) -> str:
    return printable(", ".join(words[:_NAMED]) + (", ..." if len(words) > _NAMED else ""))
