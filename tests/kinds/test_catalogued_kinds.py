"""A kind is made known by its table in the catalogue, and by nothing else."""

import pytest

from quanthedge.beta import BetaEstimator
from quanthedge.factors import Factor
from quanthedge.kinds import catalogue, read_catalogue
from quanthedge.layers import Allocation
from quanthedge.sleeves import Sleeve
from quanthedge.sleeves.sharing import Sharing


@pytest.mark.parametrize("root", [Allocation, BetaEstimator, Factor, Sharing, Sleeve])
def test_a_table_in_the_catalogue_is_enough(root, monkeypatch):
    texts = catalogue.texts
    mine = {"mine": {"class": "not_there:Mine", "en": "mine", "zh": "我的"}}
    read_catalogue.cache_clear()
    monkeypatch.setattr(catalogue, "texts", lambda *names: texts(*names) | mine)
    try:
        with pytest.raises(ModuleNotFoundError, match=r"\.not_there"):
            root.builtin()
    finally:
        read_catalogue.cache_clear()
