"""The quality report as text: short enough for a screen."""

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
import pandas as pd

from quanthedge.market.checks.findings import CheckReport
from quanthedge.market.checks.moves import MOVES
from quanthedge.market.manifest import Manifest
from quanthedge.market.quality.coverage import CoverageRow
from quanthedge.market.quality.tables import TableFacts

__all__ = ["coverage_text", "findings_text", "moves_text", "tables_text"]

Array = np.ndarray[Any, Any]

SHORT = 12  # digits of a fingerprint on the screen
FEW = 3


def findings_text(checks: CheckReport, *, leave_out: Collection[str] = ()) -> str:
    """Return the findings' lines, some rules left out that are told by themselves."""
    head = checks.to_text().splitlines()[0]
    rest = CheckReport([finding for finding in checks if finding.rule not in leave_out])
    return "\n".join([head, *rest.to_text().splitlines()[1:]])


def moves_text(suspects: pd.DataFrame) -> str:
    """Count the suspicious stock-days by class, with the first of each."""
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
    return "\n".join(lines)


def _size(rule: str, row: Any) -> str:
    """Return what is odd about a row: the move, the factor's step or the range."""
    if rule == "adj_factor falls":
        return f"x {row.adj_step:.3f}"
    if rule == "high or low beyond the price limit":
        return f"{row.low:.2f} to {row.high:.2f} of {row.lowest:.2f} to {row.highest:.2f}"
    return f"{row.change:+.1%}"


def coverage_text(
    months: Array, coverage: Sequence[CoverageRow], gaps: Sequence[str], complete: int
) -> str:
    """Give each table one line: its lines' median months, from the worst to the best."""
    lines = [f"Coverage by month, {months[0]} to {months[-1]} (median month)"]
    groups: dict[str, list[CoverageRow]] = {}
    for row in coverage:
        if row.expected is not None:
            groups.setdefault(row.group, []).append(row)
    for group, rows in groups.items():
        worst = sorted(rows, key=_median)
        text = ", ".join(f"{row.name} {_median(row):.0%}" for row in worst[:FEW])
        if len(rows) > FEW:
            text += f" ... {worst[-1].name} {_median(worst[-1]):.0%} ({len(rows)} lines)"
        lines.append(f"  {group}: {text}")
    empty = sum(": none in" in gap for gap in gaps)
    lines.append(
        f"  {complete} lines complete, {len(gaps)} with gaps, {empty} of them "
        "empty in some month (--html shows them month by month)"
    )
    return "\n".join(lines)


def _median(row: CoverageRow) -> float:
    share = row.share[~np.isnan(row.share)]
    return float(np.median(share)) if len(share) else 1.0


def tables_text(manifest: Manifest, tables: Sequence[TableFacts]) -> str:
    """Return the fingerprint, and of each table rows, size, digest and dates."""
    lines = [f"Fingerprint {manifest.fingerprint}"]
    for facts in tables:
        span = f"{facts.first} to {facts.last}" if facts.first else ""
        lines.append(
            f"  {facts.name:21} {facts.rows:>10,} rows  {facts.bytes / 1e6:>7.1f} MB  "
            f"{facts.content[:SHORT]}  {span}"
        )
    lines += [f"  assumed: {text}" for text in manifest.assumptions]
    return "\n".join(lines)
