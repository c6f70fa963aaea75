"""The audit of look-ahead convicts a user's own classes that peek, and lets honest ones pass."""

import pytest

from quanthedge.errors import StrategyError
from quanthedge.hedge.policies import AnyOf, Calendar
from quanthedge.kinds import load_class
from quanthedge.strategy import load_strategy
from quanthedge.studies.lookahead import audit, load_object
from quanthedge.studies.lookahead.outside import outside_of
from tests.kinds.own_strategies import FILES, OWN, folder_with
from tests.sample import START, sample_market

PEEKS = {
    "factor": "factors.1.factor={kind='my_peeks:Peek'}",
    "estimator": "beta={kind='my_peeks:PeekBeta'}",
    "ratio": "hedge.ratio={kind='my_peeks:PeekRatio'}",
    "policy": "hedge.policy={kind='my_peeks:PeekPolicy'}",
    "bands": "hedge.policy={kind='all', of=[{kind='my_peeks:PeekBands'}]}",
    "selector": "selector={kind='my_peeks:PeekSelector'}",
    "allocation": "layers.allocation={kind='my_peeks:PeekAllocation'}",
}


@pytest.mark.parametrize("sort", PEEKS)
def test_a_strategy_with_a_peeking_own_class_is_convicted(sort, tmp_path):
    strategy = load_strategy(folder_with(tmp_path / "s", "my_peeks.py"), [PEEKS[sort]])
    report = audit(
        strategy, sample_market(), dates=1, start=START, end="2014-10-31", first_only=True
    )
    assert not report.passed


@pytest.mark.parametrize("name", ["Peek", "PeekBeta", "PeekRatio", "PeekPolicy", "PeekBands"])
def test_a_peeking_own_class_is_convicted_by_itself(name):
    thing = load_class(FILES / "my_peeks.py", name)
    report = audit(thing, sample_market(), dates=2, first_only=True)
    assert not report.passed
    assert "own" in report.subject


@pytest.mark.parametrize(
    "name", ["AbnormalTurnover", "HalfWay", "Correlated", "AfterMoves", "WiderInStorms", "OddCodes"]
)
def test_honest_own_classes_pass(name):
    report = audit(load_class(FILES / "my_parts.py", name), sample_market(), dates=1)
    assert report.passed, report.to_text()
    assert report.cells > 50
    assert not report.outside


def test_a_strategy_of_honest_own_classes_passes(tmp_path):
    strategy = load_strategy(folder_with(tmp_path / "s"), OWN)
    report = audit(strategy, sample_market(), dates=1, start=START, end="2014-10-10")
    assert report.passed, report.to_text()
    assert not report.outside


def test_parameters_are_given_on_the_command_line():
    found = load_object(f"{FILES / 'my_parts.py'}:AbnormalTurnover", ["window=9"])
    assert found.window == 9
    with pytest.raises(StrategyError, match="windw: unknown key, did you mean 'window'"):
        load_object(f"{FILES / 'my_parts.py'}:AbnormalTurnover", ["windw=9"])


def test_data_of_an_own_class_inside_one_of_ours_is_named(tmp_path):
    (tmp_path / "mine.py").write_text(
        "import numpy as np\nfrom quanthedge.hedge.policies import Policy\n"
        "TABLE = np.arange(100)\nclass Mine(Policy):\n    def asks(self, market, rows):\n"
        "        return TABLE[rows % 100] > 50\n",
        encoding="utf-8",
    )
    mine = load_class(tmp_path / "mine.py", "Mine")()
    inside = AnyOf(of=(Calendar(every_days=5), mine))
    assert any("array of 100" in text for text in outside_of(inside))


def test_what_is_nan_everywhere_cannot_pass(tmp_path):
    (tmp_path / "mine.py").write_text(
        "import numpy as np\nfrom quanthedge.factors import Factor\nclass Mine(Factor):\n"
        "    def exposure(self, market, rows=None):\n"
        "        return np.full((len(rows), len(market.codes)), np.nan)\n",
        encoding="utf-8",
    )
    with pytest.raises(StrategyError, match="NaN on every day"):
        audit(load_class(tmp_path / "mine.py", "Mine"), sample_market(), dates=1)
