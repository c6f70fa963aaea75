"""Funds without stocks of their own are audited by what their sleeves want."""

import numpy as np
import pytest

from quanthedge.backtesting import backtest
from quanthedge.sleeves import Sleeve, Wishes
from quanthedge.strategy import load_strategy
from quanthedge.studies.lookahead import audit
from tests.sample import sample_market

SHORT = {"start": "2014-11-03", "end": "2014-11-14", "dates": 1, "first_only": True}


class Best(Sleeve):
    """Holds the stock with the best return of a day."""

    days_ahead: int = 0

    def wishes(self, market, first, last):
        rows = np.arange(first - 1, last, 3)
        returns = np.nan_to_num(market.panel("simple_return"))
        seen = np.minimum(rows + self.days_ahead, len(returns) - 1)
        best = returns[seen].argmax(axis=1).tolist()
        return Wishes(rows, tuple({one: 0.5} for one in best), ({},) * len(rows))


def sleeve_alone(days_ahead):
    best = Best(label="best", budget=0.3, days_ahead=days_ahead)
    changes = {"hedge.ratio": {"kind": "minimum_variance"}, "sleeves": [best]}
    return load_strategy("cash_and_carry").change(changes)


@pytest.mark.parametrize("name", ["cash_and_carry", "calendar_spread", "industry_pairs"])
def test_a_shipped_fund_without_stocks_of_its_own_passes(name):
    report = audit(load_strategy(name), sample_market(), **SHORT)
    assert report.passed
    assert report.cells > 0


@pytest.mark.parametrize(("days_ahead", "passes"), [(0, True), (1, False)])
def test_a_peek_of_the_only_sleeve_is_found(days_ahead, passes):
    assert audit(sleeve_alone(days_ahead), sample_market(), **SHORT).passed is passes


def test_a_rule_of_the_books_returns_hedges_nothing_where_there_is_no_book():
    run = backtest(sleeve_alone(0), sample_market(), SHORT["start"], SHORT["end"])
    assert (run.trades["reason"] != "hedge").all()
