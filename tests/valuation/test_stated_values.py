"""What suspended stocks are stated at: cases by hand, and the slow reference on random markets."""

from dataclasses import replace

import numpy as np
import pytest

from tests.valuation.worlds import NAN, World, expected, random_world, stated

DRUG, BANK = "600004.SH", "601006.SH"
DRUGS = ("37", "医药生物")  # of Shenwan, level 1: mostly division C27
PHARMA = "H30054.CSI", "C27 Pharmaceuticals"


def one_stock(closes, index, first=1, **more):
    """A maker of medicines beside a bank that always trades and never moves."""
    days = len(closes)
    return World(
        {DRUG: closes, BANK: [5.0] * days}, first, {DRUG: DRUGS, BANK: ("48", "银行")},
        {PHARMA[0]: (PHARMA[1], index)} if index else {}, **more,
    )  # fmt: skip


def ratio_of(world, tmp_path, code=DRUG, **terms):
    found = stated(world, world.write(tmp_path / "market"), **terms)
    return found.book.ratio[:, world.codes.index(code)]


def test_a_suspended_stock_follows_the_index_of_its_industry_until_it_trades_again(tmp_path):
    world = one_stock([10.0, 10.0, NAN, NAN, NAN, 10.5], [100.0, 100.0, 110.0, 99.0, 108.9, 120.0])
    found = ratio_of(world, tmp_path)
    np.testing.assert_allclose(found, [NAN, NAN, 1.1, 0.99, 1.089, NAN], rtol=1e-12)


def test_a_stock_that_always_trades_stands_at_its_close(tmp_path):
    world = one_stock([10.0, NAN, 9.5], [100.0, 80.0, 90.0])
    assert np.isnan(ratio_of(world, tmp_path, BANK)).all()


def test_an_ex_date_in_the_suspension_moves_mark_and_stated_value_alike(tmp_path):
    # 9.00 ex-dividend on the day of the resumption, limit down at 8.10; the index lost 30%
    world = one_stock([10.0, NAN, 8.1, 8.0], [100.0, 70.0, 70.0, 70.0], pre_closes={(DRUG, 2): 9.0})
    found = ratio_of(world, tmp_path)
    np.testing.assert_allclose(found, [NAN, 0.7, 0.7 * 9.0 / 8.1, NAN], rtol=1e-12)


def test_days_at_the_lower_limit_are_no_active_market(tmp_path):
    closes, index = [10.0, NAN, 9.0, 8.1, 7.29, 6.9], [100.0, 60.0, 60.0, 60.0, 60.0, 60.0]
    found = ratio_of(one_stock(closes, index), tmp_path)
    np.testing.assert_allclose(found, [NAN, 0.6, 6 / 9, 6 / 8.1, 6 / 7.29, NAN], rtol=1e-12)


def test_a_limit_that_passes_the_stated_value_by_is_followed(tmp_path):
    closes, index = [10.0, NAN, 9.0, 8.1, 7.29, 6.56, 6.9], [100.0] + 6 * [80.0]
    found = ratio_of(one_stock(closes, index), tmp_path)
    np.testing.assert_allclose(found, [NAN, 0.8, 8 / 9, 8 / 8.1, 1.0, 1.0, NAN], rtol=1e-12)


def test_days_at_the_upper_limit_keep_the_larger_value(tmp_path):
    closes, index = [10.0, NAN, 11.0, 12.1, 12.5], [100.0] + 4 * [120.0]
    found = ratio_of(one_stock(closes, index), tmp_path)
    np.testing.assert_allclose(found, [NAN, 1.2, 12 / 11, 1.0, NAN], rtol=1e-12)


def test_the_index_goes_on_while_the_stock_stands_at_its_limit(tmp_path):
    closes, index = [10.0, NAN, 9.0, 8.1, 8.5], [100.0, 60.0, 66.0, 33.0, 40.0]
    found = ratio_of(one_stock(closes, index), tmp_path)
    np.testing.assert_allclose(found, [NAN, 0.6, 6.6 / 9, 3.3 / 8.1, NAN], rtol=1e-12)


