"""A bundle of RQAlpha comes back as the market that it was, or says what is wrong with it."""

import pickle
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

h5py = pytest.importorskip("h5py", reason="the extra rqalpha is not installed")

from quanthedge.errors import DataError  # noqa: E402
from quanthedge.market.checks import Collector  # noqa: E402
from quanthedge.sources import import_market  # noqa: E402
from quanthedge.sources.rqalpha import layout as rqalpha  # noqa: E402
from quanthedge.sources.rqalpha.pickle import read_instruments  # noqa: E402
from tests.market.exporters.rqalpha import export_rqalpha, order_book_id  # noqa: E402
from tests.market.small_market import CODES, small_market  # noqa: E402
from tests.sample import SAMPLE  # noqa: E402
from tests.sources.spoiling import (  # noqa: E402
    DAMAGE,
    contents,
    import_or_refuse,
    lay_out,
    spoilt,
)
from tests.sources.vendor_compare import differences, imported, texts  # noqa: E402


def actions():
    """A dividend, a bonus issue, and both on one day, all on trading days of the small market."""
    rows = {
        "code": [CODES[0], CODES[3], CODES[5]],
        "ex_date": [date(2014, 2, 12), date(2014, 2, 13), date(2014, 2, 14)],
        "cash_per_share": [0.25, 0.0, 0.1], "bonus_per_share": [0.0, 0.5, 0.2],
        "rights_per_share": [0.0] * 3, "rights_price": [float("nan")] * 3,
        "announce_date": [date(2014, 2, 5), None, date(2014, 2, 6)],
        "record_date": [date(2014, 2, 11), None, date(2014, 2, 13)],
        "pay_date": [date(2014, 2, 12), None, date(2014, 2, 18)],
        "list_date": pa.nulls(3, pa.date32()),
    }  # fmt: skip
    return pa.table(rows)


@pytest.fixture(scope="module")
def sample():
    return {path.stem: pq.read_table(path) for path in SAMPLE.glob("*.parquet")}


@pytest.fixture
def tables():
    return {**small_market(), "corporate_actions": actions()}


def frames(tables):
    return {name: table.to_pandas() for name, table in tables.items()}


def read_all(folder):
    return list(rqalpha.read(folder, Collector()).bars)


def refusal(folder):
    with pytest.raises(DataError) as raised:
        read_all(folder)
    return str(raised.value)


def test_days_that_the_calendar_has_twice_are_counted(tables, tmp_path):
    export_rqalpha(tmp_path / "bundle", tables)
    path = tmp_path / "bundle" / "trading_dates.npy"
    days = np.load(path)
    np.save(path, np.append(days, days[:3]))
    found, report = imported(rqalpha, tmp_path / "bundle", tmp_path / "m")
    assert len(found["calendar"]) == len(days)
    assert "calendar: 3 rows that repeat another row in every value counted once" in texts(report)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda kinds: [one for one in kinds if one[0] != "volume"], "no volume"),
        (lambda kinds: [(name, "<f4") for name, _ in kinds], "datetime as float, not int64"),
        (lambda kinds: kinds[::-1], "in another order"),
    ],
)
def test_a_stock_with_other_columns_is_named(tables, tmp_path, change, told):
    export_rqalpha(tmp_path / "bundle", tables)
    key = order_book_id(CODES[1])
    with h5py.File(tmp_path / "bundle" / "stocks.h5", "r+") as file:
        rows = file[key][:]
        del file[key]
        made = np.zeros(len(rows), dtype=change(rows.dtype.descr))
        for name in made.dtype.names:
            made[name] = rows[name]
        file[key] = made
    text = refusal(tmp_path / "bundle")
    assert f"stocks.h5: '{key}' has other columns than the first of the file ({told})" in text


@pytest.mark.parametrize("word", [None, "", 600000, "AAPL.XNAS"])
def test_an_instrument_without_a_code_is_refused_with_its_file(tables, tmp_path, word):
    export_rqalpha(tmp_path / "bundle", tables)
    path = tmp_path / "bundle" / "instruments.pk"
    stock = {"order_book_id": word, "type": "CS", "listed_date": "2014-01-02"}
    path.write_bytes(pickle.dumps([*pickle.loads(path.read_bytes()), stock], protocol=2))
    assert refusal(tmp_path / "bundle").startswith(
        f"{path}: no stock code in order_book_id: code '"
    )


@pytest.mark.parametrize(
    ("name", "told"),
    [("dividends", "actions have no cash dividends"), ("split_factor", "actions have no bonus")],
)
def test_a_bundle_with_one_of_the_two_tables_of_actions_says_so(tables, tmp_path, name, told):
    export_rqalpha(tmp_path / "bundle", tables)
    (tmp_path / "bundle" / f"{name}.h5").unlink()
    _found, report = imported(rqalpha, tmp_path / "bundle", tmp_path / "m")
    assert f"{name}.h5 is not there: {told}" in texts(report, "warning")


def test_a_bundle_without_its_calendar_is_refused_as_a_missing_file(tables, tmp_path):
    export_rqalpha(tmp_path / "bundle", tables)
    (tmp_path / "bundle" / "trading_dates.npy").unlink()
    assert refusal(tmp_path / "bundle").endswith("trading_dates.npy: no such file")


