"""What an own class gives is held to its contract, in one line that says what is accepted."""

import numpy as np
import pytest
from pydantic import Field

from quanthedge.beta import BetaEstimator, Blume, RollingBeta, RollingOLS, Vasicek
from quanthedge.errors import StrategyError
from quanthedge.hedge import HedgeRatio, HedgeRule
from quanthedge.hedge.policies import AnyOf, Bands, Calendar, Deviation, Policy, compile_policy
from quanthedge.hedge.policies.kernels import due
from quanthedge.hedge.ratios.ratio_base import HedgeHistory
from quanthedge.hedge.ratios.ratios import AlphaScaled
from quanthedge.portfolio import Schedule, Selector
from quanthedge.products.leverage import LeveragedExposure
from quanthedge.strategy import Strategy
from quanthedge.universe import LargestUniverse, Universe
from tests.sample import sample_market, small_strategy

DAYS = np.arange("2014-09-15", "2014-09-20", dtype="datetime64[D]")


class Betas(BetaEstimator):
    gives: object = Field(default=None)

    @property
    def memory(self):
        return 5

    def betas(self, returns, index):
        return self.gives


class Ratios(HedgeRatio):
    gives: object = Field(default=None)

    def ratios(self, history, since):
        return self.gives


class Asks(Policy):
    gives: object = Field(default=None)

    def asks(self, market, rows):
        return self.gives if self.gives is not None else rows % 2 == 0


class Weights(Selector):
    gives: object = Field(default=None)

    def weights(self, market, scores, rows):
        return self.gives


class Holdable(Universe):
    gives: object = Field(default=None)

    def holdable(self, market, rows):
        return self.gives


class NoBetas(BetaEstimator):
    @property
    def memory(self):
        return 5


def history(days=8):
    one = np.full((days, 1), 0.5)
    return HedgeHistory(np.arange(days).astype("M8[D]"), one[:, 0], one, one, one, one)


FINE = np.full((8, 3, 1), 0.9)


@pytest.mark.parametrize(
    ("gives", "told"),
    [
        (None, "gave a NoneType; accepted: RollingBeta"),
        (
            RollingBeta(FINE[:, :, 0], FINE, FINE[:, :, 0]),
            r"beta has shape \(8, 3\); accepted: \(8",
        ),
        (RollingBeta(FINE.astype(str), FINE, FINE[:, :, 0]), "beta is an array of <U"),
        (RollingBeta(FINE, FINE[:4], FINE[:, :, 0]), "standard_error has shape"),
        (RollingBeta(FINE, FINE, FINE), "observations has shape"),
    ],
)
def test_betas_of_another_shape_are_refused(gives, told):
    with pytest.raises(StrategyError, match=f"estimator tests.kinds.test_contracts:Betas.*{told}"):
        Betas(gives=gives).fit(np.zeros((8, 3)), np.zeros(8))


def test_an_own_estimator_may_lie_under_an_adjustment_and_ours_of_that_sort_may_not():
    gives = RollingBeta(FINE, FINE, np.full((8, 3), 5))
    own = Betas(gives=gives)
    assert Vasicek(base=own).base.gives is gives
    found = Blume(base=own, lag=2, min_stocks=3).fit(np.zeros((8, 3)), np.zeros(8))
    assert found.beta_.shape == (8, 3)
    with pytest.raises(Exception, match="an estimator is needed, found Vasicek"):
        Blume(base=Vasicek())
    assert Blume(base={"kind": "ols", "window": 90}).base == RollingOLS(window=90)


@pytest.mark.parametrize(
    ("gives", "told"),
    [
        (np.ones(5), r"ratios has shape \(5,\); accepted: \(5, 1\)"),
        (np.ones((4, 1)), "ratios has shape"),
        (None, "ratios is None"),
        (np.full((5, 1), "a"), "ratios is an array of <U1"),
    ],
)
def test_ratios_of_another_shape_are_refused(gives, told):
    with pytest.raises(StrategyError, match=told):
        Ratios(gives=gives).estimate(history(), 3)


