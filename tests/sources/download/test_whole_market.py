"""A market in vendors' tables, downloaded through the client, comes back from the importer."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import pytest

from quanthedge.market.checks import Collector
from quanthedge.sources.akshare import tables as akshare_tables
from quanthedge.sources.akshare.client import AkShare
from quanthedge.sources.baostock import layout as baostock
from quanthedge.sources.baostock.client import BaoStock
from quanthedge.sources.download.plan import Vendor
from quanthedge.sources.download.run import download
from quanthedge.sources.download.secret import Token
from quanthedge.sources.tushare import layout as tushare
from quanthedge.sources.tushare.client import Tushare
from quanthedge.sources.tushare.plan import TABLES
from quanthedge.sources.vendors.reading import Folder
from tests.market.exporters import vendors as export
from tests.sources.download import fake_akshare
from tests.sources.download.clock import FakeClock
from tests.sources.download.fake_baostock import BaoStockModule
from tests.sources.download.tushare_server import TOKEN, TushareServer, serving
from tests.sources.vendor_compare import differences, imported

START, END = pd.Timestamp("2013-01-04"), pd.Timestamp("2013-02-22")
PAID_ON = ("ex_date", "announce_date", "record_date", "pay_date")
ON_DEMAND = ("yc_cb", "sw_daily")
Tables = dict[str, pd.DataFrame]
DATED = {
    "stock_daily": "date", "index_daily": "date", "futures_daily": "date", "cash_rate": "date",
    "calendar": "date", "index_weights": "date", "industry_index_daily": "date",
    "government_yield_curve": "date",
}  # fmt: skip


@pytest.fixture(scope="module")
def tables() -> Tables:
    """The sample market's first weeks."""
    tables: Tables = export.sample_tables(12)  # type: ignore[no-untyped-call]
    for name, column in DATED.items():
        days = tables[name][column]
        tables[name] = tables[name][(days >= START) & (days <= END)].reset_index(drop=True)
    paid = tables["corporate_actions"].head(3)  # none is paid so early: as many days before
    before = paid["ex_date"] - pd.Series(pd.bdate_range("2013-01-15", periods=len(paid)))
    moved = {name: paid[name] - before for name in PAID_ON}
    tables["corporate_actions"] = paid.assign(**moved)
    inside = tables["statements"]["period_end"].map(_in_period)
    tables["statements"] = tables["statements"][inside].reset_index(drop=True)
    del tables["analyst_estimates"]  # asked for by itself
    return tables


@pytest.fixture(scope="module")
def exported(tables: dict[str, pd.DataFrame], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("exported") / "source"
    export.tushare(tables, folder, kind="parquet")
    return folder


@pytest.fixture
def server(exported: Path) -> Iterator[TushareServer]:
    found = {}
    for path in exported.iterdir():
        files = [path] if path.is_file() else sorted(path.iterdir())
        found[path.stem] = pd.concat([pd.read_parquet(file) for file in files])
    found["fut_daily"] = found["fut_daily"][found["fut_daily"]["ts_code"].str.startswith("IF")]
    with serving(TushareServer(found)) as running:
        running.caps.update(index_weight=137, fina_indicator_vip=101, namechange=100)
        yield running


def test_what_is_downloaded_is_imported_as_the_vendors_own_tables_are(
    server: TushareServer, exported: Path, tmp_path: Path
) -> None:
    clock = FakeClock(datetime(2016, 1, 4, tzinfo=UTC)).clock()
    client = Tushare(Token(TOKEN), server.url)
    names = [table.name for table in TABLES if table.usual or table.name in ON_DEMAND]
    summary = download(client, tmp_path / "d", START.date(), END.date(), tables=names, clock=clock)
    assert not summary.refused
    assert not summary.missing, summary.to_text()
    assert tushare.recognise(tmp_path / "d")
    found, _ = imported(tushare, tmp_path / "d", tmp_path / "m")  # type: ignore[no-untyped-call]
    wanted, _ = imported(tushare, exported, tmp_path / "w")  # type: ignore[no-untyped-call]
    for name, column in (("fundamentals", "period_end"),):
        inside = wanted[name][column].map(_in_period)
        wanted[name] = wanted[name][inside].reset_index(drop=True)
    told: dict[str, Any] = differences(wanted, found)  # type: ignore[no-untyped-call]
    assert told == {}
    assert found["stock_daily"].equals(wanted["stock_daily"])
    assert len(found["fundamentals"])


@pytest.mark.parametrize("vendor", ["akshare", "baostock"])
def test_downloaded_files_have_every_column_that_the_importer_needs(
    tmp_path: Path, vendor: str
) -> None:
    known: Sequence[Any]
    if vendor == "akshare":
        client: Vendor = AkShare(fake_akshare.module(), indices=["000300"])
        known = akshare_tables.EVERY
    else:
        client = BaoStock(BaoStockModule().module(), indices=["sh.000300"])
        known = baostock.EVERY
    clock = FakeClock().clock()
    assert download(client, tmp_path, date(2015, 7, 1), date(2015, 7, 31), clock=clock).complete
    folder, used = Folder(tmp_path, Collector()), set()
    for table in known:
        for name in set(table.files) & set(folder.names):
            used.add(name)
            for path in folder.names[name]:
                found = set(pq.read_schema(path).names)
                for field in table.fields:
                    if field.needed and field.name != table.named:
                        assert found & set(field.found), (path, field)
    assert used >= {name for name in folder.names if "rights" not in name}
    assert any(folder.read(table) is not None for table in known)


def _in_period(day: date) -> bool:
    return pd.Timestamp(2011, 1, 4) <= pd.Timestamp(day) <= END