def test_a_market_comes_back_from_a_bundle(sample, tmp_path):
    export_rqalpha(tmp_path / "bundle", sample)
    assert rqalpha.recognise(tmp_path / "bundle")
    found, report = imported(rqalpha, tmp_path / "bundle", tmp_path / "m")
    assert differences(frames(sample), found) == {
        "stock_daily": {"total_shares", "float_shares", "is_delisting"},
        "index_members": "absent",
        "fundamentals": "absent",
        "industry": "absent",
        "stock_names": "absent",
        "government_yield_curve": {"rate"},  # of the term 0S, whose column is the overnight rate
        "corporate_actions": {"announce_date", "record_date", "pay_date"},  # not in the bundle
        "index_weights": "absent",
        "industry_index_daily": "absent",
        "statements": "absent",
        "analyst_estimates": "absent",
        "fund_holdings": "absent",
        "owners": "absent",
    }
    name = "government_yield_curve"
    longer = [frame[frame["term"] != "0S"] for frame in (frames(sample)[name], found[name])]
    assert differences({name: longer[0]}, {name: longer[1]}) == {}
    assert "4 series" in texts(report)
    assert "overnight money" in texts(report, "warning")


def test_dividends_and_splits_come_back_as_actions(tables, tmp_path):
    export_rqalpha(tmp_path / "bundle", tables)
    found, _ = imported(rqalpha, tmp_path / "bundle", tmp_path / "m")
    told = differences(frames(tables), found)
    assert "corporate_actions" not in told


def test_what_is_no_a_share_and_what_stands_twice_is_counted(tables, tmp_path):
    export_rqalpha(tmp_path / "bundle", tables)
    with h5py.File(tmp_path / "bundle" / "dividends.h5", "a") as file:
        file["00700.XHKG"] = file[order_book_id(CODES[0])][:]
    with h5py.File(tmp_path / "bundle" / "indexes.h5", "a") as file:
        file["HSI.XHKG"] = file[next(iter(file))][:]
    path = tmp_path / "bundle" / "instruments.pk"
    listed = pickle.loads(path.read_bytes())
    path.write_bytes(pickle.dumps([*listed, dict(listed[0])]))
    found, report = imported(rqalpha, tmp_path / "bundle", tmp_path / "m")
    assert set(found["corporate_actions"]["code"]) <= set(CODES)
    told = texts(report)
    assert "corporate_actions: 1 code that are no A shares left out" in told
    assert "index_daily: 1 series that are no indices of the exchanges left out" in told
    assert "stocks: 1 instrument that stand twice with the same values counted once" in told


def test_a_bundle_is_recognised_and_imported_from_outside(tables, tmp_path):
    export_rqalpha(tmp_path / "bundle", tables)
    report = import_market(tmp_path / "bundle", tmp_path / "m")
    assert report.ok
    assert "instruments that are no A shares" in texts(report) or "1 instrument" in texts(report)


def test_without_st_days_it_is_said_that_no_stock_counts_as_st(tables, tmp_path):
    export_rqalpha(tmp_path / "bundle", tables, known_st=False)
    found, report = imported(rqalpha, tmp_path / "bundle", tmp_path / "m")
    assert not found["stock_daily"]["is_st"].any()
    assert "no stock counts as ST" in texts(report, "warning")


class _Evil:
    def __reduce__(self):
        return (print, ("owned",))


@pytest.mark.parametrize(
    "content",
    [
        pickle.dumps([_Evil()]), pickle.dumps([{"a": date(2014, 1, 2)}]),
        b"cos\nsystem\n(S'ls'\ntR.", pickle.dumps([np.float64(1.0)]), b"nonsense", b"",
        b"\x80\x02]r\xff\xff\xff\x7f.", pickle.dumps({"a": 1}), pickle.dumps([1, 2]),
        b"\x80\x04\x95\xff\xff\xff\xff\xff\xff\xff\x7f.",
    ],
)  # fmt: skip
def test_a_pickle_that_wants_more_than_plain_data_is_refused(content, tmp_path, capsys):
    path = tmp_path / "instruments.pk"
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"instruments\.pk"):
        read_instruments(path)
    assert "owned" not in capsys.readouterr().out


@given(st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20,
), st.integers(0, 5))  # fmt: skip
@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
def test_plain_pickles_of_every_protocol_are_read(tmp_path_factory, value, protocol):
    path = tmp_path_factory.mktemp("pickle") / "instruments.pk"
    path.write_bytes(pickle.dumps([{"a": value}], protocol=protocol))
    if protocol == 0 and "\\" in path.read_text(encoding="latin-1"):
        return
    assert read_instruments(path) == [{"a": value}]


def test_links_and_objects_in_hdf5_are_refused(tables, tmp_path):
    export_rqalpha(tmp_path / "bundle", tables)
    with h5py.File(tmp_path / "bundle" / "stocks.h5", "a") as file:
        file["600999.XSHG"] = h5py.ExternalLink("/etc/passwd", "/")
    assert "is a link to elsewhere" in refusal(tmp_path / "bundle")
    with h5py.File(tmp_path / "bundle" / "stocks.h5", "a") as file:
        del file["600999.XSHG"]
        file["600999.XSHG"] = np.array([b"a", b"b"])
    assert "numbers needed" in refusal(tmp_path / "bundle")


def test_wrong_columns_dates_and_codes_are_named(tables, tmp_path):
    export_rqalpha(tmp_path / "bundle", tables)
    key = order_book_id(CODES[0])
    with h5py.File(tmp_path / "bundle" / "dividends.h5", "a") as file:
        rows = file[key][:]
        rows["ex_dividend_date"] = 20141399
        del file[key]
        file[key] = rows
    assert "dividends.h5: ex_dividend_date: 20141399 is no date" in refusal(tmp_path / "bundle")


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    export_rqalpha(folder, {**small_market(), "corporate_actions": actions()})
    return contents(folder)


@given(damages=st.lists(DAMAGE, min_size=1, max_size=3))
@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
def test_any_damage_ends_in_a_market_or_one_error(tmp_path_factory, whole, damages):
    folder = tmp_path_factory.mktemp("spoilt")
    lay_out(spoilt(whole, damages), folder / "bundle")
    import_or_refuse(rqalpha, folder / "bundle", folder / "m")
