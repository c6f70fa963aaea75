"""The card of a run's figures writes no number longer than a reader takes in."""

import re

import pytest

import quanthedge as qh
from quanthedge.words import LANGUAGES


@pytest.mark.parametrize("language", LANGUAGES)
def test_numbers_of_the_card_have_few_decimals(language):
    strategy = qh.load_strategy("market_neutral", ["selector.n=30"])
    result = qh.backtest(strategy, qh.sample_market(), "2014-09-17", "2015-01-30")
    for shown in (result, result.summary()):
        text = shown.card().text(language)
        assert not re.findall(r"\d\.\d{5,}", text), text
        assert re.search(r"0\.\d\d \[", text), text  # the correlation, with its interval behind
