"""The place of temporary things bears several processes that make and remove it."""

from pathlib import Path

import pytest

from quanthedge.errors import DataError
from quanthedge.storage import working


def test_a_place_that_another_process_removes_just_now_is_made_again(tmp_path, monkeypatch) -> None:
    known, removed = Path.chmod, []

    def gone_meanwhile(self: Path, mode: int) -> None:
        known(self, mode)
        if len(removed) < 3:  # empty still: another process tidies up
            self.rmdir()
            removed.append(self)

    monkeypatch.setattr(Path, "chmod", gone_meanwhile)
    with working(tmp_path, "work") as work:
        (work.content / "file").write_text("made")
    assert len(removed) == 3
    assert list(tmp_path.iterdir()) == []


def test_a_file_in_the_way_of_the_place_is_named_and_stays(tmp_path) -> None:
    (tmp_path / ".quanthedge").write_text("mine")
    with pytest.raises(DataError, match="is no folder"), working(tmp_path, "work"):
        pass
    assert (tmp_path / ".quanthedge").read_text() == "mine"
