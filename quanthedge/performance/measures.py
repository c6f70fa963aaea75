"""The statistics of a run as one ordered collection, each with its unit and its definition.

The names and formulas, in English and Chinese, stand in ``measures.toml`` beside this module.
"""

import difflib
import html
import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

import pandas as pd

from quanthedge.errors import DataError
from quanthedge.performance.relation import Estimate
from quanthedge.typing import Language
from quanthedge.words import texts

__all__ = [
    "MINIMUM_DAYS",
    "PATTERNS",
    "Measure",
    "MeasureWriter",
    "Summary",
    "Unit",
    "Value",
    "definitions",
]

Unit = Literal["fraction", "yuan", "unit_value", "ratio", "coefficient", "days", "date", "count"]
Value = float | int | date | None
MINIMUM_DAYS = 20
PATTERNS: dict[str, str] = {
    "fraction": ".2%",
    "yuan": ",.0f",
    "unit_value": ".4f",
    "ratio": ".2f",
    "coefficient": ".3f",
    "days": ",.0f",
    "count": ",.0f",
}


def definitions() -> dict[str, Any]:
    """Return the texts of ``measures.toml``: chapters, measures, variants, reasons, units."""
    return texts("quanthedge.performance", "measures")


@dataclass(frozen=True)
class Measure:
    """One number about the run.

    Attributes
    ----------
    key : str
        Unique: the definition's id, followed by its variant where there is one.
    value : float, int, date or None
        None when it cannot be stated; ``reason`` says why.
    unit : str
        fraction, yuan, unit_value (yuan a unit), ratio, coefficient (correlation or beta), days,
        date or count.
    formula : str
        Id of the definition in ``measures.toml``.
    variant : str
        net, gross, index, daily, a cost line, a reason ..., or empty.
    chapter : str
        period, return, risk, neutrality, trading or costs.
    estimate : Estimate or None
        Standard error and 95% interval where the value is an estimate.
    reason : str or None
        Id of the reason why there is no value.
    """

    key: str
    value: Value
    unit: Unit
    formula: str
    variant: str
    chapter: str
    estimate: Estimate | None = None
    reason: str | None = None

    def label(self, language: Language = "en") -> str:
        """Return the name of the measure."""
        known = definitions()
        name = str(known["measures"][self.formula][language])
        if not self.variant:
            return name
        variant = str(known["variants"][self.variant][language])
        return f"{name}（{variant}）" if language == "zh" else f"{name} ({variant})"

    def formula_text(self, language: Language = "en") -> str:
        """Return the definition with its formula and day count."""
        return str(definitions()["measures"][self.formula][f"formula_{language}"])

    def text(self, language: Language = "en") -> str:
        """Return the value as it is printed, or why there is none."""
        if self.value is None:
            return str(definitions()["reasons"][self.reason or "undefined"][language])
        return _format_value(self.value, self.unit)


def _format_value(value: float | date, unit: str) -> str:
    """Return a number as printed in tables; a value that rounds to zero has no minus sign."""
    if isinstance(value, date):
        return value.isoformat()
    text = format(value, PATTERNS[unit])
    return text.lstrip("-") if not any(digit in text for digit in "123456789") else text