def test_a_stock_without_a_price_limit_is_active_on_its_first_day(tmp_path):
    world = one_stock([10.0, NAN, 5.0], [100.0, 60.0, 60.0], limit=np.inf)
    np.testing.assert_allclose(ratio_of(world, tmp_path), [NAN, 0.6, NAN], rtol=1e-12)
    world = one_stock([10.0, NAN, 9.0], [100.0, 60.0, 60.0], limit=NAN)
    found = ratio_of(world, tmp_path / "unknown")
    np.testing.assert_allclose(found, [NAN, 0.6, NAN], rtol=1e-12)


def test_a_stock_that_is_delisted_out_of_its_suspension_follows_the_index_to_the_end(tmp_path):
    world = one_stock([10.0, NAN, NAN, NAN], [100.0, 90.0, 45.0, 45.0], gone={DRUG: 3})
    np.testing.assert_allclose(ratio_of(world, tmp_path)[:3], [NAN, 0.9, 0.45], rtol=1e-12)


def test_a_suspension_that_began_before_the_run_counts_from_its_own_last_close(tmp_path):
    world = one_stock([10.0, NAN, NAN, NAN, 9.5], [100.0, 90.0, 80.0, 88.0, 88.0], first=3)
    found = stated(world, world.write(tmp_path / "market"))
    np.testing.assert_allclose(found.book.ratio[:, 0], [0.8, 0.88, NAN], rtol=1e-12)
    assert found.days[:, 0].tolist() == [2, 3, 0]


def test_before_the_run_every_bar_ends_a_suspension(tmp_path):
    world = one_stock([10.0, NAN, 9.0, 8.1, 8.0], [100.0] + 4 * [60.0], first=3)
    assert np.isnan(ratio_of(world, tmp_path)).all()


def test_before_its_first_bar_a_stock_has_no_value(tmp_path):
    world = one_stock([NAN, NAN, 10.0, NAN], [100.0, 90.0, 90.0, 45.0])
    np.testing.assert_allclose(ratio_of(world, tmp_path), [NAN, NAN, NAN, 0.5], rtol=1e-12)


# ---- which index --------------------------------------------------------------------------------


def market_of_three(tmp_path, industry, indices=None, **terms):
    """Stock 1 stops; 2 gains 10% and is worth as much as 3, which gains 4%, then 2%."""
    closes = {
        "000001.SZ": [8.0, 8.0, NAN, NAN], "000002.SZ": [20.0, 20.0, 22.0, 22.0],
        "000003.SZ": [10.0, 10.0, 10.4, 10.608],
    }  # fmt: skip
    shares = {"000002.SZ": [1e8] * 4, "000003.SZ": [2e8] * 4}
    world = World(closes, 1, industry, indices or {}, float_shares=shares)
    found = stated(world, world.write(tmp_path / "market"), **terms)
    return found.book.ratio[:, 0], found


def own_days(found):
    """Days on which the market's own stocks stood in for the one index, but the first."""
    sources, own = found.returns.sources, found.returns.own
    at = int(np.flatnonzero(sources["index"] == PHARMA[0])[0])
    return (np.flatnonzero(own[1:, at]) + 1).tolist()


ALL = [NAN, NAN, 1.07, 1.07 * (1 + 0.02 * 20.8 / 42.8)]  # by values of 20 and 20, 22 and 20.8
OF_THREE = [NAN, NAN, 1.04, 1.04 * 1.02]


@pytest.mark.parametrize(
    "industry", [{}, {"000003.SZ": DRUGS}], ids=["no table", "none of this stock"]
)
def test_a_stock_without_an_industry_follows_all_stocks(tmp_path, industry):
    found, _ = market_of_three(tmp_path, industry)
    np.testing.assert_allclose(found, ALL, rtol=1e-12)


def test_without_a_table_of_indices_the_stocks_of_the_industry_make_one(tmp_path):
    industry = {"000001.SZ": DRUGS, "000003.SZ": DRUGS, "000002.SZ": ("48", "银行")}
    found, whole = market_of_three(tmp_path, industry)
    np.testing.assert_allclose(found, OF_THREE, rtol=1e-12)
    assert (whole.returns.sources["index"] == "").all()


def test_an_industry_none_of_whose_stocks_trades_follows_all_stocks(tmp_path):
    found, _ = market_of_three(tmp_path, {"000001.SZ": DRUGS, "000003.SZ": ("48", "银行")})
    np.testing.assert_allclose(found, ALL, rtol=1e-12)


