"""A Parquet file with a damaged footer ends in one error, and never ends the process."""

import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from quanthedge.errors import DataError
from quanthedge.market import TableFile

TRIED = 3_000
FLIPS = """
import random, sys
from pathlib import Path
import pyarrow as pa
from quanthedge.errors import DataError
from quanthedge.market import TableFile
path, tried = Path(sys.argv[1]), int(sys.argv[2])
whole, other, ended = path.read_bytes(), path.with_name("damaged.parquet"), 0
footer = int.from_bytes(whole[-8:-4], "little") + 8
for seed in range(tried):
    rng, data = random.Random(seed), bytearray(whole)
    for _ in range(rng.choice([1, 2, 5])):
        data[len(data) - 1 - rng.randrange(footer)] = rng.randrange(256)
    other.write_bytes(bytes(data))
    try:
        TableFile(other).parquet()
    except (DataError, pa.ArrowException, OSError, ValueError, OverflowError, MemoryError):
        ended += 1
print(ended)
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    table = pa.table({"code": ["600519.SH", "000001.SZ"] * 40, "close": [1.0, 2.0] * 40})
    pq.write_table(table, tmp_path / "whole.parquet", row_group_size=20)
    return tmp_path / "whole.parquet"


def test_no_damage_of_a_footer_ends_the_process(file: Path) -> None:
    words = [sys.executable, "-W", "ignore", "-c", FLIPS, str(file), str(TRIED)]
    done = subprocess.run(words, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-400:]
    assert int(done.stdout) > TRIED / 3


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string()])
def test_a_text_that_is_none_is_named_with_file_and_column(tmp_path: Path, kind) -> None:
    table = pa.table({"code": pa.array(["600519.SH", "abcdefghi"], kind), "close": [1.0, 2.0]})
    path = tmp_path / "bars.parquet"
    pq.write_table(table, path, compression="none", use_dictionary=False, write_statistics=False)
    path.write_bytes(path.read_bytes().replace(b"abcdefghi", b"abcd\xc6fghi"))
    with pytest.raises(DataError, match=r"bars\.parquet: column 'code' .* no UTF-8"):
        TableFile(path).parquet()
