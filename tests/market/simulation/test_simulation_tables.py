"""A simulated market is a sound dataset: the same bytes for the same seed, and no finding."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from quanthedge.errors import DataError
from quanthedge.market import Market
from quanthedge.market.simulation import Truth, simulate_market
from tests.market.simulation.simulated import simulated
from tests.sample import SAMPLE


def _files(folder: Path) -> dict[str, bytes]:
    found = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in found
        if ".panels" not in path.parts
    }


OLDER = "X86_V3 X86_V4 AVX2 FMA3 AVX512F AVX512CD AVX512_SKX AVX512_ICL AVX512_SPR"


@pytest.mark.parametrize("missing", ["", OLDER])
def test_the_same_seed_gives_the_same_bytes_in_another_process_and_on_an_older_processor(
    tmp_path: Path, missing: str
) -> None:
    simulate_market(tmp_path / "here", stocks=30, years=2, seed=3)
    program = (
        "from quanthedge.market.simulation import simulate_market;"
        f"simulate_market({str(tmp_path / 'there')!r}, stocks=30, years=2, seed=3)"
    )
    environment = {**os.environ, "NPY_DISABLE_CPU_FEATURES": missing, "PYTHONWARNINGS": "ignore"}
    subprocess.run([sys.executable, "-c", program], check=True, env=environment)
    assert _files(tmp_path / "here") == _files(tmp_path / "there")


def test_the_committed_sample_is_what_its_command_makes(tmp_path: Path) -> None:
    simulate_market(tmp_path / "sample", stocks=120, years=3, seed=7, start="2013-01-04")
    assert Market.open(tmp_path / "sample").fingerprint == Market.open(SAMPLE).fingerprint
    made, kept = (Truth.open(folder) for folder in (tmp_path / "sample", SAMPLE))
    assert made.values == kept.values
    for table in ("betas", "exposures", "factor_returns", "companies", "basis", "events"):
        assert made.table(table).equals(kept.table(table)), table


def test_another_seed_gives_another_market() -> None:
    first, second = simulated(20, 1, 3), simulated(20, 1, 4)
    assert not first.tables["stock_daily"].equals(second.tables["stock_daily"])


@pytest.mark.parametrize(
    ("stocks", "years", "start"),
    [(10, 1, "2014-06-30"), (90, 4, "2012-02-29"), (400, 2, "2018-03-01")],
)
def test_markets_of_any_size_pass_every_check(
    tmp_path: Path, stocks: int, years: int, start: str
) -> None:
    report = simulate_market(tmp_path / "market", stocks=stocks, years=years, seed=5, start=start)
    assert not report.errors
    findings = [finding.text for finding in report.findings if finding.level != "info"]
    assert not [text for text in findings if "is_st holds on" not in text]


def test_the_dataset_opens_with_its_truth_on_the_same_axes(tmp_path: Path) -> None:
    simulate_market(tmp_path / "market", stocks=30, years=1, seed=5)
    market, truth = Market.open(tmp_path / "market"), Truth.open(tmp_path / "market")
    betas = truth.betas("000300.SH")
    assert betas.shape == market.panel("close").shape
    traded = market.panel("traded")
    assert np.isfinite(betas[traded]).all()
    assert truth.values["settings"]["seed"] == 5
    with pytest.raises(DataError, match="no column 'beta_000001'"):
        truth.betas("000001.SH")


def test_a_market_without_truth_says_so(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="simulate"):
        Truth.open(tmp_path)


@pytest.mark.parametrize(
    ("fields", "message"),
    [({"stocks": 3}, "stocks = 3"), ({"start": "soon"}, "start = 'soon'"),
     ({"years": 1, "start": "2006-01-04"}, "2010-04-16")],
)  # fmt: skip
def test_settings_out_of_range_are_refused_and_nothing_is_written(
    tmp_path: Path, fields: dict[str, object], message: str
) -> None:
    with pytest.raises(DataError, match=message):
        simulate_market(tmp_path / "market", **fields)  # type: ignore[arg-type]
    assert not (tmp_path / "market").exists()
