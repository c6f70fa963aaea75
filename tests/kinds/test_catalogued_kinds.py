"""A kind is made known by its table in the catalogue, and by nothing else."""

import importlib

import pytest

from quanthedge.kinds import catalogue, read_catalogue


@pytest.mark.parametrize(
    "package", ["quanthedge.sleeves", "quanthedge.sleeves.sharing", "quanthedge.layers"]
)
def test_a_table_in_the_catalogue_is_enough(package, monkeypatch):
    room = importlib.import_module(package)
    texts = catalogue.texts
    mine = {"mine": {"class": "not_there:Mine", "en": "mine", "zh": "我的"}}
    read_catalogue.cache_clear()
    monkeypatch.setattr(catalogue, "texts", lambda *names: texts(*names) | mine)
    try:
        with pytest.raises(ModuleNotFoundError, match=rf"{package}\.not_there"):
            importlib.reload(room)
    finally:
        monkeypatch.undo()
        read_catalogue.cache_clear()
        importlib.reload(room)
