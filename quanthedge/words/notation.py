"""How numbers, dates and amounts are written, by the custom of each language: one place for all.

Tables have figures and dates that sort and copy, alike in both languages: ``1,234.50``,
``12.34%``, ``2015-03-31``. Running text follows its reader: ``2015年3月31日`` and
``31 March 2015``; ``1.2 亿元`` and ``120 million yuan``. What is not a number is a dash, and what
rounds to zero has no sign.
"""

import math
from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from quanthedge.typing import Language

__all__ = [
    "MISSING",
    "PATTERNS",
    "counted",
    "day",
    "figure",
    "half_year",
    "iso",
    "large_yuan",
    "listed",
    "month",
    "month_heading",
    "number",
    "percent",
    "quarter",
    "span",
    "year",
    "yuan",
]

MISSING: Final = "–"
PATTERNS: Final[dict[str, str]] = {
    "fraction": ".2%",
    "yuan": ",.0f",
    "unit_value": ".4f",
    "ratio": ".2f",
    "coefficient": ".3f",
    "days": ",.0f",
    "count": ",.0f",
}
_MONTHS: Final = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip
_SCALES: "Final[dict[Language, tuple[tuple[float, str], ...]]]" = {
    "zh": ((1e8, "亿元"), (1e4, "万元"), (1.0, "元")),
    "en": ((1e9, "billion yuan"), (1e6, "million yuan"), (1.0, "yuan")),
}
_COUNTED: "Final[dict[str, dict[Language, tuple[str, str]]]]" = {
    "calendar_days": {"en": ("calendar day", "calendar days"), "zh": ("个自然日", "个自然日")},
    "clients": {"en": ("investor", "investors"), "zh": ("位投资者", "位投资者")},
    "days": {"en": ("day", "days"), "zh": ("天", "天")},
    "lots": {"en": ("contract", "contracts"), "zh": ("手", "手")},
    "months": {"en": ("month", "months"), "zh": ("个月", "个月")},
    "stocks": {"en": ("stock", "stocks"), "zh": ("只股票", "只股票")},
    "trading_days": {"en": ("trading day", "trading days"), "zh": ("个交易日", "个交易日")},
    "units": {"en": ("unit", "units"), "zh": ("份", "份")},
    "weeks": {"en": ("week", "weeks"), "zh": ("周", "周")},
    "years": {"en": ("year", "years"), "zh": ("年", "年")},
}


def number(value: float, pattern: str, missing: str = MISSING) -> str:
    """Return a number by a Python format; a dash for NaN, and no sign on what rounds to zero.

    >>> number(1234.5, ",.2f"), number(-0.00001, ".2%"), number(float("nan"), ".2f")
    ('1,234.50', '0.00%', '–')
    """
    if math.isnan(value):
        return missing
    text = format(value, pattern)
    if text[:1] in ("-", "+") and not any(digit in text for digit in "123456789"):
        return text[1:]
    return text


def figure(value: float | date | None, unit: str) -> str:
    """Return a figure by its unit (see ``PATTERNS``), a date as it stands in tables.

    >>> figure(0.12345, "fraction"), figure(1.0, "unit_value"), figure(date(2015, 3, 31), "date")
    ('12.35%', '1.0000', '2015-03-31')
    """
    if value is None:
        return MISSING
    return iso(value) if isinstance(value, date) else number(value, PATTERNS[unit])


def percent(value: float, digits: int = 2, *, signed: bool = False) -> str:
    """Return a fraction in percent.

    >>> percent(0.1234), percent(0.05, signed=True)
    ('12.34%', '+5.00%')
    """
    return number(value, f"{'+' if signed else ''}.{digits}%")


def iso(value: date) -> str:
    """Return a day as it stands in tables of both languages.

    >>> iso(date(2015, 3, 31))
    '2015-03-31'
    """
    return f"{value:%Y-%m-%d}"


def day(value: date, language: "Language") -> str:
    """Return a day as running text writes it; a Timestamp is a date too.

    >>> day(date(2015, 3, 31), "zh"), day(date(2015, 3, 31), "en")
    ('2015年3月31日', '31 March 2015')
    """
    if language == "zh":
        return f"{value.year}年{value.month}月{value.day}日"
    return f"{value.day} {_MONTHS[value.month - 1]} {value.year}"


