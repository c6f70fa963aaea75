"""What an import says of a folder stands in Chinese, for the layouts of other systems."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from quanthedge.errors import DataError
from quanthedge.sources import import_market
from quanthedge.words import error_said
from tests.cli.inside import inside
from tests.market.exporters.qlib import export_qlib
from tests.market.exporters.rqalpha import export_rqalpha
from tests.market.exporters.vnpy import export_vnpy
from tests.market.exporters.wtpy import export_wtpy
from tests.market.small_market import small_market

_ENGLISH = re.compile(r"[A-Za-z]{3,} [a-z]{2,} [a-z]{2,}")
LAYOUTS: dict[str, tuple[Callable[..., Any], dict[str, Any]]] = {
    "qlib": (export_qlib, {}),
    "qlib without amounts": (export_qlib, {"amount": None, "financial": False}),
    "rqalpha": (export_rqalpha, {}),
    "rqalpha without ST": (export_rqalpha, {"known_st": False}),
    "wtpy": (export_wtpy, {}),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_an_import_tells_what_it_found_in_chinese(layout: str, tmp_path: Path) -> None:
    export, how = LAYOUTS[layout]
    folder = tmp_path / "source"
    folder.mkdir()
    export(folder, small_market(), **how)
    said = import_market(folder, tmp_path / "market").to_text("zh")
    assert [line for line in said.splitlines() if _ENGLISH.search(line)] == []


def test_findings_that_stop_an_import_are_told_in_chinese(tmp_path: Path, monkeypatch: Any) -> None:
    folder = tmp_path / "source"
    folder.mkdir()
    export_vnpy(folder, small_market())  # without a list of stocks
    monkeypatch.setenv("QUANTHEDGE_LANGUAGE", "zh")
    done = inside("import", folder, tmp_path / "market")
    assert done.returncode == 2
    assert done.stderr.startswith(f"错误：未写入 {tmp_path / 'market'}：stocks：")
    assert "the table is missing" not in done.stderr
    with pytest.raises(DataError, match="the table is missing"):
        import_market(folder, tmp_path / "market")


@pytest.mark.parametrize(
    ("english", "said"),
    [("x/features/sh600000/close.day.bin: 3 bytes; accepted: a start index and values, 4 bytes "
      "each (cut off?)", "文件可能被截断"),
     ("x/stocks.h5: damaged or no HDF5 file (truncated)", "HDF5 文件损坏"),
     ("x/component/000300: damaged shelf (no table)", "shelf 文件损坏"),
     ("x/SSE.600000_d.dsb: no WonderTrader block (its first 8 bytes are not 'DSB')",
      "不是 WonderTrader 数据块")],
)  # fmt: skip
def test_damaged_files_of_other_systems_are_refused_in_chinese(english: str, said: str) -> None:
    assert said in error_said(english, "zh")
