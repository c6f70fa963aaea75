"""Every row of the rule book has a name in both languages."""

import re
import tomllib
from importlib.resources import files

import pytest

from quanthedge.rules.naming import rule_name, table_name
from quanthedge.rules.schemas import SCHEMAS
from quanthedge.rules.tables import read_table


@pytest.mark.parametrize("table", sorted(SCHEMAS))
def test_every_row_has_a_name_in_chinese_and_in_english(table: str) -> None:
    assert re.search("[\u4e00-\u9fff]", table_name(table, "zh"))
    assert "_" not in table_name(table, "en")
    for row in read_table(table, None):
        chinese = re.sub(r"\b(?:IF|IH|IC|IM)\b|[AB]股", "", rule_name(row.key, "zh"))
        assert not re.search("[A-Za-z_]", chinese), row.key
        assert "_" not in rule_name(row.key, "en"), row.key


def test_every_phrase_is_used_by_a_row() -> None:
    source = files("quanthedge.rules").joinpath("names.toml").read_text(encoding="utf-8")
    names = tomllib.loads(source)
    assert set(names["tables"]) == set(SCHEMAS)
    keys = {row.key for table in SCHEMAS for row in read_table(table, None)}
    for phrase in names["phrases"]:
        assert any(rule_name(key, "zh") != rule_name_without(key, phrase) for key in keys), phrase


def rule_name_without(key: str, phrase: str) -> str:
    """The name of a key from which the phrase is taken out: the same where it does not occur."""
    return rule_name(re.sub(rf"(?<![\\w-]){re.escape(phrase)}(?![\\w-])", "", key), "zh")
