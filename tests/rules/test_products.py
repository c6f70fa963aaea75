"""Index futures: index, multiplier and tick stand in the rule book and nowhere else."""

import ast
import shutil
from pathlib import Path
from typing import get_args

import numpy as np
import pandas as pd
import pytest

from quanthedge.errors import RuleError
from quanthedge.hedge.rule import Product
from quanthedge.limits.futures import is_future
from quanthedge.rules import FuturesRules, IndexProduct, index_of
from tests.code_of_package import modules, nodes

ROOT = Path(__file__).parents[2]
DATA = ROOT / "quanthedge/rules/data"


def test_the_products_are_those_that_the_exchange_lists() -> None:
    # CFFEX, contract specifications: yuan a point, 0.2 points, first trading days
    assert {
        (one.product, one.index_code, one.multiplier, one.tick, str(one.listed))
        for one in IndexProduct.every().values()
    } == {
        ("IF", "000300.SH", 300.0, 0.2, "2010-04-16"),
        ("IH", "000016.SH", 300.0, 0.2, "2015-04-16"),
        ("IC", "000905.SH", 200.0, 0.2, "2015-04-16"),
        ("IM", "000852.SH", 200.0, 0.2, "2022-07-22"),
    }


@pytest.mark.parametrize("product", list(IndexProduct.every()))
def test_the_rules_of_a_product_have_the_facts_of_the_product(product: str) -> None:
    one = IndexProduct.of(product)
    rules = FuturesRules.between(product, [one.listed])
    assert (rules.multiplier, rules.tick) == (one.multiplier, one.tick)


def test_a_strategy_may_name_every_product_and_no_other() -> None:
    assert set(get_args(Product)) == set(IndexProduct.every())


def test_a_table_of_the_users_own_replaces_the_facts(tmp_path: Path) -> None:
    text = (DATA / "fut_contracts.csv").read_text(encoding="utf-8")
    (tmp_path / "fut_contracts.csv").write_text(
        text.replace("IC,CSI 500,000905,2015-04-16,200", "IC,mine,399006.SZ,2015-04-16,100"),
        encoding="utf-8",
    )
    own = IndexProduct.of("IC", folder=tmp_path)
    assert (own.index_code, own.multiplier) == ("399006.SZ", 100.0)
    assert index_of("IF", folder=tmp_path) == "000300.SH"
    assert index_of("IC") == "000905.SH"
    shutil.rmtree(tmp_path)


def test_what_is_no_index_future_has_no_product() -> None:
    asked = ["IF1410", "IC1506", "IM2208", "600519.SH", "TF1412", "IF14100", "if1410", ""]
    found = [IndexProduct.of_contract(one) for one in asked]
    assert [one and one.product for one in found] == ["IF", "IC", "IM", *[None] * 5]
    assert is_future(pd.Series(asked)).tolist() == [True] * 3 + [False] * 5
    assert is_future(pd.Series([], dtype="object")).tolist() == []


def test_an_unknown_product_is_named_with_those_that_are_known() -> None:
    with pytest.raises(RuleError, match="no product 'TF'; known: IF, IH, IC, IM"):
        IndexProduct.of("TF")


def test_no_code_pairs_products_with_indices_or_multipliers() -> None:
    facts = {one.index_code for one in IndexProduct.every().values()}
    facts |= {one.multiplier for one in IndexProduct.every().values()}
    facts |= {index[:6] for index in facts if isinstance(index, str)}
    found = []
    for path in modules():
        for node in nodes(path):
            if isinstance(node, ast.Dict):
                keys = {key.value for key in node.keys if isinstance(key, ast.Constant)}
                values = {one.value for one in node.values if isinstance(one, ast.Constant)}
                if keys & set(IndexProduct.every()) and values & facts:
                    found.append(f"{path.relative_to(ROOT)}:{node.lineno}")
    assert found == []


def test_days_before_a_listing_have_no_rules() -> None:
    with pytest.raises(RuleError, match="IC was listed on 2015-04-16"):
        FuturesRules.between("IC", [np.datetime64("2015-04-15")])
