"""What a download did: requests, files, what changed, what is missing and why."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from quanthedge.sources.download.changes import Changes
from quanthedge.typing import Language
from quanthedge.words import texts

__all__ = ["Summary"]

_SHOWN = 5


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

    def to_text(self, language: Language = "en") -> str:
        """Return the account as lines for people."""
        words = _words(language)
        lines = [
            words["made"].format(
                requested=f"{self.requested:,}", retried=f"{self.retried:,}",
                files=f"{self.files:,}", rows=f"{self.rows:,}", size=f"{self.bytes / 1e6:.1f}",
                kept=f"{self.kept:,}",
            )
        ]  # fmt: skip
        if self.unfinished:
            lines.append(words["unfinished"].format(count=f"{self.unfinished:,}"))
        if self.empty:
            counts = ", ".join(f"{table} {number:,}" for table, number in self.empty.items())
            lines.append(words["empty"].format(counts=counts))
        lines += self.notes
        if self.changes:
            lines.append(words["changed"].format(count=f"{len(self.changes):,}"))
            changes = (f"  {name}: {found}" for name, found in self.changes.items())
            lines += _shortened(changes, words)
        for table, reason in self.refused.items():
            lines.append(words["refused"].format(table=table, reason=reason))
        lines += self._missing_lines(words)
        if self.stopped:
            lines.append(words["stopped"].format(reason=self.stopped))
        return "\n".join(lines)

    def _missing_lines(self, words: dict[str, str]) -> list[str]:
        grouped: dict[tuple[str, str], list[str]] = {}
        for table, key, reason in self.missing:
            grouped.setdefault((table, reason), []).append(key)
        lines = []
        for (table, reason), keys in grouped.items():
            more = words["more"].format(count=f"{len(keys) - 3:,}") if len(keys) > 3 else ""
            told = ", ".join(keys[:3])
            lines.append(words["missing"].format(table=table, keys=told, more=more, reason=reason))
        return lines


def _words(language: Language) -> dict[str, str]:
    words = texts("quanthedge.sources.download", "summary")["summary"]
    return {name: str(text[language]) for name, text in words.items()}


def _shortened(lines: Iterable[str], words: dict[str, str]) -> list[str]:
    every = list(lines)
    if len(every) <= _SHOWN:
        return every
    return [*every[:_SHOWN], words["more_lines"].format(count=f"{len(every) - _SHOWN:,}")]
