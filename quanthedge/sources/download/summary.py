"""What a download did: requests, files, what changed, what is missing and why."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from quanthedge.sources.download.changes import Changes

__all__ = ["Summary"]

SHOWN = 5


@dataclass
class Summary:
    """The account of one run.

    Attributes
    ----------
    requested, retried
        Requests made, and those of them that repeated a failed one.
    files, rows, bytes
        What was written.
    kept
        Answers of earlier runs that needed no request.
    unfinished
        Those of `kept` whose last day was not over when they were fetched.
    empty
        Answers without rows, by table.
    missing
        Requests without an answer and why, as (table, key, reason).
    refused
        Tables that the vendor does not give, and why.
    changes
        What newer answers changed of final older ones, by request.
    notes
        Other things to know.
    stopped
        Why the run ended early; empty: it did not.
    """

    vendor: str
    folder: Path
    requested: int = 0
    retried: int = 0
    files: int = 0
    rows: int = 0
    bytes: int = 0
    kept: int = 0
    unfinished: int = 0
    empty: Counter[str] = field(default_factory=Counter)
    missing: list[tuple[str, str, str]] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    changes: dict[str, Changes] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    stopped: str = ""

    @property
    def complete(self) -> bool:
        """Whether everything that was asked for is there."""
        return not (self.missing or self.refused or self.stopped)

    def to_text(self) -> str:
        """Return the account as lines for people."""
        lines = [
            f"{self.requested:,} requests made ({self.retried:,} of them repeated); "
            f"{self.files:,} files written with {self.rows:,} rows ({self.bytes / 1e6:.1f} MB); "
            f"{self.kept:,} answers were there already"
        ]
        if self.unfinished:
            lines.append(
                f"{self.unfinished:,} of these were not final when they were fetched, lately; run "
                "the same command again later"
            )
        if self.empty:
            counts = ", ".join(f"{table} {number:,}" for table, number in self.empty.items())
            lines.append(f"answers without rows, which may be so: {counts}")
        lines += self.notes
        if self.changes:
            lines.append(f"{len(self.changes):,} answers changed what was known before:")
            lines += _shortened(f"  {name}: {found}" for name, found in self.changes.items())
        for table, reason in self.refused.items():
            lines.append(f"not given: {table}: {reason}")
        lines += self._missing_lines()
        if self.stopped:
            lines.append(f"stopped: {self.stopped}; run the same command again to go on")
        return "\n".join(lines)

    def _missing_lines(self) -> list[str]:
        grouped: dict[tuple[str, str], list[str]] = {}
        for table, key, reason in self.missing:
            grouped.setdefault((table, reason), []).append(key)
        lines = []
        for (table, reason), keys in grouped.items():
            more = f" and {len(keys) - 3:,} more" if len(keys) > 3 else ""
            lines.append(f"missing: {table} {', '.join(keys[:3])}{more}: {reason}")
        return lines


def _shortened(lines: Iterable[str]) -> list[str]:
    every = list(lines)
    if len(every) <= SHOWN:
        return every
    return [*every[:SHOWN], f"  and {len(every) - SHOWN:,} more"]
