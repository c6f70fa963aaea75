"""Who may be held on a date, and why the others may not."""

import re
from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from pydantic import TypeAdapter, ValidationError

from quanthedge.errors import DataError, StrategyError
from quanthedge.market import Market, write_dataset
from quanthedge.universe import AllUniverse, IndexUniverse, LargestUniverse, Universe
from quanthedge.universe.filters import (
    DEFAULT_FILTERS,
    Boards,
    Codes,
    DelistingPeriod,
    Filter,
    Industries,
    Liquidity,
    Listed,
    MarketValue,
    Members,
    Price,
    SpecialTreatment,
    Suspended,
)
from tests.market.small_market import small_market
from tests.market_fake import INDEX, fake_market
from tests.sample import sample_market

ROWS = np.array([35, 60, 85])
USUAL = DEFAULT_FILTERS[1:]
UNIVERSES = [
    LargestUniverse(n=8, filters=(Listed(min_days=20), *USUAL)),
    LargestUniverse(
        n=500,
        filters=(Listed(min_days=20), *USUAL, Liquidity(min_average_yuan=3e7, days=7)),
    ),
    LargestUniverse(n=5, filters=(DelistingPeriod(),)),
    IndexUniverse(index=INDEX, filters=(Listed(min_days=20), *USUAL)),
    IndexUniverse(index=(INDEX,), filters=(Liquidity(min_average_yuan=1e7), Suspended())),
    AllUniverse(
        filters=(
            Price(min_yuan=12.0), MarketValue(min_yuan=8e9, max_yuan=6e10, shares="float"),
            Industries(codes=("10", "30")), Suspended(days=10, min_share=0.8),
            Codes(exclude=("600014.SH", "600021.SH")),
        )
    ),
    AllUniverse(
        filters=(
            Members(index=(INDEX,), keep="others"), Industries(codes=("10", "20"), keep="these"),
            SpecialTreatment(), Boards(include=("main",)),
        )
    ),
    AllUniverse(filters=(Codes(include=("600000.SH", "600007.SH"), exclude=("600014.SH",)),)),
]  # fmt: skip


def out(one, market, t, n):
    """Whether a filter leaves a stock out, from its definition."""
    bar = lambda name: market.panel(name)[t, n]  # noqa: E731
    last = lambda name, days: market.panel(name)[max(0, t - days + 1) : t + 1, n]  # noqa: E731
    match one.kind:
        case "listed":
            return t - market.list_index()[n] + 1 < one.min_days
        case "special_treatment":
            return bar("is_st")
        case "delisting_period":
            return bar("is_delisting")
        case "suspended":
            return last("traded", one.days).mean() < one.min_share
        case "liquidity":
            return np.nan_to_num(last("amount", one.days)).mean() < one.min_average_yuan
        case "market_value":
            value = bar("mark") * bar(f"{one.shares}_shares")
            return not one.min_yuan <= value <= (one.max_yuan or np.inf)
        case "price":
            return not bar("mark") >= one.min_yuan
        case "boards":
            return "main" not in one.include
        case "members":
            inside = any(market.members(code)[t, n] for code in one.index)
            return inside == (one.keep == "others")
        case "industries":
            numbers, names = market.industry()
            number = numbers[t, n]
            industry = None if number < 0 else names["industry"][number]
            return (industry in one.codes) == (one.keep == "others")
        case "codes":
            outside = bool(one.include) and market.codes[n] not in one.include
            return market.codes[n] in one.exclude or outside


def reason_against(universe, market, t, n):
    """The first reason that leaves a stock out, stock by stock; None when it may be held."""
    if t >= market.delist_index()[n]:
        return "delisted"
    if np.isnan(market.panel("mark")[t, n]):
        return "no price"
    for one in universe.filters:
        if out(one, market, t, n):
            return one.reason
    lacking = universe.kind == "largest" and np.isnan(market.panel("total_shares")[t, n])
    return "no market value" if lacking else None


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
        for universe in UNIVERSES:
            found |= set(universe.mask(market, ROWS)[1]["reason"])
    expected = {one.reason for universe in UNIVERSES for one in universe.filters}
    assert found == {*expected, "delisted", "no market value"} - {"board"}  # all are on one board
    market = fake_market()
    late = replace(market, members_by_index={INDEX: np.ones_like(market.panel("traded"))})
    universe = IndexUniverse(index=INDEX, filters=())
    assert "no price" in set(universe.mask(late, np.array([3]))[1]["reason"])


