"""Predictions out of sample: what each was trained on, what it is worth, what cannot be asked."""

import copy
from dataclasses import replace

import numpy as np
import pytest

import quanthedge as qh
from quanthedge.alpha import Boosting, Combine, ElasticNet, FamilyEqual, MaximumIR, Ridge, Stack
from quanthedge.alpha.splitters import PanelCombinatorialPurged, PanelPurgedKFold, PanelWalkForward
from quanthedge.errors import StrategyError
from tests.alpha.world import APART, world
from tests.oracles import combination as slow

SMALL = {"first": 12, "retrain": 12}
KINDS = {
    "equal": "equal",
    "family_equal": "family_equal",
    "ic": qh.alpha.IC(**SMALL),
    "icir": qh.alpha.ICIR(**SMALL),
    "max_ir": MaximumIR(**SMALL),
    "ridge": Ridge(**SMALL),
    "elastic_net": ElasticNet(**SMALL),
    "boosting": Boosting(**SMALL, trees=10, least_leaf=60),
    "stack": Stack(**SMALL, members=(FamilyEqual(), Ridge())),
    "estimator": None,  # scikit-learn's own, made when it is asked for
}
LEARNS = [name for name in KINDS if name not in ("equal", "family_equal")]


def combined(name, panel, labels, **options):
    from sklearn.linear_model import LinearRegression

    given = KINDS[name] or LinearRegression()
    if name == "estimator":
        options = {"cv": PanelWalkForward(first=12, step=12)} | options
    return Combine(given, **options).fit_predict(panel, labels)


@pytest.mark.parametrize("name", LEARNS)
def test_nothing_is_predicted_from_what_was_not_known(name) -> None:
    panel, labels = world(rows=40)
    found = combined(name, panel, labels)
    seen = found.trained_until >= 0
    assert np.isnan(found.scores[~seen]).all()
    assert seen.sum() == 28
    assert (found.trained_until[seen] <= found.rows[seen] - 2 * APART).all()
    assert (found.label_end[seen] <= found.rows[seen]).all()
    told = found.trainings()
    assert (told["trained_on"] <= told["date"]).all()
    assert (told["label_end"] <= told["trained_on"]).all()
    assert told["trained_on"].nunique() == 3


@pytest.mark.parametrize("name", KINDS)
def test_another_future_changes_no_prediction_before_it(name) -> None:
    panel, labels = world(rows=40)
    before = combined(name, panel, labels)
    other = labels.value.copy()
    other[24:] = np.random.default_rng(9).permuted(other[24:], axis=1) * 3.0
    after = combined(name, panel, replace(labels, value=other))
    np.testing.assert_array_equal(before.scores[:26], after.scores[:26])
    np.testing.assert_array_equal(before.alpha[:26], after.alpha[:26])
    if name in LEARNS:
        assert (before.scores[36:] != after.scores[36:]).any()  # the third training has seen it


@pytest.mark.parametrize("name", KINDS)
def test_the_same_gives_the_same_to_the_bit(name) -> None:
    panel, labels = world(rows=30)
    one, other = (combined(name, panel, labels) for _ in range(2))
    assert one.scores.tobytes() == other.scores.tobytes()
    assert one.alpha.tobytes() == other.alpha.tobytes()


def test_a_sale_that_waits_past_the_training_is_not_learnt_from() -> None:
    panel, labels = world(rows=30)
    late = labels.ends_by.copy()
    late[5, :40] = labels.rows[9]  # sold four rebalances later
    changed = labels.value.copy()
    changed[5, :40] = 99.0
    found = [
        combined("ridge", panel, replace(labels, ends_by=late, value=value))
        for value in (labels.value, changed)
    ]
    np.testing.assert_array_equal(found[0].scores, found[1].scores)
    assert found[0].trainings()["pairs"].iloc[0] == 11 * 120 - 40


def parts(panel, labels, rows):
    made = slow.features(panel.values, panel.signs)
    return made[rows], slow.targets(labels.value)[rows]


def test_ridge_is_that_of_scikit_learn_on_the_dates_it_may_see() -> None:
    from sklearn.linear_model import Ridge as PeerRidge

    panel, labels = world(rows=30, ic=0.1)
    found = combined("ridge", panel, labels, neutral=())
    for number, start in enumerate((12, 24)):
        x, y = parts(panel, labels, slice(0, start - 1))
        peer = PeerRidge(alpha=3000.0, fit_intercept=False).fit(x.reshape(-1, 5), y.ravel())
        np.testing.assert_allclose(found.weights().iloc[number], peer.coef_, rtol=1e-5)
        row = parts(panel, labels, [start + 1])[0][0]
        # features are kept in 32 bits
        np.testing.assert_allclose(found.scores[start + 1], peer.predict(row), rtol=1e-5, atol=1e-9)


