"""Whatever is in the files, an import ends in a DataError or in a market that passes the checks."""

import random
import shutil
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from quanthedge.errors import DataError
from quanthedge.sources.akshare import layout as akshare
from quanthedge.sources.baostock import layout as baostock
from quanthedge.sources.joinquant import layout as joinquant
from quanthedge.sources.mapping import layout as mapping
from quanthedge.sources.tushare import layout as tushare
from tests.market.exporters import vendors as export
from tests.market.small_market import small_market
from tests.sources.vendor_compare import imported

LAYOUTS = {
    "tushare": (tushare, lambda tables, to: export.tushare(tables, to, "trade_date")),
    "baostock": (baostock, export.baostock),
    "joinquant": (joinquant, export.joinquant),
    "akshare": (akshare, export.akshare),
    "mapping": (mapping, export.mapped),
}
WORDS = [
    "",
    "NaN",
    "inf",
    "-1",
    "0",
    "1e308",
    "abc",
    "20140230",
    "99999999",
    "600000",
    "--",
    "实施",
]


@cache
def small_tables():
    tables = {name: table.to_pandas() for name, table in small_market(days=30).items()}
    for frame in tables.values():
        for name in frame.columns.intersection(export.DATES):
            frame[name] = pd.to_datetime(frame[name])
    return tables


@pytest.fixture(scope="module")
def sources(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sources")
    for name, (_, write) in LAYOUTS.items():
        write(small_tables(), folder / name)
    return folder


def damage(path: Path, rng: random.Random) -> None:
    data = bytearray(path.read_bytes())
    kind = rng.choice(["cut", "flip", "cell", "swap", "double", "empty", "drop"])
    if kind == "cut":
        data = data[: rng.randrange(len(data) + 1)]
    elif kind == "empty":
        data = bytearray()
    elif kind == "flip" or path.suffix == ".parquet":
        for _ in range(rng.choice([1, 5, 50])):
            if data:
                data[rng.randrange(len(data))] = rng.randrange(256)
    else:
        data = _changed(data.decode("utf-8", "replace"), kind, rng).encode()
    path.write_bytes(bytes(data))


def _changed(text: str, kind: str, rng: random.Random) -> str:
    rows = [line.split(",") for line in text.splitlines()]
    if kind == "double":
        rows.append(rows[rng.randrange(len(rows))])
    elif kind == "drop":
        column = rng.randrange(len(rows[0]))
        rows = [row[:column] + row[column + 1 :] for row in rows]
    elif kind == "swap":
        one, two = rng.randrange(len(rows[0])), rng.randrange(len(rows[0]))
        rows[0][one], rows[0][two] = rows[0][two], rows[0][one]
    else:
        for _ in range(rng.choice([1, 3])):
            row = rng.choice(rows)
            row[rng.randrange(len(row))] = rng.choice(WORDS)
    return "\n".join(",".join(row) for row in rows) + "\n"


@pytest.mark.parametrize("name", LAYOUTS)
@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 2**32))
@example(seed=629932)  # of tushare: an adjustment factor that overflows a product
@example(seed=8442)  # of joinquant: a code whose bytes are no text
def test_damaged_files_end_in_a_data_error_or_a_sound_market(sources, name, seed):
    rng = random.Random(seed)
    with TemporaryDirectory() as place:
        folder = Path(place) / "source"
        shutil.copytree(sources / name, folder)
        paths = sorted(path for path in folder.rglob("*") if path.is_file())
        damage(rng.choice(paths), rng)
        try:
            found, _ = imported(LAYOUTS[name][0], folder, Path(place) / "m")
        except DataError:
            return
        bars = found["stock_daily"]
        assert (bars["high"] >= bars["low"]).all()
        assert np.isfinite(bars[["open", "close", "volume"]]).all().all()
