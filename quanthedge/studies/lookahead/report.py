"""What an audit compared and what it found."""

from dataclasses import dataclass, field

from quanthedge.cards import Card, Carded
from quanthedge.errors import StrategyError
from quanthedge.typing import Language
from quanthedge.words import LANGUAGES, Bilingual, retold, texts

__all__ = ["AuditReport", "Moved"]

_LIMITS = (
    "An audit sees what moves when the data after a day move. It cannot see data that are wrong "
    "about the day on which they became public, parameters that were chosen knowing the results, "
    "or models that were fitted elsewhere."
)
_OUTSIDE = (
    "Outside the audit's reach, because it is not read from the market whose future is changed; "
    "whether it knows the future is for you to show:"
)
_SHOWN = 10
_NAMED = "\0"  # stands for the name while the rest is told


@dataclass(frozen=True)
class Moved:
    """The first cell that moved with the future after a day.

    Attributes
    ----------
    part
        What of the thing moved: "exposure", "targets", "ledger equity" ...
    alteration
        How the future was changed.
    cut
        Last day that stayed as it was.
    date, code
        The cell; code is empty where the part is not by stock. With the alteration "opened" the
        date may be the day after the cut: what is decided at its open must not know its close.
    before, after
        Its value on the true market and with the other future.
    cells
        How many cells moved in all.
    """

    part: str
    alteration: str
    cut: str
    date: str
    code: str
    before: str
    after: str
    cells: int = 1

    def __str__(self) -> str:
        where = f"{self.date} {self.code}".strip()
        return (
            f"{self.part}: {where} is {self.before}, but {self.after} with the data after "
            f"{self.cut} {self.alteration}{_by(self.before, self.after)}; "
            f"{self.cells:,} cell{'s' if self.cells != 1 else ''} moved"
        )


@dataclass(frozen=True, repr=False)
class AuditReport(Carded):
    """Everything that an audit compared.

    Attributes
    ----------
    subject, subject_zh
        What was audited, in English and Chinese.
    days
        The days after which the future was changed.
    alterations
        How it was changed.
    cells
        Values compared.
    findings
        The first cell that moved, for each part, day and alteration.
    kinds
        How many of the days are decisions of which kind.
    outside
        What the thing reads that is not of the market, in words: no alteration reaches it.
    """

    subject: str
    subject_zh: str
    days: tuple[str, ...]
    alterations: tuple[str, ...]
    cells: int
    findings: tuple[Moved, ...]
    kinds: dict[str, int] = field(default_factory=dict)
    outside: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether nothing moved; see `outside` for what could not be moved."""
        return not self.findings

    def named(self, language: Language) -> str:
        """Return what was audited."""
        return self.subject_zh if language == "zh" else self.subject

    def raise_if_failed(self) -> None:
        """Raise StrategyError with the first finding when something moved."""
        if self.findings:
            raise StrategyError(f"look-ahead: {self.subject}: {self.findings[0]}")

    def to_text(self, language: Language = "en") -> str:
        """Return the report as text, a line a finding."""
        first, *rest = self._lines()
        # the name of what was audited is nobody's to translate: a comma in it is no list
        said = _said(first.replace(self.subject, _NAMED, 1), language)
        lines = [said.replace(_NAMED, self.named(language), 1)]
        return "\n".join([*lines, *(_said(line, language) for line in rest)])

    def _lines(self) -> list[str]:
        verdict = "passed" if self.passed else f"failed, {len(self.findings)} findings"
        if self.outside:
            verdict += f", but {len(self.outside)} of its sources are outside the audit's reach"
        lines = [
            f"Look-ahead audit of {self.subject}: {verdict}",
            f"{self.cells:,} values compared, with the data after {self._when()} "
            f"{' / '.join(self.alterations)}",
            *(f"- {finding}" for finding in self.findings[:_SHOWN]),
        ]
        if len(self.findings) > _SHOWN:
            lines.append(f"and {len(self.findings) - _SHOWN} more")
        if self.outside:
            lines += [_OUTSIDE, *(f"- {source}" for source in self.outside)]
        return [*lines, _LIMITS]

    def card(self) -> Card:
        """Return whether it passed, what was compared, and what to call next."""
        said = texts("quanthedge.studies.lookahead", "card")
        verdict = said["title_passed" if self.passed else "title_failed"]
        title: Bilingual = {c: str(verdict[c]).format(subject=self.named(c)) for c in LANGUAGES}
        facts: list[Bilingual] = [
            {c: _said(str(one), c) for c in LANGUAGES} for one in self.findings[:1]
        ]
        counts = (
            ("compared", self.cells), ("days", len(self.days)),
            ("alterations", len(self.alterations)), ("findings", len(self.findings)),
            ("outside", len(self.outside)),
        )  # fmt: skip
        steps = [
            ("print(report.to_text())", said["text"]),
            ("report.findings", said["listed"]),
            ("report.raise_if_failed()", said["raise"]),
        ]
        return Card(title, facts, [(said[name], f"{count:,}") for name, count in counts], steps)

    def __str__(self) -> str:
        return self.to_text()

    def _when(self) -> str:
        if not self.days:
            return "no day"
        kinds = ", ".join(f"{name} {count}" for name, count in self.kinds.items() if count)
        span = f"{self.days[0]} to {self.days[-1]}" if len(self.days) > 1 else self.days[0]
        days = f"each of {len(self.days):,} days ({span}" if len(self.days) > 1 else f"{span} ("
        return f"{days}{'; ' if len(self.days) > 1 and kinds else ''}{kinds})".replace(" ()", "")


def _by(before: str, after: str) -> str:
    try:
        change = float(after) - float(before)
    except ValueError:
        return ""
    return f" (by {change:.6g})" if change == change else ""  # noqa: PLR0124 -- NaN has no size


def _said(text: str, language: Language) -> str:
    return retold(text, language, "quanthedge.studies.lookahead", "said")
