"""Files of a few kilobytes that claim or unpack to gigabytes are refused before that is spent."""

import io
import os
import pickle
import signal
import struct
import subprocess
import sys
import tarfile
import time
import tracemalloc
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyarrow import feather

from quanthedge.errors import DataError
from quanthedge.market.table_files import TableFile
from quanthedge.sources import import_market
from quanthedge.sources.archive import unpacked
from quanthedge.sources.files import read_file
from quanthedge.sources.mapping.document import read_mapping
from quanthedge.sources.rqalpha.pickle import read_instruments
from quanthedge.sources.wtpy.blocks import read_blocks
from quanthedge.sources.wtpy.rules import switches_of
from quanthedge.storage.budget import Budget, claim
from tests.market.small_market import small_market

MEGABYTES = 120  # of memory that a refusal may take


@pytest.fixture(autouse=True)
def little_memory():
    """Every test here must end without taking what a bomb claims.

    What the worker held before, for tests of other files, is not this test's.
    """
    pool = pa.default_memory_pool()
    held = pool.bytes_allocated()
    tracemalloc.start()
    yield
    assert tracemalloc.get_traced_memory()[1] < MEGABYTES << 20
    tracemalloc.stop()
    assert pool.bytes_allocated() - held < MEGABYTES << 20


def refusal(read, path, words):
    assert path.stat().st_size < 200_000
    with pytest.raises(DataError, match=words) as caught:
        read(path)
    assert path.name in str(caught.value)
    assert "\n" not in str(caught.value)


BOMB = "a damaged file or a bomb; if you trust it, set QUANTHEDGE_BUDGET"


def test_a_parquet_file_of_endless_equal_rows_is_refused(tmp_path):
    path = tmp_path / "daily.parquet"
    pq.write_table(pa.table({"close": pa.array(np.zeros(10**7))}), path, row_group_size=10**7)
    refusal(read_file, path, BOMB)


def test_a_parquet_file_whose_one_text_repeats_is_refused(tmp_path):
    path = tmp_path / "daily.parquet"
    column = pa.DictionaryArray.from_arrays(np.zeros(100_000, np.int32), ["x" * 60_000])
    pq.write_table(pa.table({"code": column}), path, store_schema=False)
    refusal(read_file, path, BOMB)
    column = pa.DictionaryArray.from_arrays(np.zeros(3, np.int32), ["x" * 70_000])
    pq.write_table(pa.table({"code": column}), path, store_schema=False)
    refusal(read_file, path, "column 'code' has a text of 70,000 bytes")


@pytest.mark.parametrize("packing", ["zstd", "lz4"])
def test_a_feather_file_that_unpacks_to_gigabytes_is_refused(tmp_path, packing):
    path = tmp_path / "daily.feather"
    table = pa.table({"close": pa.array(np.zeros(12_000_000))})
    level = {"compression_level": 19} if packing == "zstd" else {}
    feather.write_feather(table, path, packing, chunksize=12_000_000, **level)
    del table
    if packing == "zstd":
        refusal(read_file, path, BOMB)
    else:
        with pytest.raises(DataError, match=BOMB):
            read_file(path)


@pytest.mark.parametrize("packing", ["zstd", "lz4", "uncompressed"])
def test_a_feather_file_is_read_as_it_is(tmp_path, packing):
    table = small_market()["stock_daily"]
    feather.write_feather(table, tmp_path / "daily.feather", packing, chunksize=50)
    assert read_file(tmp_path / "daily.feather").equals(table)
    content = bytearray((tmp_path / "daily.feather").read_bytes())
    draw = np.random.default_rng(1)
    for _ in range(150):
        spoilt = bytearray(content)
        spoilt[draw.integers(len(spoilt))] ^= 1 << draw.integers(8)
        (tmp_path / "spoilt.feather").write_bytes(bytes(spoilt[: draw.integers(1, len(spoilt))]))
        with pytest.raises(DataError):
            read_file(tmp_path / "spoilt.feather")


@pytest.mark.parametrize(
    "shape",
    ["(4000000000,)", "(-1,)", f"({'9' * 5000},)", "(3, 10)", "3", "(3.5,)", "(2**62, 2**62)"],
)
def test_a_numpy_file_that_claims_what_it_does_not_hold_is_refused(tmp_path, shape):
    path = tmp_path / "trading_dates.npy"
    head = f"{{'descr': '<i8', 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    path.write_bytes(b"\x93NUMPY\x02\x00" + struct.pack("<I", len(head)) + head + bytes(24))
    refusal(lambda file: TableFile(file).numbers(), path, "trading_dates.npy")


