"""Archives are unpacked within limits, never outside their folder, and leave nothing behind."""

import io
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile

import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quanthedge.errors import DataError, QuantHedgeError
from quanthedge.sources import import_market
from quanthedge.sources.archive import unpacked
from tests.market.small_market import small_market


def save(folder, tables):
    folder.mkdir()
    for name, table in tables.items():
        pq.write_table(table, folder / f"{name}.parquet")
    return folder


@pytest.fixture(scope="module")
def packed(tmp_path_factory):
    """The small market as a zip and as a tar.gz."""
    folder = save(tmp_path_factory.mktemp("packed") / "small", small_market())
    made = {}
    for kind, name in (("zip", "market.zip"), ("gztar", "market.tar.gz")):
        path = shutil.make_archive(str(folder.parent / "market"), kind, folder.parent, "small")
        made[name] = open(path, "rb").read()  # noqa: SIM115
    return made


def files_of(source, beside):
    with unpacked(source, beside) as folder:
        return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())


@pytest.mark.parametrize("name", ["market.zip", "market.tar.gz"])
def test_a_market_is_imported_from_an_archive(tmp_path, packed, name):
    (tmp_path / name).write_bytes(packed[name])
    import_market(tmp_path / name, tmp_path / "m")
    import_market(save(tmp_path / "plain", small_market()), tmp_path / "n")
    assert (tmp_path / "m" / "stock_daily.parquet").read_bytes() == (
        tmp_path / "n" / "stock_daily.parquet"
    ).read_bytes()
    assert not list(tmp_path.glob(".quanthedge"))


NAMES = [
    "../evil.csv",
    "/etc/evil.csv",
    "a/../../evil.csv",
    "C:\\evil.csv",
    "..\\evil.csv",
]


@pytest.mark.parametrize("name", NAMES)
def test_names_that_lead_outside_are_refused(tmp_path, name):
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr(name, "date\n")
    with tarfile.open(tmp_path / "x.tar", "w") as archive:
        info = tarfile.TarInfo(name)
        info.size = 4
        archive.addfile(info, io.BytesIO(b"date"))
    for source in ("x.zip", "x.tar"):
        with pytest.raises(DataError, match="outside itself"):
            files_of(tmp_path / source, tmp_path / "beside")
    assert not (tmp_path / "evil.csv").exists()
    assert not (tmp_path.parent / "evil.csv").exists()


@pytest.mark.parametrize(
    "kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE]
)
def test_links_and_devices_are_refused(tmp_path, kind):
    with tarfile.open(tmp_path / "x.tar.gz", "w:gz") as archive:
        info = tarfile.TarInfo("stocks.csv")
        info.type, info.linkname = kind, "/etc/passwd"
        archive.addfile(info)
    with pytest.raises(DataError, match="no plain file"):
        files_of(tmp_path / "x.tar.gz", tmp_path)


def test_a_link_in_a_zip_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        info = zipfile.ZipInfo("stocks.csv")
        info.external_attr = 0o120777 << 16
        archive.writestr(info, "/etc/passwd")
    with pytest.raises(DataError, match="no plain file"):
        files_of(tmp_path / "x.zip", tmp_path)


@pytest.mark.parametrize("megabytes", [60, 300])
def test_what_unpacks_to_a_thousand_times_its_size_is_stopped(tmp_path, megabytes):
    with (
        zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("stock_daily.csv", "w", force_zip64=True) as file,
    ):
        for _ in range(megabytes):
            file.write(bytes(1 << 20))
    with pytest.raises(DataError, match="a damaged file or a bomb"):
        files_of(tmp_path / "bomb.zip", tmp_path)
    assert not list(tmp_path.glob(".quanthedge"))


def test_archives_within_archives_stay_packed(tmp_path):
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("deep.csv", bytes(1 << 20))
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr("inner.zip", inner.getvalue())
    assert files_of(tmp_path / "x.zip", tmp_path) == ["inner.zip"]


def test_an_encrypted_or_foreign_file_is_refused(tmp_path):
    (tmp_path / "x.rar").write_bytes(b"Rar!")
    with pytest.raises(DataError, match="give the folder that holds the data, or an archive"):
        files_of(tmp_path / "x.rar", tmp_path)
    (tmp_path / "x.zip").write_bytes(b"PK\x03\x04 nothing")
    with pytest.raises(DataError, match="damaged or unreadable archive"):
        files_of(tmp_path / "x.zip", tmp_path)


@given(data=st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@pytest.mark.parametrize("name", ["market.zip", "market.tar.gz"])
def test_a_damaged_archive_ends_in_an_error_or_the_right_market(
    tmp_path_factory, packed, name, data
):
    content = bytearray(packed[name])
    if data.draw(st.booleans()):
        content = content[: data.draw(st.integers(0, len(content)))]
    for _ in range(data.draw(st.integers(0, 3))):
        if content:
            content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    folder = tmp_path_factory.mktemp("fuzz")
    (folder / name).write_bytes(bytes(content))
    try:
        import_market(folder / name, folder / "m")
    except QuantHedgeError:
        assert not (folder / "m").exists()
    assert not [p for p in os.listdir(folder) if p.startswith(".")]


def test_what_a_killed_import_unpacked_is_removed_by_the_next_command(tmp_path, packed):
    (tmp_path / "market.zip").write_bytes(packed["market.zip"])
    script = f"""
import os, signal
from pathlib import Path
from quanthedge.sources.archive import unpacked
with unpacked(Path({str(tmp_path / "market.zip")!r}), Path({str(tmp_path)!r})):
    os.kill(os.getpid(), signal.SIGKILL)
"""
    subprocess.run([sys.executable, "-c", script], check=False)
    assert list((tmp_path / ".quanthedge").glob("*/content/*"))
    import_market(tmp_path / "market.zip", tmp_path / "m")
    assert sorted(os.listdir(tmp_path)) == ["m", "market.zip"]