def test_a_window_forgets_what_lies_before_it() -> None:
    from sklearn.linear_model import Ridge as PeerRidge

    panel, labels = world(rows=30)
    forgetful = Ridge(**SMALL, window=6)
    found = Combine(forgetful, neutral=()).fit_predict(panel, labels)
    x, y = parts(panel, labels, slice(5, 11))
    peer = PeerRidge(alpha=3000.0, fit_intercept=False).fit(x.reshape(-1, 5), y.ravel())
    np.testing.assert_allclose(found.weights().iloc[0], peer.coef_, rtol=1e-5)


def test_ridge_keeps_to_the_signs_where_it_is_asked() -> None:
    from sklearn.linear_model import Ridge as PeerRidge

    panel, labels = world(rows=30, ic=-0.2)
    free, held = (
        Combine(Ridge(**SMALL, monotone=one), neutral=()).fit_predict(panel, labels).weights()
        for one in ("none", "sign")
    )
    x, y = parts(panel, labels, slice(0, 11))
    peer = PeerRidge(alpha=3000.0, fit_intercept=False, positive=True, tol=1e-12)
    peer.fit(x.reshape(-1, 5), y.ravel())
    assert free.iloc[0, 0] < 0
    assert held.to_numpy().min() == 0.0
    np.testing.assert_allclose(held.iloc[0], peer.coef_, atol=1e-6)


def test_elastic_net_and_trees_are_those_of_scikit_learn() -> None:
    from sklearn.ensemble import HistGradientBoostingRegressor
    from sklearn.linear_model import ElasticNet as PeerNet

    panel, labels = world(rows=26, ic=0.2)
    x, y = (one.reshape(-1, *one.shape[2:]) for one in parts(panel, labels, slice(0, 11)))
    net = PeerNet(alpha=0.0005, l1_ratio=0.5, fit_intercept=False, positive=True).fit(x, y)
    found = combined("elastic_net", panel, labels, neutral=())
    np.testing.assert_allclose(found.weights().iloc[0], net.coef_, atol=1e-5)
    trees = HistGradientBoostingRegressor(
        max_iter=10, learning_rate=0.03, max_leaf_nodes=8, min_samples_leaf=60,
        l2_regularization=1.0, early_stopping=False, random_state=0, monotonic_cst=[1] * 5,
    ).fit(x.astype(np.float32), y)  # fmt: skip
    found = combined("boosting", panel, labels, neutral=())
    row = parts(panel, labels, [13])[0][0].astype(np.float32)
    np.testing.assert_allclose(found.scores[13], trees.predict(row), atol=1e-6)


def test_weights_by_evidence_are_those_of_their_definitions() -> None:
    panel, labels = world(rows=26, ic=0.1)
    ics = slow.ics(*parts(panel, labels, slice(0, 11)))
    wanted = {
        "ic": slow.ic_weights(ics, 0.5),
        "icir": slow.icir_weights(ics, 0.5),
        "max_ir": slow.max_ir_weights(ics, 0.5, 0.5),
    }
    for name, weights in wanted.items():
        found = combined(name, panel, labels, neutral=()).weights().iloc[0]
        np.testing.assert_allclose(found, weights, atol=1e-6)
        assert found.sum() == pytest.approx(1.0)
        assert (found >= 0).all()


def test_equal_weights_fit_nothing() -> None:
    panel, labels = world(rows=8)
    made = slow.features(panel.values, panel.signs)
    equal = combined("equal", panel, labels, neutral=())
    np.testing.assert_allclose(equal.scores, made.mean(axis=2), atol=1e-6)
    families = combined("family_equal", panel, labels, neutral=())
    wanted = (made[:, :, :2].mean(axis=2) + made[:, :, 2:].mean(axis=2)) / 2
    np.testing.assert_allclose(families.scores, wanted, atol=1e-6)
    assert families.trainings().empty
    assert (families.trained_until == -1).all()


def graded(column):
    """Ranks in (-0.5, 0.5) of those that have the factor; others average."""
    from scipy.stats import rankdata

    known = np.isfinite(column)
    found = np.zeros(column.size)
    found[known] = (rankdata(column[known]) - 0.5) / max(known.sum(), 1) - 0.5
    return found


def test_a_factor_that_tells_no_stock_apart_has_no_part_in_its_familys_mean() -> None:
    panel, labels = world(rows=8)
    raw = panel.values.copy()
    raw[:3, :, 0] = np.nan  # its data begin on the fourth date
    raw[:3, :, 2] = 7.0  # the same for all
    raw[0, :, :2] = np.nan  # a whole family
    raw[5, :40, 1] = np.nan  # for some stocks only: average for them
    made = np.stack([[graded(one) for one in day.T] for day in raw]).transpose(0, 2, 1)
    found = combined("family_equal", replace(panel, values=raw), labels, neutral=()).scores
    for r in range(8):
        first = made[r][:, [1] if r < 3 else [0, 1]].mean(axis=1)
        second = made[r][:, [3, 4] if r < 3 else [2, 3, 4]].mean(axis=1)
        wanted = second if r == 0 else (first + second) / 2
        np.testing.assert_allclose(found[r], wanted, atol=1e-6)


