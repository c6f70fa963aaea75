"""Shares of sleeves: each formula beside its definition, caps, bands, what is wanted by them."""

import numpy as np
import pandas as pd
import pytest

from quanthedge.errors import StrategyError
from quanthedge.kinds import read_catalogue
from quanthedge.sleeves import Wishes
from quanthedge.sleeves.sharing import (
    CarryPerMargin,
    FixedShares,
    OwnDrawdown,
    RiskParity,
    Seen,
    Sharing,
    restated,
    share_table,
    sharing_name,
)
from quanthedge.sleeves.sharing.proportion import in_proportion
from tests.oracles import sharing as slow
from tests.sample import sample_market

BUDGETS = np.array([0.45, 0.30, 0.15, 0.10])
LABELS = ("stocks", "carry", "calendar", "pairs")


def seen(days=200, seed=1, expected=None) -> Seen:
    """Four sleeves; the second holds something now and then, the last on a few days only."""
    rng = np.random.default_rng(seed)
    gains = rng.normal(2e-4, (0.004, 0.001, 0.02, 0.01), (days, 4))
    tied = rng.uniform(0.5, 1.0, (days, 4))
    idle = np.zeros((days, 4), dtype=bool)
    idle[:, 1] = rng.random(days) < 0.5
    idle[15:, 3] = True
    gains[idle] = tied[idle] = 0.0
    said = np.full(4, np.nan) if expected is None else np.array(expected)
    return Seen(LABELS, BUDGETS, gains, tied, lambda: said)


def columns(one):
    return [(one.gains[:, s].tolist(), one.tied[:, s].tolist()) for s in range(4)]


def plain(figures):
    return [None if np.isnan(one) else one for one in figures]


@pytest.mark.parametrize("days", [30, 90, 200])
def test_equal_risk_is_that_of_its_definition(days):
    one, rule = seen(days), RiskParity()
    figures = rule.figures(one)
    slowly = [slow.volatility(g, t, 120, 40) for g, t in columns(one)]
    assert plain(figures) == pytest.approx(slowly)
    found = np.nan_to_num(rule.shares(one, figures), nan=1.0)
    assert found == pytest.approx(slow.parity(BUDGETS.tolist(), slowly, 2.0))
    assert found @ BUDGETS <= BUDGETS.sum() * (1 + 1e-12)


def test_equal_risk_without_a_cap_gives_each_the_same_risk_and_spends_every_budget():
    one, rule = seen(), RiskParity(most=10)
    figures = rule.figures(one)
    found = rule.shares(one, figures)
    risk = (found * BUDGETS * figures)[:3]
    assert risk == pytest.approx(np.full(3, risk[0]))
    assert (found * BUDGETS)[:3].sum() == pytest.approx(BUDGETS[:3].sum())
    assert np.isnan(found[3])  # held on too few days: as stated


@pytest.mark.parametrize("hurdle", [0.0, 0.02])
@pytest.mark.parametrize("seed", range(4))
def test_carry_is_that_of_its_definition(seed, hurdle):
    one, rule = seen(seed=seed), CarryPerMargin(hurdle=hurdle)
    figures = rule.figures(one)
    slowly = [slow.paid(g, t, 250, 40, 250) for g, t in columns(one)]
    assert plain(figures) == pytest.approx(slowly)
    found = np.nan_to_num(rule.shares(one, figures), nan=1.0)
    assert found == pytest.approx(slow.by_carry(BUDGETS.tolist(), slowly, 2.0, hurdle), abs=1e-9)


def test_what_a_sleeve_says_itself_goes_before_its_own_mean():
    one = seen(expected=(np.nan, 0.08, np.nan, -0.03))
    figures = CarryPerMargin().figures(one)
    assert figures[[1, 3]].tolist() == [0.08, -0.03]
    assert CarryPerMargin().shares(one, figures)[3] == 0.0
    mine = CarryPerMargin().figures(seen())
    assert figures[[0, 2]].tolist() == mine[[0, 2]].tolist()


def test_who_pays_the_same_keeps_the_stated_budget():
    one = seen(expected=(0.05, 0.05, 0.05, 0.05))
    rule = CarryPerMargin()
    assert rule.shares(one, rule.figures(one)) == pytest.approx(np.ones(4))
    nobody = CarryPerMargin(hurdle=0.05)
    assert nobody.shares(one, nobody.figures(one)).tolist() == [0.0] * 4


def test_drawdown_falls_in_a_straight_line_to_nothing():
    one = seen()
    rule = OwnDrawdown(largest=0.2)
    figures = rule.figures(one)
    assert figures == pytest.approx([slow.fall(g) for g, _ in columns(one)])
    assert figures.max() > 0.02
    found = rule.shares(one, np.array([0.0, 0.05, 0.2, 0.9]))
    assert found == pytest.approx([1.0, 0.75, 0.0, 0.0])


def test_a_cap_gives_what_it_takes_to_the_others_in_proportion():
    caps = np.array([0.2, 1.0, 1.0])
    found = in_proportion(1.0, np.array([5.0, 3.0, 1.0]), caps)
    assert found == pytest.approx([0.2, 0.6, 0.2])
    assert in_proportion(1.0, np.array([1.0, 1.0, 0.0]), caps * 0.3).sum() < 1.0
    assert in_proportion(1.0, np.zeros(3), caps).tolist() == [0.0] * 3
    rng = np.random.default_rng(5)
    for _ in range(50):
        wanted, caps = rng.random(4), rng.random(4)
        slowly = slow.split(1.0, wanted.tolist(), caps.tolist())
        assert in_proportion(1.0, wanted, caps) == pytest.approx(slowly)


