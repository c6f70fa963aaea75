"""Marks, memos and records of ours are read when they are plain files of a usual size."""

import json
import os
import signal
from pathlib import Path

import pytest

from quanthedge.errors import DataError
from quanthedge.market import Market
from quanthedge.market.manifest import Manifest
from quanthedge.record.sealed import json_of
from quanthedge.stages import StageFolder
from quanthedge.storage import PlainFile
from tests.stages.test_stages import copied_sample


@pytest.fixture(autouse=True)
def patience():
    """Waiting for a writer that never comes is a failure, not an endless test."""

    def late(*_: object) -> None:
        raise AssertionError("waits for somebody to write into a pipe")

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(30)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


def test_a_pipe_a_folder_and_a_file_too_large_are_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "large").write_bytes(bytes(11))
    (tmp_path / "device").symlink_to("/dev/zero")
    for name in ("pipe", "device", ".", "missing", "large"):
        with pytest.raises(OSError):  # noqa: PT011 -- the system's words differ
            PlainFile(tmp_path / name, 10).content()


@pytest.mark.parametrize("text", ['{"a": 1, "a": 2}', '{"b": {"a": 1, "a": 1}}', "[" * 100_000])
def test_a_key_that_stands_twice_and_endless_depth_are_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "x.json").write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=r"stands twice|too deep"):
        PlainFile(tmp_path / "x.json").json()


@pytest.mark.parametrize("name", ["panels.json", "close.npy", "verified.json"])
def test_a_pipe_in_the_place_of_a_kept_file_is_not_waited_for(tmp_path: Path, name: str) -> None:
    market = copied_sample(tmp_path)
    right = market.panel("close").copy()
    cache = market.kept_folder.parent
    place = cache.parent / name if name == "verified.json" else cache / name
    place.unlink(missing_ok=True)
    os.mkfifo(place)
    again = Market.open(tmp_path / "m")
    assert (again.panel("close") == right)[right > 0].all()


def test_a_pipe_in_the_place_of_the_mark_of_kept_results_is_refused(tmp_path: Path) -> None:
    (tmp_path / "c").mkdir()
    os.mkfifo(tmp_path / "c" / "quanthedge-stages.json")
    with pytest.raises(DataError, match="cache of stages"):
        StageFolder(tmp_path / "c")


def manifest(tmp_path: Path, edit) -> Path:
    copied_sample(tmp_path)
    path = tmp_path / "m" / "manifest.json"
    path.write_text(edit(path.read_text(encoding="utf-8")), encoding="utf-8")
    return path.parent


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (lambda text: text.replace('"name"', '"source": "", "name"', 1), "'source' stands twice"),
        (lambda text: with_keys(text, schema_version=True), "schema version True"),
        (lambda text: with_keys(text, name="a\u202etxt.exe"), "one line of text"),
        (lambda text: with_keys(text, assumptions=["a\nerror: b"]), "assumptions is"),
        (lambda text: with_keys(text, assumptions=["\x1b[2J"]), "assumptions is"),
        (lambda text: with_keys(text, assumptions=["x" * 2_000_000]), "2,000,000 letters"),
    ],
)
def test_what_a_manifest_says_is_plain_lines_and_said_once(tmp_path: Path, edit, words) -> None:
    with pytest.raises(DataError, match=words):
        Manifest.read(manifest(tmp_path, edit))


def with_keys(text: str, **keys: object) -> str:
    return json.dumps({**json.loads(text), **keys})


def test_a_run_with_a_key_twice_is_damaged(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"damaged.*'format' stands twice"):
        json_of(tmp_path, "run.json", b'{"format": 1, "format": 2}')
