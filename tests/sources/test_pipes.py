"""A pipe, a folder or a link in a circle where a source's file should be: one error, no waiting."""

import os
import threading
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from quanthedge.errors import DataError
from quanthedge.sources import import_market
from tests.market.exporters.qlib import export_qlib
from tests.market.exporters.rqalpha import export_rqalpha
from tests.market.exporters.vnpy import export_vnpy
from tests.market.exporters.wtpy import export_wtpy
from tests.market.small_market import small_market

PLACES = [
    ("qlib", "calendars/day.txt"),
    ("qlib", "features/sz000001/close.day.bin"),
    ("qlib", "financial/sz000001/book_equity_q.data"),
    ("vnpy", "daily/000001.SZSE.parquet"),
    ("wtpy", "csv/SZSE.000001_d.csv"),
    ("rqalpha", "trading_dates.npy"),
    ("rqalpha", "instruments.pk"),
    ("quanthedge", "stock_daily.parquet"),
    ("quanthedge", "calendar.csv"),
]


def export(layout: str, folder: Path) -> None:
    tables = small_market()
    if layout == "qlib":
        export_qlib(folder, tables)
    elif layout == "vnpy":
        export_vnpy(folder, tables, telling="adj_factor")
    elif layout == "wtpy":
        export_wtpy(folder, tables)
    elif layout == "rqalpha":
        pytest.importorskip("h5py", reason="the extra rqalpha is not installed")
        export_rqalpha(folder, tables)
    else:
        for name in tables:
            pq.write_table(tables[name], folder / f"{name}.parquet")
        (folder / "calendar.parquet").unlink()


def refusal(source: Path, target: Path, layout: str) -> str:
    """What an import says; an import that waits is left behind."""
    told: list[Any] = []

    def run() -> None:
        try:
            import_market(source, target, layout=layout)
            told.append("a market")
        except DataError as problem:
            told.append(str(problem))
        except BaseException as fault:  # what is no error of ours is told by the test
            told.append(fault)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(60.0)
    assert not thread.is_alive(), "the import waits"
    return str(told[0]) if isinstance(told[0], str) else repr(told[0])


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no pipes in folders")
@pytest.mark.parametrize("kind", ["pipe", "folder", "circle"])
@pytest.mark.parametrize(("layout", "place"), PLACES)
def test_what_is_no_file_is_refused_by_its_name(tmp_path, layout, place, kind):
    source = tmp_path / "source"
    source.mkdir()
    export(layout, source)
    path = source / place
    path.unlink(missing_ok=True)
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    else:
        path.symlink_to(path.name)
    told = refusal(source, tmp_path / "m", layout)
    assert path.name in told
    assert str(source) in told
    assert "\n" not in told
