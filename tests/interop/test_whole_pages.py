"""The packages draw their own whole pages of a run from what they are given."""

from pathlib import Path

import pytest

from tests.sample import sample_market, sample_result

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore"),
]


@pytest.fixture(autouse=True)
def _draws_nowhere() -> None:
    import matplotlib as mpl

    mpl.use("Agg")


def test_quantstats_writes_its_page(tmp_path: Path) -> None:
    reports = pytest.importorskip("quantstats").reports
    returns, benchmark = sample_result().to_quantstats()
    page = tmp_path / "page.html"
    reports.html(returns, benchmark, output=str(page), periods_per_year=243)
    text = page.read_text(encoding="utf-8")
    assert "Max Drawdown" in text
    assert "-3.82%" in text


def test_pyfolio_draws_its_simple_tear_sheet() -> None:
    pyfolio = pytest.importorskip("pyfolio")
    import matplotlib.pyplot as plt

    shape = sample_result().to_pyfolio(sample_market())
    pyfolio.create_simple_tear_sheet(
        shape.returns, shape.positions, shape.transactions, benchmark_rets=shape.benchmark
    )
    assert plt.get_fignums()
    plt.close("all")


def test_alphalens_draws_its_tear_sheet_by_industry() -> None:
    alphalens = pytest.importorskip("alphalens")
    import matplotlib.pyplot as plt

    shape = sample_result().to_alphalens(sample_market())
    data = alphalens.utils.get_clean_factor_and_forward_returns(
        shape.factor, shape.prices, groupby=shape.groups, groupby_labels=shape.group_names,
        quantiles=5, periods=(1, 5), max_loss=0.5,
    )  # fmt: skip
    alphalens.tears.create_summary_tear_sheet(data)
    alphalens.tears.create_information_tear_sheet(data, by_group=True)
    assert data["factor_quantile"].nunique() == 5
    assert plt.get_fignums()
    plt.close("all")


def test_vectorbt_tells_its_statistics_and_hands_on_to_quantstats() -> None:
    pytest.importorskip("quantstats")
    portfolio = sample_result().to_vectorbt(sample_market(), accrued_fee=True)
    stats = portfolio.stats()
    assert stats["Max Drawdown [%]"] == pytest.approx(3.817982873802)
    assert stats["Benchmark Return [%]"] == pytest.approx(
        100.0 * sample_result().summary().value("return_index")  # type: ignore[operator]
    )
    assert portfolio.qs.sharpe(periods=243) == pytest.approx(portfolio.sharpe_ratio())