def test_an_archive_whose_header_is_endless_is_refused(tmp_path):
    path = tmp_path / "x.tar.gz"
    member = tarfile.TarInfo("././@PaxHeader")
    member.type, member.size = tarfile.XHDTYPE, 30 << 20
    with tarfile.open(path, "w:gz") as archive:
        archive.addfile(member, io.BytesIO(bytes(30 << 20)))

    def read(source):
        with unpacked(source, tmp_path / "beside"):
            pass

    refusal(read, path, "header of 31,457,280 bytes")


@pytest.mark.parametrize(
    "name",
    ["con.csv", "a/NUL", "LPT1.parquet", "x.", "x ./a.csv", "aux", "com¹.csv", "a\nb.csv", "a?.csv",
     "a|b.csv", "\x1b[2J.csv"],
)  # fmt: skip
def test_an_archive_with_names_that_are_no_files_elsewhere_is_refused(tmp_path, name):
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr(name, "date\n")
    with (
        pytest.raises(DataError, match="no name of a file everywhere"),
        unpacked(tmp_path / "x.zip", tmp_path),
    ):
        pass


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize(
    "names",
    [("daily.csv", "Daily.csv"), ("daily.csv", "daily.csv"), ("A/x.csv", "a/y.csv"),
     ("caf\u00e9.csv", "cafe\u0301.csv"), ("daily.csv", "daily.csv/x.csv"),
     ("daily.csv/x.csv", "daily.csv")],
)  # fmt: skip
@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_an_archive_with_two_names_that_are_one_elsewhere_is_refused(tmp_path, names, kind):
    path = tmp_path / f"x.{kind}"
    if kind == "zip":
        with zipfile.ZipFile(path, "w") as archive:
            for name in names:
                archive.writestr(name, "date\n")
    else:
        with tarfile.open(path, "w") as archive:
            for name in names:
                archive.addfile(tarfile.TarInfo(name))
    with (
        pytest.raises(DataError, match=r"has the .* and the .*, which are one on some systems"),
        unpacked(path, tmp_path),
    ):
        pass


def test_a_thousand_small_bombs_are_one_bomb(tmp_path):
    size = 68 * 120_000
    packed = pa.Codec("zstd").compress(bytes(size), asbytes=True)
    content = b"&^%$#@!\x00" + struct.pack("<HHQ", 23, 2, len(packed)) + packed
    paths = [tmp_path / f"CFFEX.IF.{number}_d.dsb" for number in range(20)]
    for path in paths:
        path.write_bytes(content)
    with Budget.now().counted():
        for path in paths[:5]:
            assert read_blocks(path).num_rows
        with pytest.raises(DataError, match=BOMB):
            list(map(read_blocks, paths[5:]))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"I" + b"9" * 5_000 + b"\n.", "damaged pickle"),
        (b"\x80\x02\x8b" + struct.pack("<i", 3000) + b"\x7f" * 3000 + b".", "LONG4"),
        (b"\x80\x02\x8a\xff" + b"\x7f" * 255 + b".", "no list of instruments"),
        (b"p" + b"9" * 5_000 + b"\n.", "damaged pickle"),
        (b"\x80\x04\x8d" + struct.pack("<Q", 1 << 40) + b"x.", "damaged pickle"),
    ],
)
def test_numbers_and_lengths_without_end_in_a_pickle_are_refused(tmp_path, content, words):
    path = tmp_path / "instruments.pk"
    path.write_bytes(content)
    refusal(read_instruments, path, words)


def test_numbers_of_thousands_of_digits_in_texts_are_refused(tmp_path):
    digits = "9" * 5_000
    (tmp_path / "mapping.toml").write_text(f"[stocks]\nfile = {digits}\n")
    refusal(read_mapping, tmp_path / "mapping.toml", "no TOML text")
    (tmp_path / "hots.json").write_text(f'{{"CFFEX": {{"IF": [{{"date": {digits}}}]}}}}')
    refusal(lambda path: switches_of(path, "IF"), tmp_path / "hots.json", "unreadable as JSON")


# -- HDF5, which is read in a process of its own


def bundle(folder, write):
    h5py = pytest.importorskip("h5py", reason="the extra rqalpha is not installed")
    folder.mkdir()
    np.save(folder / "trading_dates.npy", np.array([20140102, 20140103]))
    one = {"type": "CS", "order_book_id": "600000.XSHG", "listed_date": "1999-11-10"}
    (folder / "instruments.pk").write_bytes(pickle.dumps([one]))
    with h5py.File(folder / "stocks.h5", "w") as file:
        write(file, h5py)
    assert (folder / "stocks.h5").stat().st_size < 200_000
    return folder


ROW = np.dtype([("datetime", "<i8"), *((n, "<f8") for n in ("open", "high", "low", "close"))])


def never_written(file, _h5py):
    file.create_dataset("600000.XSHG", (90_000_000,), ROW, chunks=(1_000_000,), compression="gzip")


def one_huge_chunk(file, _h5py):
    file.create_dataset("600000.XSHG", (3,), ROW, chunks=(90_000_000,), maxshape=(None,))


