"""A card is short, stands in both languages, and fits a terminal and a notebook."""

from html.parser import HTMLParser

import pytest
from rich.cells import cell_len

from quanthedge.cards import Card, Carded
from quanthedge.words import LANGUAGES

LONG = {"en": "a long sentence of many words " * 20, "zh": "很长的一句话，没有任何空格。" * 40}
CARD = Card(
    {"en": "Book <A>", "zh": "组合<A>"},
    [{"en": "200 stocks.", "zh": "200只股票。"}],
    [({"en": "Invested", "zh": "仓位"}, "97.2%", "95.0%"), ({"en": "Beta", "zh": "贝塔"}, "0.03")],
    [("book.weights", {"en": "weight of each stock", "zh": "个股权重"})],
    heads=[{"en": "now", "zh": "当前"}, {"en": "mean", "zh": "均值"}],
)


class Reader(HTMLParser):
    """Keeps the texts of a page and holds every tag to be closed."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def read(page: str) -> list[str]:
    reader = Reader()
    reader.feed(page)
    assert reader.open == []
    return reader.texts


def test_a_card_prints_its_columns_below_one_another_in_both_languages() -> None:
    assert CARD.text("en").splitlines() == [
        "Book <A>",
        "  200 stocks.",
        "",
        "              now   mean",
        "  Invested  97.2%  95.0%",
        "  Beta       0.03",
        "",
        "  Next",
        "    book.weights  weight of each stock",
    ]
    chinese = CARD.text("zh").splitlines()
    assert chinese[0] == "组合<A>"
    ends = [cell_len(line[: line.index(value)]) for line, value in zip(
        chinese[4:6], ("97.2%", "0.03"), strict=True)]  # fmt: skip
    assert ends[0] + len("97.2%") == ends[1] + len("0.03")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_of_a_card_says_what_its_text_says(language: str) -> None:
    texts = read(CARD.html(language))
    for line in CARD.text(language).splitlines():
        for part in filter(None, line.strip().split("  ")):
            assert part.strip() in " ".join(texts)
    assert "<A>" not in CARD.html(language), "a name is a text, not a tag"
    assert f'lang="{language}' in CARD.html(language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_makes_a_card_wide_or_long(language: str) -> None:
    card = Card(LONG, [LONG] * 9, [(LONG, "1")] * 99, [("x" * 70, LONG)] * 9)
    assert all(cell_len(line) <= 80 for line in card.text(language).splitlines())
    assert len(card.text(language).splitlines()) < 45
    assert {"en": "and 89 more", "zh": "另有 89 项"}[language] in card.text(language)


def test_the_language_is_that_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    class Book(Carded):
        def card(self) -> Card:
            return CARD

    monkeypatch.setenv("QUANTHEDGE_LANGUAGE", "zh")
    assert repr(Book()) == CARD.text("zh")
    assert Book()._repr_html_() == CARD.html("zh")
    monkeypatch.setenv("QUANTHEDGE_LANGUAGE", "en")
    assert repr(Book()) == CARD.text("en")
