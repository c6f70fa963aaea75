"""Every row of the rule book has a name in both languages."""

import re
import tomllib
from importlib.resources import files

import pytest

from quanthedge.rules.naming import rule_names
from quanthedge.rules.schemas import SCHEMAS
from quanthedge.rules.tables import read_table


@pytest.mark.parametrize("table", sorted(SCHEMAS))
def test_every_row_has_a_name_in_chinese_and_in_english(table: str) -> None:
    for row in read_table(table, None):
        about, name = rule_names(table, row.key, "zh")
        assert re.search("[\u4e00-\u9fff]", about)
        assert not re.search("[A-Za-z_]", re.sub(r"\b(?:IF|IH|IC|IM)\b|[AB]股", "", name)), row.key
        assert "_" not in "".join(rule_names(table, row.key, "en")), row.key


def test_every_phrase_is_used_by_a_row() -> None:
    source = files("quanthedge.rules").joinpath("names.toml").read_text(encoding="utf-8")
    names = tomllib.loads(source)
    assert set(names["tables"]) == set(SCHEMAS)
    rows = {(table, row.key) for table in SCHEMAS for row in read_table(table, None)}
    for phrase in names["phrases"]:
        assert any(rule_names(*row, "zh") != names_without(*row, phrase) for row in rows), phrase


def names_without(table: str, key: str, phrase: str) -> tuple[str, str]:
    """The names of a row from whose key a phrase is taken out: the same where it does not occur."""
    without = re.sub(rf"(?<![\\w-]){re.escape(phrase)}(?![\\w-])", "", key)
    return rule_names(table, without, "zh")
