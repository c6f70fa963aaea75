"""Pages of the site that are made from the code leave nothing out; both languages do the same."""

import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
sys.path.insert(0, str(DOCS / "_ext"))

pytest.importorskip("sphinx", reason="the extra docs is not installed")


from quanthedge.factors import Factor  # noqa: E402
from quanthedge.kinds import Kinded  # noqa: E402

CHINESE = sorted(path.relative_to(DOCS / "zh") for path in (DOCS / "zh").glob("*/*.md")
                 if path.parent.name in {"start", "howto"})  # fmt: skip
_COMMAND = re.compile(r"^```\{(run|kept)\}(.*?)^```", re.DOTALL | re.MULTILINE)
_CODE = re.compile(r"^```\{code-cell\} python\n(.*?)^```", re.DOTALL | re.MULTILINE)


def commands(path):
    """The commands of a page, without options of how much is shown, the language and the words."""
    found = []
    for _, text in _COMMAND.findall(path.read_text(encoding="utf-8")):
        lines = [line for line in text.strip().splitlines() if not line.startswith(":")]
        found.append(" ".join(" ".join(lines).replace("\\", " ").split()))
    return [one for one in found if one.startswith(("quanthedge", "python"))]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_key_of_a_strategy_has_a_meaning_in_both_languages(language):
    import reference

    words = reference.Words(language)
    page = reference.keys_page(words) + reference.factors_page(words)
    assert not words.missing, "add them to docs/texts/meanings_zh.csv"
    empty = [line for line in page.splitlines() if re.match(r"\| `\w+` \|.*\|\s+\|$", line)]
    assert not empty, "say it in the field's description"


def test_every_kind_of_every_part_is_on_the_page_of_keys():
    import reference

    page = reference.keys_page(reference.Words("en"))
    roots = {one for one in _all(Kinded) if one._root_class is one and one is not Factor}
    for root in roots:
        for kind in root.builtin():
            assert f'kind = "{kind}"' in page, f"{root.__name__} {kind}"


def _all(cls):
    for one in cls.__subclasses__():
        yield one
        yield from _all(one)


def test_every_factor_has_a_card_in_both_languages():
    import reference

    pages = [reference.factors_page(reference.Words(language)) for language in ("en", "zh")]
    for kind in Factor.builtin():
        if kind != "signal":  # a table of scores: docs/own_signals.md
            assert all(f"### `{kind}`" in page for page in pages)


def test_every_public_name_stands_in_a_group_of_the_reference():
    import api

    assert api.ungrouped() == [], "add them to docs/texts/api.toml"
    assert "quanthedge.backtest\n" in api.page()


def test_every_variable_of_the_environment_is_told():
    page = (DOCS / "reference" / "environment.md").read_text(encoding="utf-8")
    for path in (ROOT / "quanthedge").rglob("*.py"):
        for name in re.findall(r"\"(QUANTHEDGE_[A-Z_]+)\"", path.read_text(encoding="utf-8")):
            assert f"`{name}`" in page, f"{path.name}: {name}"


@pytest.mark.parametrize("page", CHINESE, ids=str)
def test_chinese_pages_run_commands_of_the_english_ones(page):
    english, chinese = commands(DOCS / page), commands(DOCS / "zh" / page)

    def bare(command):
        return re.sub(r"--language \S+|--format \S+", "", command).split()

    known = [bare(one) for one in english]
    assert [one for one in chinese if bare(one) not in known] == []
    texts = [(folder / page).read_text(encoding="utf-8") for folder in (DOCS, DOCS / "zh")]
    if not chinese and "code-cell" not in texts[1]:  # of another environment: named, not run
        named = [sorted(set(re.findall(r"`(quanthedge [^`]+)`", text))) for text in texts]
        assert named[0]
        assert named[0] == named[1]


def test_links_that_lead_nowhere_and_what_is_fetched_are_found(tmp_path):
    import links

    (tmp_path / "a.html").write_text(
        '<p id="here"></p><a href="b.html#there">b</a><a href="b.html#gone">b</a>'
        '<a href="c.html">c</a><a href="#here">here</a><a href="https://example.org">out</a>'
        '<script src="https://example.org/x.js"></script>'
    )
    (tmp_path / "b.html").write_text('<p id="there"></p>')
    assert links.faults(tmp_path) == [
        "a.html: is fetched from elsewhere: https://example.org/x.js",
        "a.html: leads nowhere: c.html",
        "a.html: no such place on the page: b.html#gone",
    ]


def test_a_chinese_query_of_any_length_is_found_by_the_words_of_a_page():
    import search_words

    split = search_words.SearchBoth({}).split
    there = set(split("提取业绩报酬的高水位线 hedge_ratio"))
    assert {"业绩", "绩报", "报酬"} <= there
    assert set(split("业绩报酬")) <= there
    assert "hedge_ratio" in there
    assert not set(split("管理费")) <= there


def test_a_page_leads_to_the_same_page_in_the_other_language():
    import bilingual

    known = {"index", "zh/index", "howto/sweep", "zh/howto/sweep", "ledger",
             "reference/generated/keys", "zh/generated/keys"}  # fmt: skip
    other = bilingual.other_language
    assert other("howto/sweep", known) == "zh/howto/sweep"
    assert other("zh/howto/sweep", known) == "howto/sweep"
    assert other("reference/generated/keys", known) == "zh/generated/keys"
    assert other("zh/generated/keys", known) == "reference/generated/keys"
    assert other("ledger", known) == "zh/index"
