"""`quanthedge explain`: one stock in tomorrow's book, and one line for what cannot be."""

import pytest
from typer.testing import CliRunner

from quanthedge.cli.app import app
from quanthedge.errors import QuantHedgeError
from tests.sample import NEUTRAL, SAMPLE, sample_market


def command(*words):
    return ["explain", str(NEUTRAL), *words, "--market", str(SAMPLE), "--start", "2015-05-04",
            "--set", "selector.n=30"]  # fmt: skip


@pytest.mark.parametrize(("language", "word"), [("en", "wanted now"), ("zh", "现在是否在目标组合")])
def test_a_stock_is_explained_in_the_language_asked_for(language, word):
    code = str(sample_market().codes[5])
    done = CliRunner().invoke(app, command(code, "2015-06-30", "--language", language))
    assert done.exit_code == 0, done.output
    assert code in done.output
    assert word in done.output


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("999999.SH", "2015-06-30"), "no stock '999999.SH'"),
        (("600519", "2015-06-28"), "not a trading day"),
        (("600519.SH", "2015-06-30", "--language", "fr"), "--language 'fr': accepted: zh, en"),
    ],
)
def test_what_is_not_there_is_refused_in_one_line(words, told):
    done = CliRunner().invoke(app, command(*words))
    assert isinstance(done.exception, QuantHedgeError)
    assert told in str(done.exception)