def span(first: date, last: date, language: "Language") -> str:
    """Return two days and what lies between.

    >>> span(date(2014, 9, 1), date(2015, 3, 31), "zh")
    '2014年9月1日至2015年3月31日'
    >>> span(date(2014, 9, 1), date(2015, 3, 31), "en")
    '1 September 2014 to 31 March 2015'
    """
    between = "至" if language == "zh" else " to "
    return between.join(day(one, language) for one in (first, last))


def year(value: int, language: "Language") -> str:
    """Return a year.

    >>> year(2015, "zh"), year(2015, "en")
    ('2015年', '2015')
    """
    return f"{value}年" if language == "zh" else str(value)


def quarter(in_year: int, which: int, language: "Language") -> str:
    """Return a quarter, 1 to 4, of a year.

    >>> quarter(2015, 1, "zh"), quarter(2015, 1, "en")
    ('2015年第一季度', 'Q1 2015')
    """
    if language == "zh":
        return f"{in_year}年第{'一二三四'[which - 1]}季度"
    return f"Q{which} {in_year}"


def half_year(in_year: int, which: int, language: "Language") -> str:
    """Return a half, 1 or 2, of a year.

    >>> half_year(2015, 1, "zh"), half_year(2015, 2, "en")
    ('2015年上半年', 'H2 2015')
    """
    if language == "zh":
        return f"{in_year}年{'上下'[which - 1]}半年"
    return f"H{which} {in_year}"


def month(value: date, language: "Language") -> str:
    """Return the month of a day.

    >>> month(date(2015, 3, 31), "zh"), month(date(2015, 3, 31), "en")
    ('2015年3月', 'March 2015')
    """
    if language == "zh":
        return f"{value.year}年{value.month}月"
    return f"{_MONTHS[value.month - 1]} {value.year}"


def month_heading(which: int, language: "Language") -> str:
    """Return a month, 1 to 12, as the head of a narrow column.

    >>> month_heading(3, "zh"), month_heading(9, "en")
    ('3月', 'Sep')
    """
    return f"{which}月" if language == "zh" else _MONTHS[which - 1][:3]


def yuan(value: float, language: "Language", digits: int = 2) -> str:
    """Return an amount to the fen (or ``digits``), with its unit.

    >>> yuan(1234567.891, "zh"), yuan(1234567.891, "en")
    ('1,234,567.89 元', '1,234,567.89 yuan')
    """
    return f"{number(value, f',.{digits}f')} {'元' if language == 'zh' else 'yuan'}"


def large_yuan(value: float, language: "Language", digits: int = 2) -> str:
    """Return an amount in the unit in which it is spoken of, with at most ``digits`` decimals.

    >>> large_yuan(100_000_000, "zh"), large_yuan(100_000_000, "en")
    ('1 亿元', '100 million yuan')
    >>> large_yuan(34_567_890, "zh"), large_yuan(99_999_999, "zh"), large_yuan(8000, "en")
    ('3,456.79 万元', '1 亿元', '8,000 yuan')
    """
    for scale, unit in _SCALES[language]:
        scaled = round(value / scale, digits)
        if abs(scaled) >= 1.0 or scale == 1.0:
            text = number(scaled, f",.{digits}f")
            return f"{text.rstrip('0').rstrip('.') if '.' in text else text} {unit}"
    return MISSING  # NaN is in no unit


def counted(count: int, what: str, language: "Language") -> str:
    """Return how many there are of something, in English with its plural.

    >>> counted(1, "trading_days", "en"), counted(1200, "trading_days", "zh")
    ('1 trading day', '1,200 个交易日')
    """
    one, many = _COUNTED[what][language]
    return f"{count:,} {one if count == 1 else many}"


def listed(items: Sequence[str], language: "Language") -> str:
    """Return a list as a sentence holds it.

    >>> listed(["IF", "IC", "IM"], "zh"), listed(["IF", "IC", "IM"], "en")
    ('IF、IC、IM', 'IF, IC and IM')
    """
    if language == "zh":
        return "、".join(items)
    return " and ".join([*([", ".join(items[:-1])] if items[1:] else []), *items[-1:]])
