"""Who may be held on a date, and why the others may not."""

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from pydantic import TypeAdapter, ValidationError

from quanthedge.errors import DataError, StrategyError
from quanthedge.market import Market, write_dataset
from quanthedge.portfolio import IndexUniverse, LargestUniverse, Universe
from tests.market.small_market import small_market
from tests.market_fake import INDEX, fake_market
from tests.sample import sample_market

ROWS = np.array([35, 60, 85])
UNIVERSES = [
    LargestUniverse(n=8, min_listed_days=20),
    LargestUniverse(n=500, min_listed_days=20, min_average_amount_yuan=3e7, amount_days=7),
    LargestUniverse(n=5, min_listed_days=0, exclude_st=False, exclude_suspended=False),
    IndexUniverse(index=INDEX, min_listed_days=20),
    IndexUniverse(index=INDEX, exclude_delisting=False, min_average_amount_yuan=1e7),
]
REASONS = [
    "delisted", "no price", "newly listed", "ST", "delisting period", "suspended",
    "thinly traded", "no market value",
]  # fmt: skip


def reason_against(universe, market, t, n):
    """The first reason that leaves a stock out, stock by stock; None when it may be held."""
    bar = {name: market.panel(name)[t, n] for name in market.panels}
    amounts = np.nan_to_num(market.panel("amount")[max(0, t - universe.amount_days + 1) : t + 1, n])
    listed_days = t - market.list_index()[n] + 1
    tests = {
        "delisted": t >= market.delist_index()[n],
        "no price": np.isnan(bar["mark"]),
        "newly listed": listed_days < universe.min_listed_days,
        "ST": universe.exclude_st and bar["is_st"],
        "delisting period": universe.exclude_delisting and bar["is_delisting"],
        "suspended": universe.exclude_suspended and not bar["traded"],
        "thinly traded": amounts.mean() < universe.min_average_amount_yuan,
        "no market value": universe.kind == "largest" and np.isnan(bar["total_shares"]),
    }
    return next((reason for reason, out in tests.items() if out), None)


@pytest.mark.parametrize("universe", UNIVERSES, ids=str)
@pytest.mark.parametrize("seed", range(3))
def test_universes_are_those_of_the_definition(universe, seed):
    market = fake_market(seed, stocks=40)
    market.panels["total_shares"][:, 3] = np.nan
    mask, exclusions = universe.mask(market, ROWS)
    for r, t in enumerate(ROWS):
        if universe.kind == "index":
            candidates = np.flatnonzero(market.members(INDEX)[t])
        else:
            candidates = np.flatnonzero(np.isfinite(market.panel("mark")[t]))
        reasons = {n: reason_against(universe, market, t, n) for n in candidates}
        kept = [n for n, reason in reasons.items() if reason is None]
        if universe.kind == "largest":
            value = market.panel("mark")[t] * market.panel("total_shares")[t]
            kept = sorted(kept, key=lambda n: -value[n])[: universe.n]
        assert set(np.flatnonzero(mask[r])) == set(kept)
        counted = exclusions[exclusions["date"] == pd.Timestamp(market.dates[t])]
        expected = pd.Series([x for x in reasons.values() if x], dtype=object).value_counts()
        assert counted.set_index("reason")["count"].to_dict() == expected.to_dict()


def test_every_reason_comes_up():
    found = set()
    for seed in range(6):
        market = fake_market(seed, stocks=60)
        market.panels["total_shares"][:, 3] = np.nan
        universe = LargestUniverse(min_listed_days=20, min_average_amount_yuan=3e7)
        found |= set(universe.mask(market, ROWS)[1]["reason"])
    assert found == set(REASONS) - {"no price"}  # such a stock is no candidate of the largest
    market = fake_market()
    late = replace(market, members_by_index={INDEX: np.ones_like(market.panel("traded"))})
    universe = IndexUniverse(index=INDEX, min_listed_days=0)
    assert "no price" in set(universe.mask(late, np.array([3]))[1]["reason"])


def test_listing_days_are_counted_from_the_first_one_on():
    market = fake_market()
    n = int(np.flatnonzero(market.listed > 0)[0])
    market.panels["traded"][:, n] = True
    first = market.listed[n]
    universe = LargestUniverse(n=1000, min_listed_days=10, exclude_st=False)
    mask, _ = universe.mask(market, np.array([first + 8, first + 9]))
    assert mask[:, n].tolist() == [False, True]


def test_an_empty_universe_is_refused_with_date_and_counts():
    market = fake_market()
    universe = LargestUniverse(min_average_amount_yuan=1e15)
    with pytest.raises(StrategyError, match=f"empty on {market.dates[35]}.*thinly traded [0-9]+"):
        universe.mask(market, ROWS)


def test_members_without_prices_are_no_candidates(tmp_path):
    tables = small_market()
    members = tables["index_members"].to_pylist()
    members.append({**members[0], "code": "600999.SH", "start": date(2014, 1, 2), "end": None})
    tables["index_members"] = pa.Table.from_pylist(members, tables["index_members"].schema)
    write_dataset(tmp_path / "m", tables, name="small", source="random")
    market = Market.open(tmp_path / "m")
    rows = np.array([30, 40])
    universe = IndexUniverse(index=INDEX, min_listed_days=0, exclude_suspended=False)
    mask, _ = universe.mask(market, rows)
    assert "600999.SH" not in market.codes
    assert mask.shape == (2, len(market.codes))
    assert mask.any(axis=1).all()
    assert (mask <= market.members(INDEX)[rows]).all()


def test_an_unknown_index_is_refused():
    with pytest.raises(DataError, match=r"000999\.SH"):
        IndexUniverse(index="000999.SH").mask(fake_market(), ROWS)


@pytest.mark.parametrize("universe", UNIVERSES, ids=str)
@pytest.mark.parametrize("row", [50, 70])
def test_the_past_stays_when_the_future_is_scrambled_or_cut_off(universe, row):
    market = fake_market(3, stocks=40)
    rows = np.array([30, row - 5, row])
    mask, exclusions = universe.mask(market, rows)
    for other in (market.scrambled(row), market.until(market.dates[row])):
        again, counted = universe.mask(other, rows)
        np.testing.assert_array_equal(again, mask)
        pd.testing.assert_frame_equal(counted, exclusions)


@pytest.mark.parametrize("kind", [LargestUniverse, IndexUniverse])
def test_the_sample_market_cut_off_gives_the_same_universe(kind):
    market = sample_market()
    row = market.day("2014-09-16")
    rows = np.array([row - 20, row])
    mask, _ = kind().mask(market, rows)
    np.testing.assert_array_equal(kind().mask(market.until("2014-09-16"), rows)[0], mask)


def test_universes_are_read_from_plain_data():
    adapter = TypeAdapter(Universe)
    assert adapter.validate_python({"kind": "largest", "n": 5}) == LargestUniverse(n=5)
    assert adapter.validate_python({"kind": "index"}) == IndexUniverse()
    for wrong in ({"kind": "smallest"}, {"kind": "index", "n": 3}, {"kind": "largest", "n": 0}):
        with pytest.raises(ValidationError):
            adapter.validate_python(wrong)
    for kind in (LargestUniverse, IndexUniverse):
        described = [field.description for name, field in kind.model_fields.items()]
        assert described.count(None) == 1  # kind
