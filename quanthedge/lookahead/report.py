"""What an audit compared and what it found."""

from dataclasses import dataclass

from quanthedge.errors import StrategyError

__all__ = ["AuditReport", "Moved"]

_LIMITS = (
    "An audit sees what moves when the data after a day move. It cannot see data that are wrong "
    "about the day on which they became public, parameters that were chosen knowing the results, "
    "or models that were fitted elsewhere."
)


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
        The cell; code is empty where the part is not by stock.
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


@dataclass(frozen=True)
class AuditReport:
    """Everything that an audit compared.

    Attributes
    ----------
    subject
        What was audited.
    days
        The days after which the future was changed.
    alterations
        How it was changed.
    cells
        Values compared.
    findings
        The first cell that moved, for each part, day and alteration.
    """

    subject: str
    days: tuple[str, ...]
    alterations: tuple[str, ...]
    cells: int
    findings: tuple[Moved, ...]

    @property
    def passed(self) -> bool:
        """Whether nothing moved."""
        return not self.findings

    def raise_if_failed(self) -> None:
        """Raise StrategyError with the first finding when something moved."""
        if self.findings:
            raise StrategyError(f"look-ahead: {self.subject}: {self.findings[0]}")

    def to_text(self) -> str:
        """Return the report as text."""
        verdict = "passed" if self.passed else f"failed, {len(self.findings)} findings"
        lines = [
            f"Look-ahead audit of {self.subject}: {verdict}",
            f"{self.cells:,} values compared, with the data after {', '.join(self.days)} "
            f"{' / '.join(self.alterations)}",
            *(f"- {finding}" for finding in self.findings[:10]),
        ]
        if len(self.findings) > 10:
            lines.append(f"and {len(self.findings) - 10} more")
        return "\n".join([*lines, _LIMITS])

    def __str__(self) -> str:
        return self.to_text()


def _by(before: str, after: str) -> str:
    try:
        change = float(after) - float(before)
    except ValueError:
        return ""
    return f" (by {change:.6g})" if change == change else ""  # noqa: PLR0124 -- NaN has no size