class Summary:
    """The statistics of a run, in reading order, grouped by chapter.

    ``summary["annual_return_net"]`` is a :class:`Measure`, ``summary.value(key)`` its value;
    printing gives a table, :meth:`to_frame` and :meth:`to_dict` give the numbers.
    """

    def __init__(self, measures: list[Measure]) -> None:
        self._measures = {measure.key: measure for measure in measures}

    def __getitem__(self, key: str) -> Measure:
        if key not in self._measures:
            near = difflib.get_close_matches(str(key), self._measures, n=3)
            raise DataError(
                f"summary: no measure {key!r}; "
                + (f"did you mean {', '.join(near)}?" if near else "see summary.to_frame()")
            )
        return self._measures[key]

    def __contains__(self, key: object) -> bool:
        return key in self._measures

    def __iter__(self) -> Iterator[Measure]:
        return iter(self._measures.values())

    def __len__(self) -> int:
        return len(self._measures)

    def value(self, key: str) -> Value:
        """Return the value of one measure; None when it cannot be stated."""
        return self[key].value

    def chapters(self) -> dict[str, list[Measure]]:
        """Return the measures of each chapter, in order."""
        grouped: dict[str, list[Measure]] = {}
        for measure in self:
            grouped.setdefault(measure.chapter, []).append(measure)
        return grouped

    def to_frame(self, language: Language = "en") -> pd.DataFrame:
        """Return one row a measure, indexed by key.

        Returns
        -------
        DataFrame
            chapter, name, value (as it is), unit, text (as printed), standard_error, low, high,
            observations (where the value is an estimate), formula.
        """
        rows = [
            {
                "key": measure.key,
                "chapter": measure.chapter,
                "name": measure.label(language),
                "value": measure.value,
                "unit": measure.unit,
                "text": measure.text(language),
                "standard_error": measure.estimate.standard_error if measure.estimate else None,
                "low": measure.estimate.low if measure.estimate else None,
                "high": measure.estimate.high if measure.estimate else None,
                "observations": measure.estimate.observations if measure.estimate else None,
                "formula": measure.formula_text(language),
            }
            for measure in self
        ]
        return pd.DataFrame(rows).set_index("key")

    def to_dict(self) -> dict[str, dict[str, Any]]:
        """Return ``{key: {value, unit, chapter, ...}}`` with plain JSON values and no NaN."""
        result: dict[str, dict[str, Any]] = {}
        for measure in self:
            value = measure.value
            entry: dict[str, Any] = {
                "value": value.isoformat() if isinstance(value, date) else value,
                "unit": measure.unit,
                "chapter": measure.chapter,
            }
            if measure.estimate is not None:
                entry["observations"] = measure.estimate.observations
                if value is not None:
                    entry["standard_error"] = measure.estimate.standard_error
                    entry["interval_95"] = [measure.estimate.low, measure.estimate.high]
            if value is None:
                entry["reason"] = measure.reason
            result[measure.key] = entry
        return result

    def __repr__(self) -> str:
        lines = []
        width = max(len(measure.label()) for measure in self)
        for chapter, measures in self.chapters().items():
            lines.append(f"\n{definitions()['chapters'][chapter]['en']}")
            for measure in measures:
                note = _interval(measure)
                lines.append(f"  {measure.label():<{width}}  {measure.text():>16}{note}".rstrip())
        return "\n".join(lines).lstrip("\n")

    def _repr_html_(self) -> str:
        """Return the table as HTML for a notebook."""
        rows = []
        for chapter, measures in self.chapters().items():
            name = html.escape(definitions()["chapters"][chapter]["en"])
            rows.append(f'<tr><th colspan="2" style="text-align:left">{name}</th></tr>')
            rows.extend(
                f'<tr title="{html.escape(measure.formula_text())}">'
                f'<td style="text-align:left">{html.escape(measure.label())}</td>'
                f"<td>{html.escape(measure.text() + _interval(measure))}</td></tr>"
                for measure in measures
            )
        return f"<table>{''.join(rows)}</table>"


def _interval(measure: Measure) -> str:
    if measure.estimate is None or measure.value is None:
        return ""
    return f"  [{measure.estimate.low:.3f}, {measure.estimate.high:.3f}]"


class MeasureWriter:
    """Collects measures; turns NaN into None with a reason."""

    def __init__(self, days: int) -> None:
        self.days = days
        self.chapter = ""
        self.measures: list[Measure] = []

    def add(
        self,
        formula: str,
        value: float | date | None,
        unit: Unit,
        *,
        variant: str = "",
        reason: str = "undefined",
        least_days: int = 0,
        estimate: Estimate | None = None,
    ) -> None:
        """Append one measure."""
        missing: str | None = None
        if self.days < least_days:
            value, missing = None, "too_short"
        elif value is None or (isinstance(value, float) and not math.isfinite(value)):
            value, missing = None, reason
        elif isinstance(value, pd.Timestamp):
            value = value.date()
        key = f"{formula}_{variant}" if variant else formula
        self.measures.append(
            Measure(key, value, unit, formula, variant, self.chapter, estimate, missing)
        )