def test_a_stack_weighs_its_members_by_their_own_predictions() -> None:
    panel, labels = world(rows=50, ic=0.3)
    backwards = FamilyEqual()
    stack = Stack(**SMALL, members=(backwards, Ridge()), least=12, shrink=0.0)
    found = Combine(stack, neutral=()).fit_predict(panel, labels)
    weights = found.weights().to_numpy()
    np.testing.assert_allclose(weights[:2], 0.5)  # too few predictions to weigh by
    assert weights[-1, 1] > 0.8  # ridge knows which of the five is true
    assert weights[-1].sum() == pytest.approx(1.0)
    with pytest.raises(StrategyError, match="ask it of a member"):
        found.importance()


def test_of_noise_nothing_is_predicted() -> None:
    for name, rows in (("icir", 48), ("ridge", 48), ("boosting", 24)):
        means = []
        for seed in range(6):
            panel, labels = world(seed, rows=rows, factors=20)
            means.append(combined(name, panel, labels).ic().mean())
        error = np.std(means, ddof=1) / np.sqrt(6)
        assert abs(np.mean(means)) < 3 * max(error, 0.004), name


@pytest.mark.slow
def test_a_premium_of_three_hundredths_among_noise_is_found() -> None:
    """One true factor of ten, IC 0.03, 96 months of 800 stocks: t above 2 in four of five."""
    found = []
    for seed in range(10):
        panel, labels = world(seed, rows=96, stocks=800, factors=10, ic=0.03)
        ic = combined("ridge", panel, labels, cv=PanelWalkForward(first=36)).ic().dropna()
        found.append(ic.mean() / ic.std(ddof=1) * np.sqrt(len(ic)))
    assert np.mean(np.array(found) > 2.0) > 0.8


def test_permutation_names_the_true_factor_training_by_training() -> None:
    panel, labels = world(rows=40, ic=0.3)
    for name in ("ridge", "boosting"):
        table = combined(name, panel, labels).importance()
        assert list(table.columns) == list(panel.names)
        assert (table["f0"] > 0.1).all()
        assert table.drop(columns="f0").abs().to_numpy().max() < 0.06
        again = combined(name, panel, labels).importance()
        np.testing.assert_array_equal(table, again)


def test_alpha_is_in_units_of_return() -> None:
    """A score with IC 0.2 promises, per unit, 0.2 of the period's volatility."""
    panel, labels = world(rows=60, stocks=200, factors=1, ic=0.2)
    found = Combine("equal").fit_predict(panel, labels)
    last = found.slope[-1] / np.sqrt(APART)  # of a day's volatility to a period's
    assert last == pytest.approx(0.2, abs=0.04)
    realised, promised = labels.value[20:].ravel(), found.alpha[20:].ravel() * APART / 243
    known = np.isfinite(promised)
    slope = np.polyfit(promised[known], realised[known], 1)[0]
    assert slope == pytest.approx(1.0, abs=0.2)
    assert np.isnan(found.alpha[0]).all()  # nothing is known yet


def test_purged_folds_predict_every_date_and_say_that_they_are_not_causal() -> None:
    panel, labels = world(rows=40, ic=0.3)
    found = Combine(Ridge(), cv=PanelPurgedKFold(n_folds=4)).fit_predict(panel, labels)
    assert not found.causal
    assert np.isfinite(found.scores).all()
    assert np.isnan(found.alpha).all()
    assert found.ic().mean() > 0.2


def test_any_estimator_keeps_to_the_signs_where_it_can() -> None:
    from sklearn.linear_model import LinearRegression
    from sklearn.neighbors import KNeighborsRegressor

    panel, labels = world(rows=40, ic=-0.4)
    rule = {"cv": PanelWalkForward(first=12), "monotone": "sign", "neutral": ()}
    made = LinearRegression()
    before = copy.deepcopy(made.get_params())
    held = Combine(made, **rule).fit_predict(panel, labels)
    assert made.get_params() == before
    assert not hasattr(made, "coef_")  # a copy is fitted
    worst = held.ic().mean()
    free = Combine(made, **rule | {"monotone": "none"}).fit_predict(panel, labels)
    assert worst < 0.2 < free.ic().mean()
    with pytest.raises(StrategyError, match="KNeighborsRegressor knows no constraint"):
        Combine(KNeighborsRegressor(), **rule).fit_predict(panel, labels)


