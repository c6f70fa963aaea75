"""The dates of corporate actions that rules are looked up by: kept, checked, and may be missing."""

import pandas as pd
import pyarrow as pa
import pytest

from quanthedge.market import Market, write_dataset
from quanthedge.market.checks.findings import Collector
from quanthedge.market.checks.others import check_others
from quanthedge.market.schema import TABLES
from tests.market.small_market import small_market, to_arrow


def actions(**dates):
    row = {
        "code": "600000.SH", "ex_date": "2014-06-25", "cash_per_share": 0.0,
        "bonus_per_share": 0.3, "rights_per_share": 0.0, "rights_price": float("nan"),
        "announce_date": None, "record_date": "2014-06-24", "pay_date": None,
        "list_date": "2014-06-26", **dates,
    }  # fmt: skip
    frame = pd.DataFrame([row])
    for name in frame.columns[frame.columns.str.endswith("_date")]:
        frame[name] = pd.to_datetime(frame[name])
    given = TABLES["corporate_actions"].among(frame.columns)
    return to_arrow(frame, "corporate_actions").cast(given.arrow)


def warnings_of(table):
    collector = Collector()
    check_others({"corporate_actions": table}, collector)
    return [finding.rule for finding in collector.report()]


@pytest.mark.parametrize(
    ("dates", "rule"),
    [
        ({}, None),
        ({"record_date": None, "list_date": None}, None),
        ({"record_date": "2014-06-25"}, "recorded late"),
        ({"list_date": "2014-06-24"}, "listed early"),
    ],
)
def test_dates_that_cannot_be_are_named(dates, rule):
    assert warnings_of(actions(**dates)) == ([] if rule is None else [rule])


def test_a_table_without_listing_dates_is_a_table_in_which_none_is_known(tmp_path):
    tables = small_market()
    code = tables["stocks"]["code"][0].as_py()
    day = tables["calendar"]["date"][5].as_py()
    told = actions(code=code, ex_date=day, record_date=None, list_date=None)
    tables["corporate_actions"] = told.drop_columns("list_date")
    write_dataset(tmp_path / "market", tables, name="small", source="test")
    found = Market.open(tmp_path / "market").corporate_actions()
    assert found["list_date"].isna().all()
    assert pa.types.is_date(TABLES["corporate_actions"].arrow.field("list_date").type)
