"""A market is found on its path by its fingerprint, or sent in parts and checked."""

import json
import shutil
from pathlib import Path

import pytest

from quanthedge.batch.executors import market_place
from quanthedge.batch.executors.market_place import (
    Parcel,
    at_hand,
    begin,
    finish,
    parcels,
    remove,
    sent_bytes,
    take,
)  # fmt: skip
from quanthedge.batch.variant import Place
from quanthedge.errors import DataError
from quanthedge.market import Market
from tests.batch.executors.fakes import place
from tests.sample import SAMPLE


def send(below: Path) -> None:
    begin(below, place().fingerprint, sent_bytes(SAMPLE))
    for one in parcels(SAMPLE):
        take(below, place().fingerprint, one)
    finish(below, place().fingerprint)


def elsewhere(tmp_path: Path) -> Place:
    return place()._replace(folder=tmp_path / "not" / "here")


def test_a_market_on_its_path_is_taken_there(tmp_path: Path) -> None:
    assert at_hand(place(), tmp_path) == SAMPLE


def test_a_market_that_was_sent_in_parts_opens_as_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(market_place, "PARCEL", 10_000)
    with pytest.raises(DataError, match="no such folder"):
        at_hand(elsewhere(tmp_path), tmp_path)
    send(tmp_path)
    found = at_hand(elsewhere(tmp_path), tmp_path)
    assert found.is_relative_to(tmp_path)
    assert Market.open(found).fingerprint == place().fingerprint


def test_another_market_on_the_path_is_not_taken(tmp_path: Path) -> None:
    other = place()._replace(fingerprint="0" * 64)
    with pytest.raises(DataError, match=r"fingerprint [0-9a-f]{12}, not 000000000000"):
        at_hand(other, tmp_path)
    send(tmp_path)
    with pytest.raises(DataError, match="not 000000000000"):
        at_hand(other, tmp_path)


def test_a_file_that_arrives_damaged_is_found(tmp_path: Path) -> None:
    begin(tmp_path, place().fingerprint, 1)
    for one in parcels(SAMPLE):
        data = one.data
        if one.name == "cash_rate.parquet":
            data = data[:20] + bytes([data[20] ^ 1]) + data[21:]
        take(tmp_path, place().fingerprint, one._replace(data=data))
    with pytest.raises(DataError, match=r"cash_rate\.parquet: arrived damaged"):
        finish(tmp_path, place().fingerprint)
    with pytest.raises(DataError):
        at_hand(elsewhere(tmp_path), tmp_path)


def test_a_sending_that_was_cut_off_is_no_market_and_begins_anew(tmp_path: Path) -> None:
    begin(tmp_path, place().fingerprint, 1)
    for one in list(parcels(SAMPLE))[:5]:
        take(tmp_path, place().fingerprint, one)
    with pytest.raises(DataError, match="missing"):
        finish(tmp_path, place().fingerprint)
    send(tmp_path)
    assert at_hand(elsewhere(tmp_path), tmp_path).is_relative_to(tmp_path)


def test_a_disk_without_room_is_told_before_anything_is_sent(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"MB free, a market of .* MB is to be sent; share"):
        begin(tmp_path, place().fingerprint, 10**18)


@pytest.mark.parametrize("name", ["../stray.parquet", "stray.parquet", "/etc/stray", "manifest"])
def test_a_name_that_is_no_file_of_a_dataset_is_not_written(tmp_path: Path, name: str) -> None:
    begin(tmp_path, place().fingerprint, 1)
    with pytest.raises(DataError, match="no file of a dataset"):
        take(tmp_path, place().fingerprint, Parcel(name, 0, b"x"))
    assert not list(tmp_path.rglob("*stray*"))


@pytest.mark.parametrize("fingerprint", ["../../x", "", "A" * 64, "0" * 63])
def test_a_fingerprint_that_is_none_names_no_folder(tmp_path: Path, fingerprint: str) -> None:
    for doing in (begin, remove):
        with pytest.raises(DataError, match="64 hex digits"):
            doing(tmp_path, fingerprint, *([1] if doing is begin else []))  # type: ignore[operator]


def test_what_was_sent_is_removed_and_nothing_without_the_mark(tmp_path: Path) -> None:
    send(tmp_path)
    assert remove(tmp_path, place().fingerprint)
    assert not remove(tmp_path, place().fingerprint)
    foreign = tmp_path / "quanthedge-market" / place().fingerprint
    shutil.copytree(SAMPLE, foreign)
    assert not remove(tmp_path, place().fingerprint)
    assert (foreign / "manifest.json").is_file()
    mark = {"format": "quanthedge-market", "fingerprint": place().fingerprint}
    (foreign / "quanthedge-sent.json").write_text(json.dumps(mark), encoding="utf-8")
    assert remove(tmp_path, place().fingerprint)
