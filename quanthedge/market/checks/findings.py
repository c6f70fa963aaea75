"""What a check found, counted and named, as objects and as text a person reads."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from quanthedge.errors import DataError
from quanthedge.typing import Language
from quanthedge.words import LANGUAGES, Bilingual, error_said, retold, texts

__all__ = ["CheckReport", "Collector", "Finding"]

Level = Literal["error", "warning", "info"]
_LEVELS: tuple[Level, ...] = ("error", "warning", "info")
# rules of findings that mean the same wherever they are met
_ALREADY_THERE = "already there"
_ASSUMED = "assumed"
_REPEATED = "that repeat another row in every value counted once"


@dataclass(frozen=True)
class Finding:
    """One rule that one table broke (or a conversion that was made), with count and examples."""

    level: Level
    table: str
    rule: str
    count: int
    examples: list[str]
    text: str
    zh: str = ""

    def __str__(self) -> str:
        return self.text

    def told(self, language: Language) -> str:
        """Return it in a language; in English where it is not known in Chinese."""
        return (self.zh if language == "zh" else "") or self.text


@dataclass(frozen=True)
class CheckReport:
    """Everything a check found, errors first.

    Examples
    --------
    >>> collector = Collector()
    >>> collector.add("error", "stock_daily", "price", 2, "have close <= 0",
    ...               ["600519.SH 2014-09-17"], cure="fix the source")
    >>> print(collector.report())
    1 error, 0 warnings, 0 notes
    error    stock_daily: 2 rows have close <= 0 (first: 600519.SH 2014-09-17); fix the source
    """

    findings: list[Finding]

    def of(self, level: Level) -> list[Finding]:
        """Return the findings of one level."""
        return [finding for finding in self.findings if finding.level == level]

    @property
    def errors(self) -> list[Finding]:
        """What makes the data unusable."""
        return self.of("error")

    @property
    def warnings(self) -> list[Finding]:
        """What a reader of results should know."""
        return self.of("warning")

    @property
    def ok(self) -> bool:
        """Whether there is no error."""
        return not self.errors

    @property
    def already_there(self) -> bool:
        """Whether the dataset was there already, so that nothing was written."""
        return any(finding.rule == _ALREADY_THERE for finding in self.findings)

    @property
    def assumptions(self) -> tuple[str, ...]:
        """What the source does not hold and had to be assumed, in words."""
        return tuple(finding.text for finding in self.findings if finding.rule == _ASSUMED)

    def raise_errors(self, what: str) -> None:
        """Raise a DataError that names the first errors; do nothing when there is none."""
        errors = self.errors
        if not errors:
            return
        told = {code: [error.told(code) for error in errors[:3]] for code in LANGUAGES}
        more = len(errors) - 3
        if more > 0:
            told["en"].append(f"and {more} more errors")
            told["zh"].append(f"另有 {more} 项错误")
        problem = DataError(f"{what}: " + "\n  ".join(told["en"]))
        problem.zh = f"{error_said(what, 'zh')}：" + "\n  ".join(told["zh"])
        raise problem

    def __iter__(self) -> Iterator[Finding]:
        return iter(self.findings)

    def __str__(self) -> str:
        return self.to_text()

    def to_text(self, language: Language = "en") -> str:
        """Return the report as text: the counts, then one line per finding, errors first."""
        counts = {level: len(self.of(level)) for level in _LEVELS}
        plural = [
            f"{n} {word}{'' if n == 1 else 's'}" if language == "en" else str(n)
            for word, n in zip(("error", "warning", "note"), counts.values(), strict=True)
        ]
        said = _shape("counts")[language]
        lines = [said.format(errors=plural[0], warnings=plural[1], notes=plural[2])]
        for level in _LEVELS:
            word = f"{_shape(level)[language]:{8 if language == 'en' else 4}}"
            lines += [f"{word} {finding.told(language)}" for finding in self.of(level)]
        return "\n".join(lines)


def _shape(name: str) -> Bilingual:
    found: Bilingual = texts("quanthedge.market.checks", "report")["shape"][name]
    return found


def _chinese(text: str) -> str:
    """Return what the code says of data, or a unit, in Chinese; what is not known as it is."""
    return retold(text, "zh", "quanthedge.market.checks", "findings")


@dataclass
class _Entry:
    level: Level
    table: str
    rule: str
    what: str
    cure: str
    unit: str
    count: int = 0
    examples: list[str] = field(default_factory=list)

    def finding(self) -> Finding:
        if self.count == 0:
            text = f"{self.table}: {self.what}"
        else:
            one = self.count == 1
            unit = self.unit if one else _plural(self.unit)
            text = (
                f"{self.table}: {self.count:,} {unit} {_singular(self.what) if one else self.what}"
            )
        if len(self.examples) == 1 and self.count <= 1:
            text += f" ({self.examples[0]})"
        elif self.examples:
            text += f" (first: {'; '.join(self.examples[:3])})"
        if self.cure:
            text += f"; {self.cure}"
        return Finding(
            self.level, self.table, self.rule, self.count, self.examples, text, self._in_chinese()
        )

    def _in_chinese(self) -> str:
        shape = "counted" if self.count else "of_table"
        text = _shape(shape)["zh"].format(
            table=self.table, count=f"{self.count:,}", unit=_chinese(self.unit),
            what=_chinese(self.what),
        )  # fmt: skip
        if len(self.examples) == 1 and self.count <= 1:
            text += _shape("one")["zh"].format(example=self.examples[0])
        elif self.examples:
            text += _shape("several")["zh"].format(examples="；".join(self.examples[:3]))
        return f"{text}；{_chinese(self.cure)}" if self.cure else text


_SINGULAR = {
    "have": "has",
    "are": "is",
    "were": "was",
    "lie": "lies",
    "repeat": "repeats",
    "report": "reports",
    "end": "ends",
    "overlap": "overlaps",
    "close": "closes",
    "follow": "follows",
}


def _singular(what: str) -> str:
    verb, _, rest = what.partition(" ")
    return f"{_SINGULAR.get(verb, verb)} {rest}"


def _plural(unit: str) -> str:
    if unit.endswith("series"):
        return unit
    if unit.endswith("ch"):
        return unit + "es"
    return unit[:-1] + "ies" if unit.endswith("y") and not unit.endswith("day") else unit + "s"


class Collector:
    """Gathers findings piece by piece; the same rule met again adds to its count."""

    EXAMPLES = 5  # that are kept of a finding, the first ones

    def __init__(self) -> None:
        self._entries: dict[tuple[str, str, str], _Entry] = {}
        self._parts: list[Collector] = []
        self.doubles: list[Any] = []  # of checks.doubles: what an import joins

    def part(self) -> "Collector":
        """Return a collector whose findings, also later ones, count among these."""
        self._parts.append(Collector())
        return self._parts[-1]

    def forget(self, table: str) -> None:
        """Drop what was found about a table that is not used after all."""
        self._entries = {key: one for key, one in self._entries.items() if one.table != table}

    def _all(self) -> Iterator[_Entry]:
        for part in self._parts:
            yield from part._all()
        yield from self._entries.values()

    def add(
        self,
        level: Level,
        table: str,
        rule: str,
        count: int,
        what: str,
        examples: Iterable[str] = (),
        *,
        cure: str = "",
        unit: str = "row",
    ) -> None:
        """Count a finding; `count` 0 means a statement about the whole table."""
        key = (table, rule, what)
        entry = self._entries.setdefault(key, _Entry(level, table, rule, what, cure, unit))
        entry.count += count
        room = self.EXAMPLES - len(entry.examples)
        if room > 0:
            entry.examples += list(examples)[:room]

    def assume(self, table: str, what: str) -> None:
        """Report an assumption about data that the source does not hold; it stays in the manifest.

        >>> collector = Collector()
        >>> collector.assume("stock_daily", "is_st is not in the source: no stock counts as ST")
        >>> print(collector.report().warnings[0])
        stock_daily: is_st is not in the source: no stock counts as ST
        """
        self.add("warning", table, _ASSUMED, 0, what)

    def repeated(self, table: str, count: int, examples: Iterable[str] = ()) -> None:
        """Report rows of a table that say again what another one says and count once."""
        self.add("info", table, "repeats", count, _REPEATED, examples)

    def already_there(self) -> None:
        """Report that the dataset is there already, so that nothing is written."""
        what = "is there already: nothing written"
        self.add("info", "dataset", _ALREADY_THERE, 0, what)

    @property
    def failed(self) -> bool:
        """Whether an error was found."""
        return any(entry.level == "error" for entry in self._all())

    def report(self) -> CheckReport:
        """All findings so far, errors first, in the order in which they were met."""
        findings = [entry.finding() for entry in self._all()]
        return CheckReport(sorted(findings, key=lambda f: _LEVELS.index(f.level)))