def test_an_own_ratio_that_is_unknown_falls_back_on_the_beta_and_is_scaled():
    gives = np.array([[np.nan], [0.8], [0.8], [0.8], [0.8]])
    found = Ratios(gives=gives, scale=0.5).estimate(history(), 3)
    np.testing.assert_array_equal(found.ratio[:, 0], [0.25, 0.4, 0.4, 0.4, 0.4])
    assert found.fallback.tolist() == [True, False, False, False, False]
    assert AlphaScaled(base=Ratios()).base.kind.endswith(":Ratios")
    assert HedgeRule(ratio=Ratios()).ratio.own


@pytest.mark.parametrize(
    ("gives", "told"),
    [
        (np.ones(5), r"an array of float64 \(5,\); accepted: a bool array \(5,\), or Bands"),
        (np.ones((5, 1), dtype=bool), r"an array of bool \(5, 1\)"),
        (True, "gave a bool"),
        (Bands(np.ones(4), np.ones(4)), "low has shape"),
        (
            Bands(np.full(5, 2.0), np.ones(5)),
            "band of .* is 2.0 to 1.0; accepted: 0 <= low <= high",
        ),
        (Bands(np.full(5, np.nan), np.ones(5)), "is nan to 1.0"),
    ],
)
def test_answers_of_another_kind_are_refused(gives, told):
    market = sample_market()
    with pytest.raises(StrategyError, match=told):
        compile_policy(Asks(gives=gives), market.dates[10:15], market, 10)


def test_an_own_policy_acts_on_the_day_after_its_close_alone_and_beside_ours():
    market = sample_market()
    program = compile_policy(
        AnyOf(of=(Asks(), Deviation(fraction=0.2))), market.dates[10:15], market, 10
    )
    asked = [due(program, t, -1.0, -1.05, 1.0, 1.0)[0] for t in range(5)]
    assert asked == [False, True, False, True, False]  # rows 9 .. 13
    assert all(due(program, t, -1.0, -1.25, 1.0, 1.0)[0] for t in range(5))


@pytest.mark.parametrize(
    ("to_edge", "current", "answer"),
    [
        (False, -0.95, (False, -1.0)),
        (False, -0.85, (True, -1.0)),
        (True, -0.85, (True, -0.9)),
        (True, -1.3, (True, -1.2)),
        (True, 0.3, (True, -0.9)),
    ],
)
def test_bands_are_in_parts_of_the_target_and_land_on_it_or_on_the_edge(to_edge, current, answer):
    market = sample_market()
    bands = Bands(np.full(5, 0.9), np.full(5, 1.2), to_edge)
    program = compile_policy(Asks(gives=bands), market.dates[10:15], market, 10)
    asked, landing = due(program, 2, -1.0, current, 1.0, 1.0)
    assert asked == answer[0]
    assert landing == pytest.approx(answer[1])


def test_a_leveraged_product_has_no_market_to_look_at():
    with pytest.raises(StrategyError, match="looks at a market, and there is none"):
        compile_policy(Asks(), DAYS)
    assert LeveragedExposure(target=2.0, policy=Calendar(every_days=1)).policy.kind == "calendar"


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ([0.5, 0.6, 0.0], "sum to 1.1 on .*; accepted: more than 0, at most 1"),
        ([0.0, 0.0, 0.0], "sum to 0 on"),
        ([-0.1, 0.6, 0.0], "has -0.1 on .*, accepted: 0 or more"),
        ([np.nan, 0.6, 0.0], "has nan on"),
        ([0.5, 0.0, 0.5], "has 0.5 on .*, and no score"),
        ([0.5, 0.5], "weights has shape"),
    ],
)
def test_weights_that_no_book_can_have_are_refused(row, told):
    market, rows = sample_market(), np.array([300])
    scores = np.full((1, 120), np.nan)
    scores[0, :2] = 1.0
    given = np.zeros((1, 120))
    given[0, : len(row)] = row
    gives = given if len(row) == 3 else np.array([row])
    with pytest.raises(StrategyError, match=told):
        Weights(gives=gives).targets(market, scores, rows)


