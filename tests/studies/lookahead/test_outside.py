"""What no change of the market reaches is named: files, connections, tables the code carries."""

import functools
import socket
import sqlite3
from typing import ClassVar

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from pydantic import PrivateAttr

import quanthedge
from quanthedge.alpha import FactorTerm
from quanthedge.factors import Turnover
from quanthedge.factors.base import Factor
from quanthedge.market import Market
from quanthedge.studies.lookahead import audit, load_object
from quanthedge.studies.lookahead.outside import closely, outside_of, watched
from tests.sample import SAMPLE, sample_market, small_strategy

SIGNALS = pd.DataFrame(np.ones((12, 3)))
RETURNS = np.zeros((20, 4))
WEIGHTS = (0.5, 0.3, 0.2)


def honest(market):
    return market.panel("close") * WEIGHTS[0]


def reads_a_global(market):
    return market.panel("close") + RETURNS.sum()


def reads_another_function(market):
    return reads_a_global(market)


def with_a_default(market, table=SIGNALS):
    return market.panel("close") + table.to_numpy().sum()


def with_a_closure(table):
    def factor(market):
        return market.panel("close") + len(table)

    return factor


@functools.lru_cache
def kept():
    return 1.0


def reads_a_cache(market):
    return market.panel("close") * kept()


class WithATable(Factor):
    family = "mine"
    sign = 1

    def exposure(self, market, rows=None):
        return market.panel("close")[rows] + SIGNALS.to_numpy().sum()


class Holding:
    def __init__(self, table):
        self.table = table

    def exposure(self, market, rows=None):
        return market.panel("close")[rows]


