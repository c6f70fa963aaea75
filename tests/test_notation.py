"""Numbers, dates and amounts follow each language, as the locales of Unicode have it."""

import math
from datetime import date, timedelta

import pandas as pd
import pytest

from quanthedge.typing import Language
from quanthedge.words import notation

LOCALES: dict[Language, str] = {"zh": "zh_Hans_CN", "en": "en_GB"}
DAYS = [date(2014, 12, 31) + timedelta(days=37 * step) for step in range(40)]


@pytest.mark.parametrize("language", LOCALES)
def test_days_and_months_are_those_of_the_locale(language: Language) -> None:
    dates = pytest.importorskip("babel.dates", reason="the locales' tables come with the site")
    for one in DAYS:
        assert notation.day(one, language) == dates.format_date(one, "long", LOCALES[language])
        short = dates.format_date(one, "LLL", LOCALES[language])
        assert notation.month_heading(one.month, language) == short[:3]
        whole = dates.format_skeleton("yMMMM", one, locale=LOCALES[language])
        assert notation.month(one, language) == whole


@pytest.mark.parametrize("language", LOCALES)
def test_large_amounts_are_those_of_the_locale(language: Language) -> None:
    numbers = pytest.importorskip("babel.numbers", reason="the locales' tables come with the site")
    for value in (8e3, 3.4e4, 1.25e6, 34_567_890, 1e8, 99_999_999.9, 2.5e9, 1.234e10):
        said = notation.large_yuan(value, language).removesuffix("yuan").removesuffix("元")
        word, scale = (
            ("", 1.0) if said.split()[1:] == [] else (said.split()[1], SCALES[said.split()[1]])
        )
        assert float(said.split()[0].replace(",", "")) * scale == pytest.approx(value, rel=1e-4)
        if word:
            other = numbers.format_compact_decimal(
                value, format_type="long", locale=LOCALES[language], fraction_digits=2
            )
            assert word in other


SCALES = {"万": 1e4, "亿": 1e8, "million": 1e6, "billion": 1e9}


def test_a_timestamp_is_a_day() -> None:
    last = pd.Timestamp("2015-03-31")
    assert notation.day(last, "zh") == "2015年3月31日"
    assert notation.iso(last) == "2015-03-31"
    assert notation.figure(last, "date") == "2015-03-31"


def test_what_is_not_a_number_is_a_dash_and_zero_has_no_sign() -> None:
    assert notation.number(math.nan, ".2f") == "–"
    assert notation.number(-0.004, ".2f") == notation.number(0.004, "+.2f") == "0.00"
    assert notation.number(-0.006, ".2f") == "-0.01"
    assert notation.percent(math.nan) == notation.figure(None, "fraction") == "–"
    assert notation.large_yuan(math.nan, "zh").startswith("–")


def test_lists_of_none_one_and_two_are_right() -> None:
    assert [notation.listed(["a", "b"][:n], "en") for n in range(3)] == ["", "a", "a and b"]
    assert [notation.listed(["a", "b"][:n], "zh") for n in range(3)] == ["", "a", "a、b"]


def test_an_amount_of_units_is_counted_in_both_languages() -> None:
    assert notation.counted(1, "lots", "en") == "1 contract"
    assert notation.counted(2, "lots", "en") == "2 contracts"
    assert notation.counted(2, "lots", "zh") == "2 手"