def test_listing_days_are_counted_from_the_first_one_on():
    market = fake_market()
    n = int(np.flatnonzero(market.listed > 0)[0])
    market.panels["traded"][:, n] = True
    first = market.listed[n]
    universe = LargestUniverse(n=1000, filters=(Listed(min_days=10), Suspended()))
    mask, _ = universe.mask(market, np.array([first + 8, first + 9]))
    assert mask[:, n].tolist() == [False, True]


def test_an_empty_universe_is_refused_with_date_and_counts():
    market = fake_market()
    universe = LargestUniverse(filters=(Liquidity(min_average_yuan=1e15),))
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
    universe = IndexUniverse(index=INDEX, filters=())
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
    listed = {"kind": "all", "filters": [{"kind": "listed", "min_days": 9}]}
    assert adapter.validate_python(listed) == AllUniverse(filters=(Listed(min_days=9),))
    for kind in (LargestUniverse, IndexUniverse):
        described = [field.description for name, field in kind.model_fields.items()]
        assert described.count(None) == 1  # kind


@pytest.mark.parametrize("universe", UNIVERSES, ids=str)
def test_an_explanation_agrees_with_the_mask(universe):
    market = fake_market(4, stocks=40)
    t = 60
    mask, _ = universe.mask(market, np.array([t]))
    for n, code in enumerate(market.codes):
        table = universe.explain(market, str(code), market.dates[t])
        assert table["passes"].iloc[-1] == mask[0, n]
        extra = universe.kind == "largest"  # where it stands among those that pass
        assert len(table) == len(universe.filters) + 4 + extra
        left = [one for one in universe.filters if out(one, market, t, n)]
        failed = table.loc[~table["passes"], "question"].tolist()
        assert {one.kind for one in left} <= set(failed)


def test_an_explanation_says_what_was_found_and_wanted():
    market = sample_market()
    universe = LargestUniverse(
        n=50, filters=(Listed(min_days=250), Liquidity(min_average_yuan=1e6))
    )
    table = universe.explain(market, str(market.codes[0]), "2014-09-16").set_index("question")
    assert "1,000,000 yuan a day over 20 days" in table.loc["liquidity", "wanted"]
    assert "yuan a day" in table.loc["liquidity", "found"]
    with pytest.raises(DataError, match=r"no stock '999999\.SH'"):
        universe.explain(market, "999999.SH", "2014-09-16")
    with pytest.raises(DataError, match="language 'fr'; accepted: en, zh"):
        universe.explain(market, str(market.codes[0]), "2014-09-16", "fr")


@pytest.mark.parametrize("universe", UNIVERSES, ids=str)
def test_an_explanation_in_chinese_says_what_the_english_one_says(universe):
    market = fake_market(4, stocks=40)
    figures = re.compile(r"\d{6}\.S[HZ]|\d+(?:[.,]\d+)*%?")
    for n in range(0, 40, 3):
        code, day = str(market.codes[n]), market.dates[60]
        english = universe.explain(market, code, day)
        chinese = universe.explain(market, code, day, "zh")
        assert chinese["passes"].tolist() == english["passes"].tolist()
        for name in ("question", "found", "wanted"):
            for one, other in zip(english[name], chinese[name], strict=True):
                left = re.sub(r"\d{6}\.S[HZ]|\bST|\bA 股", "", other)
                assert not re.search("[A-Za-z]", left), other
                assert sorted(figures.findall(one)) == sorted(figures.findall(other))
        assert chinese["question"].is_unique


def test_an_own_filters_words_are_told_as_they_are():
    class Even(Filter):
        def out(self, market, rows, asked):
            return np.broadcast_to(np.arange(asked.shape[1]) % 2 == 1, asked.shape)

        def found(self, market, row, column):
            return f"place {column}"

    market = fake_market(4, stocks=40)
    code, day = str(market.codes[7]), market.dates[60]
    table = AllUniverse(filters=(Even(),)).explain(market, code, day, "zh")
    told = table[~table["passes"]].iloc[0]
    assert (told["found"], told["wanted"]) == ("place 7", "通过自有代码")
    assert table["found"].iloc[-1] == f"剔除：{told['question']}"


def test_what_is_not_in_the_market_is_asked_for_and_not_passed_over():
    market = fake_market()
    market.panels["amount"][30, 2] = np.nan
    market.panels["traded"][30, 2] = True
    universe = AllUniverse(filters=(Liquidity(min_average_yuan=1.0),))
    words = f"filter liquidity: amounts of {market.codes[2]} .* to {market.dates[35]}"
    with pytest.raises(DataError, match=words):
        universe.mask(market, np.array([35]))
    market.panels["float_shares"][:] = np.nan
    universe = AllUniverse(filters=(MarketValue(shares="float"),))
    with pytest.raises(DataError, match=r"float_shares of .* are not in market"):
        universe.mask(market, np.array([35]))
    market.panels["total_shares"][35] = np.nan
    with pytest.raises(DataError, match=f"kind largest: total_shares of {market.dates[35]} are"):
        LargestUniverse().mask(market, np.array([30, 35]))
    with pytest.raises(DataError, match="filter codes"):
        AllUniverse(filters=(Codes(exclude=("000999.SZ",)),)).mask(market, np.array([35]))


