"""The quality report as text: short enough for a screen."""

from typing import TYPE_CHECKING, Any

import numpy as np

from quanthedge.market.checks.findings import CheckReport
from quanthedge.market.checks.moves import MOVES
from quanthedge.market.quality.coverage import CoverageRow

if TYPE_CHECKING:
    from quanthedge.market.quality.report import QualityReport

__all__ = ["report_text"]

SHORT = 12  # digits of a fingerprint on the screen
FEW = 3


def report_text(report: "QualityReport") -> str:
    """Return findings, suspicious days by class, coverage by table, and fingerprints."""
    parts = ["\n".join(_findings(report))]
    if report.counts is None:
        parts.append("No coverage: a table's file is missing or changed.")
    else:
        parts += ["\n".join(_moves(report)), "\n".join(_coverage(report))]
    parts.append("\n".join(_tables(report)))
    return "\n\n".join(parts)


def _findings(report: "QualityReport") -> list[str]:
    """Return the findings' lines; suspicious moves follow by themselves."""
    head = report.checks.to_text().splitlines()[0]
    moves = {move.rule for move in MOVES} if report.counts is not None else set()
    rest = CheckReport([finding for finding in report.checks if finding.rule not in moves])
    return [head, *rest.to_text().splitlines()[1:]]


def _moves(report: "QualityReport") -> list[str]:
    """Count the suspicious stock-days by class, with the first of each."""
    suspects = report.suspects
    warned = suspects[suspects["level"] == "warning"]
    days = len(warned[["code", "date"]].drop_duplicates())
    lines = [f"Suspicious moves: {days:,} stock-days"]
    for move in MOVES:
        rows = suspects[suspects["kind"] == move.rule]
        if len(rows):
            first = ", ".join(
                f"{row.code} {row.date:%Y-%m-%d} {_size(move.rule, row)}"
                for row in rows.head(FEW).itertuples()
            )
            note = " (not counted above)" if move.level == "info" else ""
            lines.append(f"  {len(rows):5,}  {move.rule}{note}: {first}")
    return lines


def _size(rule: str, row: Any) -> str:
    """Return what is odd about a row: the move, the factor's step or the range."""
    if rule == "adj_factor falls":
        return f"x {row.adj_step:.3f}"
    if rule == "high or low beyond the price limit":
        return f"{row.low:.2f} to {row.high:.2f} of {row.lowest:.2f} to {row.highest:.2f}"
    return f"{row.change:+.1%}"


def _coverage(report: "QualityReport") -> list[str]:
    """Give each table one line: its lines' median months, from the worst to the best."""
    months = report.months
    lines = [f"Coverage by month, {months[0]} to {months[-1]} (median month)"]
    groups: dict[str, list[CoverageRow]] = {}
    for row in report.coverage:
        if row.expected is not None:
            groups.setdefault(row.group, []).append(row)
    for group, rows in groups.items():
        worst = sorted(rows, key=_median)
        text = ", ".join(f"{row.name} {_median(row):.0%}" for row in worst[:FEW])
        if len(rows) > FEW:
            text += f" ... {worst[-1].name} {_median(worst[-1]):.0%} ({len(rows)} lines)"
        lines.append(f"  {group}: {text}")
    empty = sum(": none in" in gap for gap in report.gaps)
    lines.append(
        f"  {len(report.complete)} lines complete, {len(report.gaps)} with gaps, {empty} of them "
        "empty in some month (--html shows them month by month)"
    )
    return lines


def _median(row: CoverageRow) -> float:
    share = row.share[~np.isnan(row.share)]
    return float(np.median(share)) if len(share) else 1.0


def _tables(report: "QualityReport") -> list[str]:
    lines = [f"Fingerprint {report.manifest.fingerprint}"]
    for facts in report.tables:
        span = f"{facts.first} to {facts.last}" if facts.first else ""
        lines.append(
            f"  {facts.name:21} {facts.rows:>10,} rows  {facts.bytes / 1e6:>7.1f} MB  "
            f"{facts.content[:SHORT]}  {span}"
        )
    lines += [f"  assumed: {text}" for text in report.manifest.assumptions]
    return lines
