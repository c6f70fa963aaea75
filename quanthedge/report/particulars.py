"""Who runs and keeps the fund, as papers print it: what is given, and nothing that is not."""

import math

from quanthedge.record import Record
from quanthedge.strategy import Particulars
from quanthedge.typing import Language
from quanthedge.words import notation, texts

__all__ = ["dealing", "lines", "people", "with_particulars"]

_PEOPLE = (
    "code", "manager", "portfolio_manager", "custodian", "administrator", "established",
    "risk_level",
)  # fmt: skip
Terms = list[tuple[str, str]]


def with_particulars(terms: Terms, run: Record, language: Language) -> Terms:
    """Return the terms of a fund between what is given of its people and of its dealing."""
    product = run.strategy.product
    if product is None:
        return terms
    named = [(_names(language)["name"], product.text("name", language))]
    return [
        *_given(named), *people(product, language), *terms, *dealing(product, run, language),
    ]  # fmt: skip


def people(product: Particulars, language: Language) -> Terms:
    """Return code, people, day of establishment and level of risk, where they are given."""
    names = _names(language)
    found = [(names[key], _particular(product, key, language)) for key in _PEOPLE]
    return _given(found)


def dealing(product: Particulars, run: Record, language: Language) -> Terms:
    """Return benchmark, open days, lines and contact, where they are given."""
    names = _names(language)
    texts_of = {key: product.text(key, language) for key in ("benchmark", "open_days", "contact")}
    contact = (names["contact"], texts_of.pop("contact"))
    found = [(names[key], text) for key, text in texts_of.items()]
    return _given([*found, *lines(product, run, language), contact])


def lines(product: Particulars, run: Record, language: Language) -> Terms:
    """Return the warning and the stop line with the way of the unit value to each."""
    names, unit = _names(language), float(run.ledger["unit_value"].iloc[-1])
    return _given(
        [
            (names[key], _line(getattr(product, key), unit, names))
            for key in ("warning_line", "stop_line")
        ]
    )


def _given(terms: Terms) -> Terms:
    return [(name, text) for name, text in terms if text]


def _names(language: Language) -> dict[str, str]:
    names: dict[str, str] = texts("quanthedge.report.texts", f"client_{language}")["particulars"]
    return names


def _particular(product: Particulars, key: str, language: Language) -> str:
    if key == "established":
        return "" if product.established is None else notation.day(product.established, language)
    if key in ("code", "risk_level"):
        return str(getattr(product, key) or "")
    return product.text(key, language)


def _line(level: float | None, unit: float, names: dict[str, str]) -> str:
    if level is None or not math.isfinite(unit):
        return ""
    away = unit / level - 1.0
    key = "line" if away >= 0.0 else "line_below"
    return names[key].format(
        level=f"{level:.4f}", above=notation.percent(away), below=notation.percent(-away)
    )