def many_small_ones(file, _h5py):
    for number in range(25):
        file.create_dataset(f"6000{number:02}.XSHG", (100_000,), ROW, compression="gzip")


def endless_key(file, _h5py):
    file.create_dataset("6" * 60_000, (3,), ROW)


def elsewhere(file, _h5py):
    file.create_dataset("600000.XSHG", (3,), ROW, external=[("/etc/passwd", 0, 120)])


def virtual(file, h5py):
    layout = h5py.VirtualLayout((3,), ROW)
    layout[:] = h5py.VirtualSource("other.h5", "x", (3,), ROW)
    file.create_virtual_dataset("600000.XSHG", layout)


def deep_chunk(file, _h5py):
    """A chunk that unpacks to far more than its rows take."""
    made = file.create_dataset("600000.XSHG", (8,), ROW, chunks=(8,), compression="gzip")
    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(bytes(1 << 20)) for _ in range(60)) + packer.flush()
    made.id.write_direct_chunk((0,), packed)


@pytest.mark.parametrize(
    ("write", "words"),
    [
        (never_written, BOMB),
        (one_huge_chunk, BOMB),
        (many_small_ones, BOMB),
        (endless_key, "is no code"),
        (elsewhere, "keeps its values in another file"),
        (virtual, "keeps its values in another file"),
        (deep_chunk, "stocks.h5"),
    ],
)
def test_a_bundle_that_claims_gigabytes_is_refused_and_leaves_nothing(
    tmp_path, monkeypatch, write, words
):
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    monkeypatch.setattr("tempfile.tempdir", None)
    (tmp_path / "tmp").mkdir()
    source = bundle(tmp_path / "bundle", write)
    with pytest.raises(DataError, match=words) as caught:
        import_market(source, tmp_path / "m")
    assert "\n" not in str(caught.value)
    assert list((tmp_path / "tmp").iterdir()) == []
    assert sorted(os.listdir(tmp_path)) == ["bundle", "tmp"]


@pytest.mark.skipif(os.name == "nt", reason="kills as POSIX does")
def test_a_reader_ends_when_the_process_that_started_it_is_killed(tmp_path):
    child = "from quanthedge.sources.rqalpha.hdf5 import _end_with_parent as e; "
    child += "import os, time; e(); print(os.getpid(), flush=True); time.sleep(60)"
    parent = f"""
import subprocess, sys
from quanthedge.sources.rqalpha import hdf5 as rqalpha_hdf5
run = subprocess.run
rqalpha_hdf5.subprocess.run = lambda c, **k: run(c, **{{**k, "capture_output": False}})
rqalpha_hdf5._read_while_we_live([sys.executable, "-c", {child!r}])
"""
    with subprocess.Popen(
        [sys.executable, "-c", parent], stdout=subprocess.PIPE, text=True
    ) as process:
        reader = int(process.stdout.readline())
        process.send_signal(signal.SIGKILL)
        process.stdout.read()  # ends when the reader, too, has closed it
    until = time.monotonic() + 120
    while _lives(reader):
        assert time.monotonic() < until
        time.sleep(0.02)


def _lives(number):
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{number}/stat")
    return not (status.exists() and status.read_text().rpartition(")")[2].split()[0] == "Z")


# -- the budget itself


def test_the_budget_is_set_in_one_place(tmp_path, monkeypatch):
    path = tmp_path / "x.csv"
    path.write_text("date,close\n" + "2014-01-02,1.0\n" * 1000)
    monkeypatch.setenv("QUANTHEDGE_BUDGET", "file_bytes=4KB rows=2000000000")
    assert Budget.now() == Budget(file_bytes=4_000, rows=2 * 10**9)
    refusal(read_file, path, r"allowed \(file_bytes\)")
    for text in ("files=1", "bytes=-1", "bytes", "bytes=1e9", "bytes=" + "9" * 30, "bytes=1PB"):
        monkeypatch.setenv("QUANTHEDGE_BUDGET", text)
        with pytest.raises(DataError, match="QUANTHEDGE_BUDGET"):
            Budget.now()


def test_what_is_asked_twice_of_one_file_counts_once_and_files_add_up(tmp_path, monkeypatch):
    monkeypatch.setenv("QUANTHEDGE_BUDGET", "bytes=1000 rows=100")
    path = tmp_path / "x"
    path.write_bytes(bytes(10))
    with Budget.now().counted():
        claim(path, bytes=900)
        claim(path, bytes=800)
        claim(tmp_path / "y", bytes=90, rows=60)
        with pytest.raises(DataError, match="brings what is read to 1,001 bytes"):
            claim(tmp_path / "z", bytes=11)
    with Budget.now().counted():
        claim(tmp_path / "y", rows=60)
        with pytest.raises(DataError, match="brings what is read to 101 rows"):
            claim(tmp_path / "u", rows=41)