@pytest.mark.parametrize(
    ("thing", "words"),
    [
        (reads_a_global, "reads_a_global.RETURNS: an array of 20 x 4"),
        (reads_another_function, "RETURNS: an array of 20 x 4"),
        (with_a_default, "default 0: a table of 12 x 3"),
        (with_a_closure({n: n for n in range(30)}), "factor.table: a dict of 30 entries"),
        (functools.partial(with_a_default, table=SIGNALS), "a table of 12 x 3"),
        (WithATable(), "SIGNALS: a table of 12 x 3"),
        (Holding(RETURNS), "table: an array of 20 x 4"),
        (Holding(sqlite3.connect(":memory:")), "table: a sqlite3 Connection"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_table_that_the_code_carries_along_is_named(thing, words):
    found = outside_of(thing)
    assert len(found) == 1
    assert words in found[0]


def test_a_market_of_its_own_is_named():
    market = sample_market()
    found = outside_of(lambda _given: market.panel("close"))
    assert "a market of its own (simulated 120 x 3)" in found[0]


def test_results_kept_from_earlier_calls_are_named():
    kept.cache_clear()
    assert not outside_of(reads_a_cache)
    kept()
    assert "1 results kept from earlier calls" in outside_of(reads_a_cache)[0]


def test_parameters_and_our_own_parts_are_not_named():
    assert not outside_of(honest)
    assert not outside_of(Turnover())
    assert not outside_of(small_strategy())


def test_a_factor_inside_a_strategy_is_searched():
    term = FactorTerm.model_construct(factor=WithATable(), weight=1.0)
    strategy = small_strategy().model_copy(update={"factors": [term]})
    assert "SIGNALS: a table of 12 x 3" in outside_of(strategy)[0]


def heard(action):
    with watched(SAMPLE) as seen, closely():
        action()
    return seen


def connect():
    with socket.socket() as one:
        one.settimeout(0.01)
        one.connect_ex(("127.0.0.1", 9))


def test_files_and_connections_are_heard_whatever_opens_them(tmp_path):
    csv, parquet, binary = tmp_path / "a.csv", tmp_path / "a.parquet", tmp_path / "a.npy"
    SIGNALS.to_csv(csv)
    SIGNALS.rename(columns=str).to_parquet(parquet)
    np.save(binary, RETURNS)
    openings = {
        str(csv): [lambda: pd.read_csv(csv), csv.read_text, lambda: csv.open().close()],
        str(parquet): [lambda: pd.read_parquet(parquet), lambda: pq.read_table(parquet),
                       lambda: pq.ParquetFile(parquet).close()],
        str(binary): [lambda: np.load(binary), lambda: np.load(binary, mmap_mode="r")],
        "the network": [connect],
        "a database": [lambda: sqlite3.connect(tmp_path / "a.db").close()],
    }  # fmt: skip
    for name, actions in openings.items():
        for action in actions:
            assert any(name in text for text in heard(action)), name


def test_what_our_own_code_reads_is_not_heard():
    market = Market.open(SAMPLE)
    assert not heard(lambda: market.fundamental("book_equity"))


class KeepsInItself(Factor):
    family = "mine"
    sign = 1
    _kept: dict = PrivateAttr(default_factory=dict)

    def exposure(self, market, rows=None):
        self._kept.setdefault("mean", float(market.panel("mark")[-1, 0]))
        return market.panel("close")[rows] * self._kept["mean"]


class KeepsInItsClass(Factor):
    family = "mine"
    sign = 1
    mean: ClassVar = None

    def exposure(self, market, rows=None):
        if KeepsInItsClass.mean is None:
            KeepsInItsClass.mean = float(market.panel("mark")[-1, 0])
        return market.panel("close")[rows] * KeepsInItsClass.mean


KEPT_HERE: dict = {}


def keeps_in_its_module(market):
    KEPT_HERE.setdefault("mean", market.panel("mark")[-1, 0])
    return market.panel("close") * KEPT_HERE["mean"]


def keeps_at_its_function(market):
    mean = vars(keeps_at_its_function).setdefault("mean", market.panel("mark")[-1, 0])
    return market.panel("close") * mean


class WithAWindow(Factor):
    family = "mine"
    sign = 1
    window: int = 5

    @functools.cached_property
    def half(self):
        return self.window / 2

    def exposure(self, market, rows=None):
        return market.panel("close")[rows] * self.half


@pytest.mark.parametrize(
    ("thing", "place"),
    [
        (KeepsInItself(), "KeepsInItself._kept.mean"),
        (KeepsInItsClass(), "KeepsInItsClass.mean"),
        (keeps_in_its_module, "KEPT_HERE.mean"),
        (keeps_at_its_function, "keeps_at_its_function.mean"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_number_that_is_kept_from_one_call_to_the_next_is_named(thing, place):
    report = audit(thing, sample_market(), dates=1)
    assert len(report.outside) == 1
    assert f"{place}: " in report.outside[0]
    assert "kept from an earlier call" in report.outside[0]


def test_what_a_factor_works_out_of_its_own_parameters_is_not_named():
    assert not audit(WithAWindow(), sample_market(), dates=1).outside


def opens_the_same_market(market):
    return Market.open(market.path).panel("close")[: len(market.dates)]


def opens_another_market(_market):
    return quanthedge.sample_market().panel("close")


@pytest.mark.parametrize("thing", [opens_the_same_market, opens_another_market])
def test_a_market_that_the_code_opens_by_itself_is_named(thing):
    quanthedge.sample_market.cache_clear()  # one that is open already is named as kept
    report = audit(thing, sample_market(), dates=1, first_only=True)
    named = f"a market that the code opens ({SAMPLE.resolve()}"
    assert any(one.startswith(named) for one in report.outside)


def test_a_file_that_is_read_through_our_own_functions_is_named(tmp_path):
    file = tmp_path / "values.csv"
    file.write_text("date,value\n2014-01-02,1.0\n2014-01-03,1.1\n")

    def reading(market):
        return market.panel("close") * len(quanthedge.read_unit_values(file))

    report = audit(reading, sample_market(), dates=1)
    assert len(report.outside) == 1
    assert f"file {file}" in report.outside[0]


def test_the_files_of_the_market_read_past_its_methods_are_named():
    seen = heard(lambda: pq.read_table(SAMPLE / "cash_rate.parquet"))
    assert "file cash_rate.parquet of the market itself, past its methods" in seen[0]


def test_a_factor_that_reads_a_file_is_named_by_the_audit(tmp_path):
    signals = tmp_path / "signals.csv"
    market = sample_market()
    np.savetxt(signals, np.roll(market.panel("mark"), -1, axis=0), delimiter=",")
    file = tmp_path / "mine.py"
    file.write_text(
        "import numpy as np\n"
        f"TABLE = np.loadtxt({str(signals)!r}, delimiter=',')\n"
        "class Late:\n"
        "    def exposure(self, market, rows=None):\n"
        "        return TABLE[rows]\n"
        "class Now:\n"
        "    def exposure(self, market, rows=None):\n"
        f"        return np.loadtxt({str(signals)!r}, delimiter=',')[rows]\n"
    )
    report = audit(load_object(f"{file}:Late"), market, dates=1)
    assert "TABLE: an array of 731 x 120, which the code carries along" in report.outside[0]
    assert "1 of its sources are outside the audit's reach" in report.to_text()
    report = audit(load_object(f"{file}:Now"), market, dates=1)
    assert f"file {signals}, read in exposure (mine.py)" in report.outside[0]
    assert report.outside[0] in report.to_text()


def test_an_honest_report_names_nothing_outside():
    report = audit(honest, sample_market(), dates=1)
    assert report.passed
    assert report.outside == ()
    assert "reach" not in report.to_text()
