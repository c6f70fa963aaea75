"""A strategy file is read strictly: what is wrong, where, what is accepted."""

from pathlib import Path

import pytest

from quanthedge.errors import StrategyError
from quanthedge.strategy import Strategy, load_strategy
from tests.sample import NEUTRAL


def fault(*changes: str) -> str:
    with pytest.raises(StrategyError) as caught:
        load_strategy(NEUTRAL, changes)
    return str(caught.value)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("hedge.rol_days=3", "hedge.rol_days: unknown key, did you mean 'roll_days'?"),
        ("factors.3.factor.windw=5", "windw: unknown key, did you mean 'window'?"),
        ("universe.kind=index", "universe.index.n: unknown key; accepted here: "),
        ("selector.industry=0.1", "selector.industry: unknown key, it belongs to kind 'optimised'"),
        ("selectr.n=5", "selectr: unknown key, did you mean 'selector'?"),
        ("hedge.ratio=true", "hedge.ratio: found true, a number is needed"),
        ("hedge={ratio=true}", "hedge.ratio: found true, a number is needed"),
        ("factors.1.weight=false", "factors.1.weight: found false, a number is needed"),
        ("selector.n=true", "selector.n: found true, a number is needed"),
        ("capital_yuan=-1", "capital_yuan: Input should be greater than 0 (found -1)"),
        ("rebalance.every=0", "rebalance"),
        ("accounts.stock_cash_rate=3", "accounts.stock_cash_rate"),
        ("accounts.futures_cash_rate=-1.5", "accounts.futures_cash_rate"),
        ("accounts.margin_call=9", "margin_call <= margin_target <= margin_release"),
        ("factors.0.factor.kind=magic", "'book_yield'"),
        ("selector.n", "expected key=value"),
        ("factors.99.weight=1", "leads nowhere"),
    ],
)
def test_a_fault_is_named_with_what_is_accepted(change: str, said: str) -> None:
    assert said in fault(change)


def test_the_members_of_an_index_are_not_offered_the_keys_of_another_universe() -> None:
    text = fault("universe.kind=index")
    assert "filters" in text
    assert ", n" not in text.split("accepted here: ")[1].split(";")[0]


def test_the_risk_free_rate_is_a_number_or_the_deposit() -> None:
    assert load_strategy(NEUTRAL, ["risk_free=deposit"]).risk_free == "deposit"
    assert load_strategy(NEUTRAL, ["risk_free=0.025"]).risk_free == 0.025
    assert "deposit" in fault("risk_free=shibor")
    assert "less than 1" in fault("risk_free=3")


def test_changes_are_read_as_toml_values() -> None:
    strategy = load_strategy(NEUTRAL, ["selector.n=7", "hedge.product=IC", "beta.half_life=80"])
    assert (strategy.selector.n, strategy.hedge.product, strategy.beta.half_life) == (7, "IC", 80)


def test_a_dumped_strategy_is_read_again_as_itself(tmp_path: Path) -> None:
    strategy = load_strategy(NEUTRAL)
    path = tmp_path / "strategy.json"
    path.write_text(strategy.model_dump_json(), encoding="utf-8")
    assert load_strategy(path) == strategy


def test_python_and_toml_build_the_same_strategy() -> None:
    strategy = load_strategy(NEUTRAL)
    assert Strategy.model_validate(strategy.model_dump()) == strategy
