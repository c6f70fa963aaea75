"""Two rows of one key: equal ones count once, unequal ones are refused, in every vendor's table."""

import pandas as pd
import pytest

from quanthedge.errors import DataError
from quanthedge.market.checks.findings import Collector
from quanthedge.sources.akshare import layout as akshare
from quanthedge.sources.baostock import layout as baostock
from quanthedge.sources.joinquant import layout as joinquant
from quanthedge.sources.tushare import layout as tushare
from quanthedge.sources.vendors.reading import read_files

TABLES = [
    *tushare.OTHERS, *(table for table, _ in tushare.STATEMENTS.values()),
    *akshare.EVERY, *baostock.EVERY, *joinquant.EVERY,
]  # fmt: skip
CELLS = {"stock": "600000.SH", "index": "000300.SH", "contract": "IF1401", "security": "600000.SH",
         "date": "2014-01-02", "number": 2.5, "text": "3", "flag": 1}  # fmt: skip
OTHER = {"date": "2014-01-03", "number": 3.5, "text": "1", "flag": 0}


def rows(table):
    return {field.found[0] or "index": CELLS[field.kind] for field in table.fields if field.found}


def read(folder, table, *files):
    paths = []
    for number, records in enumerate(files):
        paths.append(folder / f"{table.files[0]}_{number}.csv")
        pd.DataFrame(records).to_csv(paths[-1], index=False)
    return read_files(folder, paths, table, Collector())


def spoilable(table):
    return [f for f in table.fields if f.name not in table.key and f.kind in OTHER]


@pytest.mark.parametrize("files", ["one file", "two files"])
@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.files[0])
def test_equal_rows_of_one_key_count_once(tmp_path, table, files):
    row = rows(table)
    found = read(tmp_path, table, *([[row, row]] if files == "one file" else [[row], [row]]))
    assert found.num_rows == 1


@pytest.mark.parametrize("files", ["one file", "two files"])
@pytest.mark.parametrize(
    "table", [table for table in TABLES if spoilable(table)], ids=lambda table: table.files[0]
)
def test_unequal_rows_of_one_key_are_refused(tmp_path, table, files):
    field = spoilable(table)[0]
    row = rows(table)
    second = {**row, field.found[0]: OTHER[field.kind]}
    pieces = [[row, second]] if files == "one file" else [[row], [second]]
    words = "has two rows of" if files == "one file" else "differ in the row"
    with pytest.raises(DataError, match=f"{words} .*{field.name}.*keep the right one"):
        read(tmp_path, table, *pieces)