def test_where_no_stock_traded_on_two_days_running_nothing_moves(tmp_path):
    closes = {DRUG: [10.0, NAN, NAN, NAN], BANK: [NAN, 5.0, NAN, 6.0]}
    world = World(closes | {"600005.SH": [7.0, NAN, 8.0, NAN]})
    np.testing.assert_allclose(ratio_of(world, tmp_path), [NAN, 1.0, 1.0, 1.0], rtol=0)


def test_an_industry_of_several_divisions_is_made_of_its_own_stocks(tmp_path):
    machines = ("64", "机械设备")
    industry = {"000001.SZ": machines, "000003.SZ": machines}
    found, _ = market_of_three(tmp_path, industry, {PHARMA[0]: (PHARMA[1], [1.0, 2.0, 3.0, 4.0])})
    np.testing.assert_allclose(found, OF_THREE, rtol=1e-12)


def test_the_markets_own_stocks_stand_in_on_days_around_a_missing_close(tmp_path):
    industry = {"000001.SZ": DRUGS, "000003.SZ": DRUGS}
    index = {PHARMA[0]: (PHARMA[1], [100.0, 100.0, 90.0, NAN])}
    found, whole = market_of_three(tmp_path, industry, index)
    np.testing.assert_allclose(found, [NAN, NAN, 0.9, 0.9 * 1.02], rtol=1e-12)
    assert own_days(whole) == [3]
    index = {PHARMA[0]: (PHARMA[1], [100.0, 100.0, NAN, 90.0])}
    found, whole = market_of_three(tmp_path / "other", industry, index)
    np.testing.assert_allclose(found, OF_THREE, rtol=1e-12)
    assert own_days(whole) == [2, 3]


@pytest.mark.parametrize(
    ("code", "index"),
    [
        ("C27", (*PHARMA,)), ("J66", ("H11046.CSI", "J Finance")), ("J", ("X.CSI", "J Finance")),
        ("B06", ("H11031.CSI", "B Mining")), ("C39", ("H30066.CSI", "C39 Computers, electronics")),
    ],
)  # fmt: skip
def test_the_regulators_own_codes_find_their_section_or_division(tmp_path, code, index):
    other = {"H30041.CSI": ("C13 Farm product processing", [100.0, 100.0, 35.0, 35.0])}
    mine = {index[0]: (index[1], [100.0, 100.0, 90.0, 99.0])}
    found, _ = market_of_three(tmp_path, {"000001.SZ": (code, "所属行业")}, other | mine)
    np.testing.assert_allclose(found, [NAN, NAN, 0.9, 0.99], rtol=1e-12)


def test_manufacturing_without_a_division_has_no_index_of_its_own(tmp_path):
    indices = {"H30041.CSI": ("C13 Farm product processing", [100.0, 100.0, 35.0, 35.0])}
    industry = {"000001.SZ": ("C", "制造业"), "000003.SZ": ("C", "制造业")}
    found, _ = market_of_three(tmp_path, industry, indices)
    np.testing.assert_allclose(found, OF_THREE, rtol=1e-12)


def test_an_index_of_another_family_is_not_the_accountants_one(tmp_path):
    world = one_stock([10.0, NAN, NAN], [100.0, 50.0, 50.0])
    world.family = "CSI 300 sector"
    assert ratio_of(world, tmp_path).tolist()[1:] == [1.0, 1.0]  # of the bank, which stands still


def test_the_hedged_index_and_the_beta_to_it_are_methods_of_their_own(tmp_path):
    world = replace(
        one_stock([10.0, NAN, NAN, 9.5], [100.0, 30.0, 30.0, 30.0]),
        hedged=[3000.0, 3300.0, 3135.0, 3135.0],
    )
    folder = world.write(tmp_path / "market")
    found = stated(world, folder, index="hedged").book.ratio[:, 0]
    np.testing.assert_allclose(found, [NAN, 1.1, 1.1 * 0.95, NAN], rtol=1e-12)
    beta = np.array([[2.0, 1.0], [9.0, 1.0], [9.0, 1.0], [9.0, 1.0]])  # of the last day with a bar
    found = stated(world, folder, beta=beta, suspended="beta").book.ratio[:, 0]
    np.testing.assert_allclose(found, [NAN, 1.2, 1.2 * 0.9, NAN], rtol=1e-12)