def test_weights_become_sparse_targets():
    scores, given = np.ones((2, 120)), np.zeros((2, 120))
    given[0, [3, 9]], given[1, 5] = (0.25, 0.5), 0.75
    found = Weights(gives=given).targets(sample_market(), scores, np.array([300, 320]))
    assert found.pointer.tolist() == [0, 2, 3]
    assert found.stocks.tolist() == [3, 9, 5]
    assert found.weights.tolist() == [0.25, 0.5, 0.75]


class Days(Schedule):
    gives: object = Field(default=None)

    def asks(self, market, rows):
        return self.gives


@pytest.mark.parametrize(
    ("gives", "told"),
    [
        (None, "gave a NoneType; accepted: a bool array"),
        (np.ones(11), r"gave an array of float64 \(11,\); accepted: a bool array \(11,\)"),
        (np.ones(4, dtype=bool), r"gave an array of bool \(4,\)"),
    ],
)
def test_days_of_decisions_that_are_none_are_refused(gives, told):
    with pytest.raises(StrategyError, match=f"asks {told}"):
        Days(gives=gives).decision_rows(sample_market(), 300, 310)


def test_a_fund_decides_on_its_eve_whatever_its_own_schedule_says():
    never = Days(gives=np.zeros(11, dtype=bool))
    assert never.decision_rows(sample_market(), 300, 310).tolist() == [299]
    some = Days(gives=np.arange(11) % 4 == 2)
    assert some.decision_rows(sample_market(), 300, 310).tolist() == [299, 301, 305, 309]


def test_a_schedule_needs_to_say_when_and_days_inside_the_data():
    class Nothing(Schedule):
        pass

    with pytest.raises(StrategyError, match="the class defines no asks"):
        small_strategy().change({"rebalance": Nothing()})
    with pytest.raises(StrategyError, match="the first day needs a close before it"):
        Days(gives=np.zeros(3, dtype=bool)).decision_rows(sample_market(), 0, 2)


@pytest.mark.parametrize("gives", [None, np.ones((1, 120)), np.ones(120, dtype=bool)])
def test_a_mask_of_another_kind_is_refused(gives):
    with pytest.raises(StrategyError, match=r"accepted: a bool array \(1, 120\)"):
        Holdable(gives=gives).mask(sample_market(), np.array([300]))
    with pytest.raises(StrategyError, match="empty on"):
        Holdable(gives=np.zeros((1, 120), dtype=bool)).mask(sample_market(), np.array([300]))


def test_a_class_that_lacks_what_is_asked_of_it_is_refused():
    with pytest.raises(Exception, match=r"no betas|abstract"):
        small_strategy().change({"beta": NoBetas()})


def test_the_root_reads_every_kind_and_plain_strategies_know_own_ones_as_values():
    assert Universe.model_validate({"kind": "largest", "n": 5}) == LargestUniverse(n=5)
    plain = small_strategy().model_dump()
    plain["hedge"]["policy"] = {"kind": "elsewhere:Mine", "depth": 3}
    strategy = Strategy.model_validate(plain)
    assert strategy.hedge.policy.depth == 3
    assert strategy.model_dump()["hedge"]["policy"] == plain["hedge"]["policy"]
    kept = strategy.change("selector.n=7").hedge.policy
    assert kept.kind == "elsewhere:Mine"


def test_parameters_that_no_file_can_hold_are_refused():
    with pytest.raises(StrategyError, match="a parameter is not plain"):
        small_strategy().change({"beta": Betas(gives=lambda: 1)})