def test_a_label_longer_than_the_purge_is_refused_with_the_length() -> None:
    panel, labels = world(rows=30)
    with pytest.raises(StrategyError, match=r"purge 0: the label of .*accepted: 1 or more"):
        Combine(Ridge(**SMALL, purge=0)).fit_predict(panel, labels)
    long = replace(labels, ends=labels.ends + 2 * APART, ends_by=labels.ends_by + 2 * APART)
    with pytest.raises(StrategyError, match="accepted: 3 or more"):
        Combine(Ridge(**SMALL)).fit_predict(panel, long)
    Combine(Ridge(**SMALL, purge=3)).fit_predict(panel, long)


def test_a_training_that_would_look_ahead_is_refused() -> None:
    from quanthedge.alpha.study import Study
    from quanthedge.alpha.walk import Fold, check_known

    rows = np.array([20, 40, 60])
    study = Study(rows, np.zeros((3, 1, 1)), np.zeros((3, 1)), rows + 21, ("a",), ("a",))
    check_known(study, Fold(np.array([0]), np.array([2]), 60))
    for train in ([0, 1], [2]):
        with pytest.raises(StrategyError, match="look-ahead"):
            check_known(study, Fold(np.array(train), np.array([2]), 60))


class Cheat:
    """An estimator that gives something else than a number a row."""

    def __init__(self, gives):
        self.gives = gives

    def fit(self, x, y):
        return self

    def predict(self, x):
        return self.gives(len(x))


def test_what_cannot_be_asked_is_one_line() -> None:
    from sklearn.cluster import KMeans
    from sklearn.linear_model import LinearRegression
    from sklearn.model_selection import KFold
    from sklearn.preprocessing import StandardScaler

    panel, labels = world(rows=30)
    rule = {"cv": PanelWalkForward(first=12)}
    wrong = [
        (StandardScaler(), {}, "StandardScaler has no predict"),
        (object(), {}, "has no fit and no predict"),
        (LinearRegression, {}, "is a class; accepted: an object"),
        ("forest", {}, "accepted: .*ridge.*, or an estimator object"),
        ("ridge", {"cv": KFold(5)}, "KFold splits rows, not dates"),
        ("ridge", {"cv": PanelCombinatorialPurged(6, 2)}, "tested twice"),
        ("ridge", {"target": "future"}, "rank_residual, rank, residual"),
        ("ridge", {"neutral": ("style",)}, "accepted: industry, size"),
        ("ridge", {"needed": ("f9",)}, "no factor 'f9'"),
        (Cheat(lambda n: np.zeros(n + 1)), rule, "a finite number for each"),
        (Cheat(lambda n: np.full(n, np.nan)), rule, "a finite number for each"),
        (KMeans(10**6), rule, "KMeans: fit"),
    ]
    for estimator, options, words in wrong:
        with pytest.raises(StrategyError, match=words) as problem:
            Combine(estimator, **options).fit_predict(panel, labels)
        assert "\n" not in str(problem.value)


def test_panel_labels_and_universe_must_go_together() -> None:
    panel, labels = world(rows=30)
    other = world(rows=29)[1]
    with pytest.raises(StrategyError, match="30 dates and the labels 29"):
        Combine().fit_predict(panel, other)
    with pytest.raises(StrategyError, match="accepted: bool of shape"):
        Combine().fit_predict(panel, labels, np.ones((30, 3), bool))
    strange = replace(labels, market=replace(labels.market, fingerprint="other"))
    with pytest.raises(StrategyError, match="different markets"):
        Combine().fit_predict(panel, strange)


def test_outside_the_universe_there_is_no_score_and_nothing_is_learnt() -> None:
    panel, labels = world(rows=30)
    inside = np.ones(labels.value.shape, bool)
    inside[:, 60:] = False
    found = Combine(KINDS["ridge"]).fit_predict(panel, labels, inside)
    assert np.isnan(found.scores[:, 60:]).all()
    assert np.isfinite(found.scores[12:, :60]).all()
    assert found.trainings()["pairs"].iloc[0] == 11 * 60


def test_a_stock_without_a_needed_factor_has_no_score_others_count_as_average() -> None:
    panel, labels = world(rows=6)
    values = panel.values.copy()
    values[:, 0, 1] = np.nan
    values[:, 1, :] = np.nan
    holes = replace(panel, values=values)
    found = Combine("equal", neutral=()).fit_predict(holes, labels)
    ranks = slow.features(values[:, [0, *range(2, 120)]], panel.signs)
    assert np.isnan(found.scores[:, 1]).all()
    np.testing.assert_allclose(
        found.scores[:, 0], ranks[:, 0][:, [0, 2, 3, 4]].sum(axis=1) / 5, atol=1e-6
    )
    strict = Combine("equal", neutral=(), needed=("f1",)).fit_predict(holes, labels)
    assert np.isnan(strict.scores[:, :2]).all()
    assert np.isfinite(strict.scores[:, 2:]).all()