def test_the_last_close_restates_nothing(tmp_path):
    world = one_stock([10.0, NAN], [100.0, 50.0])
    found = stated(world, world.write(tmp_path / "market"), suspended="last_close")
    assert found.book.ratio.size == 0
    assert found.days.size == 0


def test_from_a_day_of_the_suspension_on_an_adjustment_always_counts(tmp_path):
    world = one_stock([10.0, NAN, NAN, NAN, 9.5], [100.0] + 4 * [99.0])
    folder = world.write(tmp_path / "market")
    found = stated(world, folder, from_day=2, materiality=0.01)
    assert found.book.always[:, 0].tolist() == [False, False, True, True, False]
    assert found.book.materiality == 0.01
    assert stated(world, folder).book.always.size == 0


# ---- random markets -----------------------------------------------------------------------------

METHODS = {
    "industry": {}, "hedged": {"index": "hedged"}, "beta": {"suspended": "beta"},
}  # fmt: skip


@pytest.mark.parametrize("seed", range(25))
def test_random_markets_are_stated_as_the_slow_reference_does(seed, tmp_path):
    world = random_world(seed)
    folder = world.write(tmp_path / "market")
    shape = (len(world.days) - world.first + 1, len(world.codes))
    beta = np.random.default_rng(seed).normal(1.0, 0.5, shape)
    for terms in METHODS.values():
        fast = stated(world, folder, beta=beta, from_day=3, **terms)
        ratio, days = expected(world, folder, beta, **terms)
        np.testing.assert_allclose(fast.book.ratio, ratio, rtol=1e-10)
        np.testing.assert_array_equal(fast.days, days)
        np.testing.assert_array_equal(fast.book.always, days >= 3)


def test_the_random_markets_have_what_they_are_for():
    worlds = list(map(random_world, range(25)))
    stopped = sum(np.isnan(row).sum() for world in worlds for row in world.closes.values())
    assert stopped > 300
    assert sum(bool(world.indices) and bool(world.industry) for world in worlds) > 10
    assert any(not world.indices for world in worlds)
    assert any(not world.industry for world in worlds)
    assert sum(len(world.gone) for world in worlds) > 5


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("method", METHODS)
def test_no_stated_value_knows_a_later_day(seed, method, tmp_path):
    world, terms = random_world(seed), METHODS[method]
    shape = (len(world.days) - world.first + 1, len(world.codes))
    beta = np.random.default_rng(seed).normal(1.0, 0.5, shape)
    cut = (world.first + len(world.days)) // 2
    rows = cut - world.first + 2
    folder = world.write(tmp_path / "market")
    whole = stated(world, folder, beta=beta, **terms).book.ratio[:rows]
    known = stated(world, folder, beta=beta, until=cut, **terms).book.ratio
    np.testing.assert_array_equal(known, whole)
    other = altered_after(world, cut)
    beta[rows:] += 1.0
    found = stated(other, other.write(tmp_path / "other"), beta=beta, **terms).book.ratio
    np.testing.assert_array_equal(found[:rows], whole)
    if found[rows:].size and np.isfinite(whole[-1]).any():
        later = stated(world, folder, beta=beta, **terms).book.ratio[rows:]
        assert not np.array_equal(found[rows:], later)


def altered_after(world, cut):
    """The same market up to a day, and another one after it."""
    rng = np.random.default_rng(99)
    end = len(world.days) - 1

    def late(k, value):
        return value if k <= cut else round(value * rng.uniform(0.95, 1.05), 2)

    closes = {
        code: [
            NAN if cut < k < end and rng.random() < 0.2 else late(k, one)
            for k, one in enumerate(row)
        ]
        for code, row in world.closes.items()
    }
    indices = {
        code: (name, [late(k, one) for k, one in enumerate(row)])
        for code, (name, row) in world.indices.items()
    }
    hedged = [late(k, one) for k, one in enumerate(world.hedged)]
    shares = {
        code: [late(k, one) for k, one in enumerate(row)]
        for code, row in world.float_shares.items()
    }
    kept = {key: value for key, value in world.pre_closes.items() if key[1] <= cut}
    return replace(
        world, closes=closes, indices=indices, hedged=hedged, float_shares=shares, pre_closes=kept
    )