class Stated(Sharing):
    """Says what it was told, review by review."""

    said: list[list[float | str]]

    def figures(self, seen):
        return np.full(len(seen.labels), float(len(seen.gains)))

    def shares(self, seen, figures):
        return np.array(self.said[len(seen.gains)])


def stated(*said, band=0.1):
    """Return the table of an own sharing at reviews on following days."""
    sights = [
        Seen(("a", "b"), np.ones(2), np.zeros((n, 2)), np.zeros((n, 2)), lambda: np.zeros(2))
        for n in range(len(said))
    ]
    days = np.datetime64("2015-01-05") + np.arange(len(said))
    return share_table(Stated(said=said, band=band), days, sights)


def test_within_the_band_all_shares_stay():
    table = stated([1.05, 0.95], [1.3, 0.7], [1.25, 0.79], [1.25, 0.5], [np.nan, 0.0])
    assert table["share"].tolist() == [1.0, 1.0, 1.3, 0.7, 1.3, 0.7, 1.25, 0.5, 1.0, 0.0]
    assert table["asked"].tolist() == [1.05, 0.95, 1.3, 0.7, 1.25, 0.79, 1.25, 0.5, 1.0, 0.0]
    reasons = ["kept", "kept", "more", "less", "kept", "kept", "more", "less", "unknown", "none"]
    assert table["reason"].tolist() == reasons
    assert table["figure"].tolist() == [0.0, 0.0, 1.0, 1.0, 2.0, 2.0, 3.0, 3.0, 4.0, 4.0]


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ([[1.0, -0.5]], "share -0.5 of b on 2015-01-05; accepted: 0 or more"),
        ([[np.inf, 1.0]], "share inf of a"),
        ([[1.0]], r"shares has shape \(1,\); accepted: \(2,\), one for each sleeve"),
        ([["x", "y"]], "shares is an array of"),
    ],
)
def test_a_share_that_cannot_be_meant_is_one_clear_error(said, told):
    with pytest.raises(StrategyError, match=told):
        stated(*said)


def test_an_error_of_an_own_sharing_names_its_line():
    with pytest.raises(StrategyError, match=r"shares raised IndexError: .*test_sharing\.py, line"):
        share_table(
            Stated(said=[]), np.array(["2015-01-05"], dtype="datetime64[D]"), [seen(days=3)]
        )


def wishes() -> Wishes:
    """A book of three decisions: two stocks sold short against, another contract, nothing."""
    return Wishes(
        np.array([300, 310, 320]),
        ({3: 0.4, 5: 0.2}, {3: 0.5}, {}),
        ({"IF1": -0.6}, {"IF1": np.nan, "IF2": -0.5}, {"IF2": np.nan}),
    )


def test_decisions_are_multiplied_and_a_change_between_them_is_said_again():
    market = sample_market()
    reviews = np.array([290, 305, 307, 310, 315, 325])
    found = restated(wishes(), market, reviews, np.array([1.5, 0.5, 0.5, 2.0, 0.0, 1.0]))
    assert found.rows.tolist() == [300, 305, 310, 315, 320]
    assert found.weights[0] == {3: 0.4 * 1.5, 5: 0.2 * 1.5}
    growth = [1.0 + np.nan_to_num(market.panel("simple_return")[301:306, i]) for i in (3, 5)]
    grown = [0.4 * np.prod(growth[0]), 0.2 * np.prod(growth[1])]
    assert found.weights[1] == pytest.approx(
        {i: 0.5 * 0.6 * one / sum(grown) for i, one in zip((3, 5), grown, strict=True)}
    )
    assert grown[0] / grown[1] != pytest.approx(2.0, abs=1e-4)
    assert found.weights[2] == {3: 1.0}
    assert found.weights[3:] == ({}, {})
    assert found.contracts[1] == {"IF1": -0.3}
    assert found.contracts[2] == pytest.approx({"IF1": np.nan, "IF2": -1.0}, nan_ok=True)
    # nothing is left at a share of 0 but what goes to its delivery
    assert list(found.contracts[3]) == list({"IF1": 0})
    assert np.isnan(found.contracts[3]["IF1"])
    assert np.isnan(found.contracts[4]["IF2"])


def test_shares_of_one_leave_every_wish_to_the_bit():
    found = restated(wishes(), sample_market(), np.array([295, 305]), np.ones(2))
    assert found.rows.tolist() == [300, 310, 320]
    assert found.weights == wishes().weights
    assert found.contracts[0] == wishes().contracts[0]


def test_every_kind_has_its_names_in_both_languages():
    classes = read_catalogue("quanthedge.sleeves.sharing").classes()
    assert classes == Sharing.builtin()
    for cls in (FixedShares, RiskParity, CarryPerMargin, OwnDrawdown):
        names = {sharing_name(cls(), language) for language in ("en", "zh")}
        assert len(names) == 2
    assert sharing_name(RiskParity(), "zh").startswith("风险平价")


def test_no_review_gives_a_table_without_rows():
    table = share_table(RiskParity(), np.empty(0, dtype="datetime64[D]"), ())
    assert len(table) == 0
    pd.testing.assert_index_equal(table.columns, stated([1.0, 1.0]).columns)
