"""The wheel with compiled code: the files of the plain one, those of the code, and right lists."""

import base64
import csv
import hashlib
import io
import zipfile
from pathlib import Path

import pytest
from packaging.utils import parse_wheel_filename

from benchmarks.platform_wheel import STORE, packed

TAGS = ["cp311-cp311-manylinux_2_27_x86_64", "cp311-cp311-manylinux_2_28_x86_64"]
ABOUT = "Wheel-Version: 1.0\nGenerator: any\nRoot-Is-Purelib: true\nTag: py3-none-any\n"


@pytest.fixture
def made(tmp_path: Path) -> zipfile.ZipFile:
    plain = tmp_path / "quanthedge-0.1.0-py3-none-any.whl"
    with zipfile.ZipFile(plain, "w") as into:
        into.writestr("quanthedge/__init__.py", "__version__ = '0.1.0'\n")
        into.writestr("quanthedge-0.1.0.dist-info/METADATA", "Name: quanthedge\nVersion: 0.1.0\n")
        into.writestr("quanthedge-0.1.0.dist-info/WHEEL", ABOUT)
        into.writestr("quanthedge-0.1.0.dist-info/RECORD", "quanthedge/__init__.py,,\n")
    store = tmp_path / "store"
    store.mkdir()
    (store / "store.json").write_text("{}")
    (store / "0a1b").write_bytes(bytes(range(256)))
    return zipfile.ZipFile(packed(plain, store, TAGS, tmp_path / "out"))


def test_the_wheel_has_every_file_of_the_plain_one_and_the_code(made) -> None:
    info = "quanthedge-0.1.0.dist-info"
    assert set(made.namelist()) == {
        "quanthedge/__init__.py", f"{STORE}/store.json", f"{STORE}/0a1b",
        f"{info}/METADATA", f"{info}/WHEEL", f"{info}/RECORD",
    }  # fmt: skip
    assert made.read(f"{STORE}/0a1b") == bytes(range(256))
    assert made.read("quanthedge/__init__.py") == b"__version__ = '0.1.0'\n"


def test_its_list_of_files_has_the_digest_and_size_of_each(made) -> None:
    record = "quanthedge-0.1.0.dist-info/RECORD"
    rows = {path: rest for path, *rest in csv.reader(io.StringIO(made.read(record).decode()))}
    assert list(rows) == made.namelist()
    assert rows.pop(record) == ["", ""]
    for path, (digest, size) in rows.items():
        content = made.read(path)
        found = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).decode().rstrip("=")
        assert (digest, size) == (f"sha256={found}", str(len(content)))


def test_its_name_and_what_it_says_of_itself_have_the_same_tags(made) -> None:
    name, version, _, tags = parse_wheel_filename(Path(made.filename).name)
    assert (name, str(version), {str(tag) for tag in tags}) == ("quanthedge", "0.1.0", set(TAGS))
    about = made.read("quanthedge-0.1.0.dist-info/WHEEL").decode().splitlines()
    assert [line for line in about if line.startswith("Tag: ")] == [f"Tag: {one}" for one in TAGS]
    assert "Root-Is-Purelib: false" in about
    assert "Root-Is-Purelib: true" not in about
