"""The fitted model of risk is shared by all who ask, and kept of nothing that cannot be named."""

import pytest

from quanthedge.backtesting.risk_stage import fitted_risk, risk_model_of
from quanthedge.errors import StrategyError
from quanthedge.factors import Size
from quanthedge.risk import RiskModel, StatisticalRiskModel
from quanthedge.stages import keyed as stages
from tests.sample import sample_market, small_strategy

FEW = RiskModel(styles={"size": Size()}, seasoned_days=61)


def test_a_model_is_fitted_once_for_a_market_and_its_parameters() -> None:
    market = sample_market()
    first = fitted_risk(market, FEW)
    assert fitted_risk(market, RiskModel(styles={"size": Size()}, seasoned_days=61)) is first
    assert fitted_risk(market, FEW.model_copy(update={"seasoned_days": 62})) is not first
    assert fitted_risk(market.until("2015-03-31"), FEW) is not first
    stages.forget_stages()
    assert fitted_risk(market, FEW) is not first


def test_its_arrays_count_against_the_memory_of_stages() -> None:
    stages.forget_stages()
    fitted = fitted_risk(sample_market(), FEW)
    held = int(stages.kept_stages()["bytes"].iloc[0])
    assert held >= fitted.characteristics.styles.nbytes + fitted.moments.plain.nbytes


def test_a_folder_of_stages_is_not_asked_for_it(tmp_path) -> None:
    stages.forget_stages()
    stages.keep_stages(tmp_path / "kept")
    try:
        fitted_risk(sample_market(), FEW)
    finally:
        stages.keep_stages(None)
    assert not (tmp_path / "kept" / "risk_model").exists()


def test_a_strategy_names_its_model_by_kind() -> None:
    assert risk_model_of(small_strategy()) is None
    assert risk_model_of(small_strategy("risk={}")) == RiskModel()
    named = risk_model_of(small_strategy("risk.kind='ledoit_wolf'", "risk.window=100"))
    assert named == StatisticalRiskModel(kind="ledoit_wolf", window=100)
    strategy = small_strategy("risk.winsorise=0.02")
    assert type(strategy).model_validate(strategy.model_dump(mode="json")) == strategy
    assert small_strategy("risk={}").change("risk.kind='pca'").risk == StatisticalRiskModel()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("risk.kind='barra'", r"risk: Input tag 'barra' .* expected tags: 'cne', 'pca'"),
        ("risk.winsorise=5.0", "risk: winsorise: Input should be less than 0.5"),
        ("risk.windw=3", "risk: windw: unknown key"),
        ("risk=3", "risk: Input should be a valid dictionary"),
    ],
)
def test_a_wrong_section_ends_in_one_line(change: str, says: str) -> None:
    with pytest.raises(StrategyError, match=says) as caught:
        small_strategy(change)
    assert "\n" not in str(caught.value)
