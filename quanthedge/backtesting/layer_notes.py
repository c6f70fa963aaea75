"""What a reader must know of how much of the book stood, and of what scores were to earn."""

from datetime import date

from quanthedge.alpha import Information
from quanthedge.backtesting.narrative import note
from quanthedge.backtesting.plan import Prepared
from quanthedge.layers import Allocation, episodes
from quanthedge.words import LANGUAGES, Bilingual

__all__ = ["layer_notes"]


def layer_notes(prepared: Prepared) -> list[Bilingual]:
    """Say how often, and in how many independent episodes, less than the whole book stood."""
    layers, notes = prepared.strategy.layers, []
    if layers.gated:
        done = episodes(prepared.allocation)
        kind = "allocation" if done.spells else "allocation_whole"
        longest = [
            date.fromisoformat(day) for day in (done.longest_from, done.longest_to) if done.spells
        ]
        notes.append(
            _named(
                kind, layers.allocation,
                rebalances=done.rebalances, aside=done.aside, reduced=done.reduced,
                spells=done.spells, longest=done.longest,
                **dict(zip(("first", "last"), longest, strict=False)),
            )
        )  # fmt: skip
        if done.unknown:
            notes.append(note("allocation_unknown", count=done.unknown))
    return notes + _expected(prepared)


def _named(kind: str, allocation: Allocation, **values: object) -> Bilingual:
    """Return a note with the name of the allocation in each language."""
    told = {
        str(code): note(kind, name=allocation.called(code), **values)[code] for code in LANGUAGES
    }
    return {"kind": kind, **told}


def _expected(prepared: Prepared) -> list[Bilingual]:
    table = prepared.expected
    if not len(table):
        return []
    shown, known = table["information_coefficient"], table["rebalances"]
    notes = [
        note(
            "expected", least=f"{shown.min():.3f}", most=f"{shown.max():.3f}",
            fewest=known.min(), rebalances=known.max(),
        )
    ]  # fmt: skip
    least, value = Information.stated()
    stated = int((known < least).sum())
    if stated:
        notes.append(note("expected_stated", least=least, value=value, count=stated))
    return notes
