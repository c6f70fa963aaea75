"""One term for a thing: every text of the package keeps to the glossary, in both languages."""

import re

import pytest

from benchmarks import glossary
from tests.test_words import FILES, PACKAGE, pairs

TERMS = glossary.terms()
UNITS = re.compile(r"\s*[（(](?:yuan|元|x)[）)]$")
TEXTS = [path for path in FILES if path.name != "glossary.toml"]


def label(text: str) -> str:
    """A name as it is compared: without its unit, in small letters."""
    return UNITS.sub("", text).casefold()


def test_a_term_has_one_english_and_one_chinese_word_and_no_other_has_them() -> None:
    for language in ("en", "zh"):
        names = [label(term[language]) for term in TERMS.values()]
        assert len(names) == len(set(names))
    for key, term in TERMS.items():
        assert {"en", "zh", "meaning_en", "meaning_zh"} <= term.keys(), key
        assert term.keys() <= {"en", "zh", "meaning_en", "meaning_zh", "also", "never"}, key


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_text_says_what_the_trade_does_not_say(path) -> None:
    text = path.read_text(encoding="utf-8")
    said = [
        f"{phrase!r} for {term['zh']} / {term['en']}"
        for term in TERMS.values()
        for phrase in term.get("never", [])
        if re.search(rf"(?<![A-Za-z]){re.escape(phrase)}(?![A-Za-z])", text)
    ]
    assert not said


WORDS = [
    ({label(one) for one in (term["en"], *also)}, {label(one) for one in (term["zh"], *also)})
    for term in TERMS.values()
    for also in [term.get("also", [])]
]


def strange(en: str, zh: str) -> bool:
    """Whether a pair names a term of the glossary by one of its words and not by the other."""
    english, chinese = label(en), label(zh)
    own = [english in words for words, others in WORDS if chinese in others]
    if own:
        return not any(own)
    return english in {label(term["en"]) for term in TERMS.values()}


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_term_is_translated_in_one_way_only(path) -> None:
    texts = [(at, en, zh) for at, en, zh in pairs(path) if isinstance(en, str)]
    assert not [f"{at}: {en} / {zh}" for at, en, zh in texts if strange(en, zh)]


def test_the_check_of_terms_finds_another_translation() -> None:
    assert strange("Historic high", "高水位")
    assert strange("High-water mark", "历史高点")
    assert not strange("high-water mark", "高水位")
    assert not strange("Cash drag (yuan)", "现金拖累（元）")


def test_most_terms_are_used_and_the_pages_are_those_of_the_glossary() -> None:
    assert [key for key, where in glossary.uses().items() if not where] == []
    for language, path in glossary.PAGES.items():
        assert path.read_text(encoding="utf-8") == glossary.page(language), path