def test_what_is_unknown_of_stocks_not_asked_about_does_not_matter():
    market = fake_market()
    market.panels["amount"][30, 2] = np.nan
    market.panels["traded"][30, 2] = True
    code = str(market.codes[2])
    universe = AllUniverse(filters=(Codes(exclude=(code,)), Liquidity(min_average_yuan=1.0)))
    mask, _ = universe.mask(market, np.array([35]))
    assert mask.any()
    table = universe.explain(market, code, market.dates[35]).set_index("question")
    assert table.loc["liquidity", "found"] == "not in the data"
    assert table.loc["verdict", "found"] == "left out: codes"


def test_an_explanation_of_the_largest_says_the_rank():
    market = fake_market(4, stocks=40)
    universe = LargestUniverse(n=5, filters=())
    value = market.panel("mark")[60] * market.panel("total_shares")[60]
    value[market.delist_index() <= 60] = np.nan
    order = np.argsort(-np.where(np.isnan(value), -np.inf, value))
    for rank, n in enumerate(order[:8], start=1):
        table = universe.explain(market, str(market.codes[n]), market.dates[60])
        line = table.set_index("question").loc["largest"]
        assert line["found"] == f"rank {rank} of {np.isfinite(value).sum()}"
        assert line["passes"] == (rank <= 5)
        verdict = table["found"].iloc[-1]
        assert verdict == ("may be held" if rank <= 5 else "left out: largest")


def test_an_industry_that_is_nowhere_in_the_data_is_refused_and_a_later_one_is_not(tmp_path):
    write_dataset(tmp_path / "m", small_market(), name="small", source="random")
    market = Market.open(tmp_path / "m")
    early = market.until(market.dates[5])
    later = set(market.industry_codes()) - set(early.industry()[1]["industry"])
    assert later
    for one in (market, early):
        AllUniverse(filters=(Industries(codes=tuple(later)),)).mask(one, np.array([5]))
        with pytest.raises(DataError, match=r"filter industries: no industry '99'.* there are 43"):
            AllUniverse(filters=(Industries(codes=("43", "99")),)).mask(one, np.array([5]))


def test_a_code_on_no_board_is_on_none_of_the_boards_wanted():
    market = fake_market()
    codes = market.codes.copy()
    codes[-1] = "900901.SH"
    market = replace(market, codes=codes)
    universe = AllUniverse(filters=(Boards(include=("main", "star")),))
    mask, exclusions = universe.mask(market, np.array([35]))
    assert exclusions.set_index("reason").loc["board", "count"] == 1
    table = universe.explain(market, "900901.SH", market.dates[35]).set_index("question")
    assert not mask[0, -1]
    assert table.loc["boards", "found"] == "on no A-share board"


def test_a_market_without_members_or_industries_refuses_filters_that_need_them(tmp_path):
    tables = small_market()
    needed = {name: tables[name] for name in ("calendar", "stocks", "stock_daily")}
    write_dataset(tmp_path / "m", needed, name="bare", source="random")
    market, rows = Market.open(tmp_path / "m"), np.array([20])
    assert AllUniverse(filters=(Suspended(),)).mask(market, rows)[0].any()
    with pytest.raises(DataError, match="market 'bare' has no table index_members"):
        IndexUniverse(filters=()).mask(market, rows)
    with pytest.raises(DataError, match="market 'bare' has no table industry"):
        AllUniverse(filters=(Industries(codes=("43",)),)).mask(market, rows)


def test_a_list_of_codes_lets_in_or_leaves_out():
    market = fake_market()
    one, two = (str(code) for code in market.codes[:2])
    mask, _ = AllUniverse(filters=(Codes(include=(one, two)),)).mask(market, np.array([35]))
    assert set(np.flatnonzero(mask[0])) <= {0, 1}
    assert mask[0].any()
    with pytest.raises(ValueError, match="give `exclude` or `include`"):
        Codes()
    with pytest.raises(ValueError, match="is in `exclude` and in `include`"):
        Codes(include=(one,), exclude=(one,))
    with pytest.raises(DataError, match=r"000999\.SZ is not in market"):
        AllUniverse(filters=(Codes(include=("000999.SZ",)),)).mask(market, np.array([35]))
