"""Dates are split, not rows: what is near a test in time is never trained on."""

import numpy as np
import pytest

import quanthedge as qh
from quanthedge.alpha.splitters import PanelCombinatorialPurged, PanelPurgedKFold, PanelWalkForward
from quanthedge.errors import StrategyError

DAYS = np.datetime64("2012-01-31") + 30 * np.arange(60)
ROWS = np.random.default_rng(0).integers(1, 6, 60)
GROUPS = np.repeat(DAYS, ROWS)
SPLITTERS = [
    PanelWalkForward(first=12, step=6, purge=2, embargo=1),
    PanelWalkForward(first=12, step=7, window=5),
    PanelPurgedKFold(purged_size=2, embargo_size=1),
    PanelCombinatorialPurged(n_folds=6, n_test_folds=2, purged_size=2, embargo_size=1),
]


def both(splitter):
    return list(splitter.split(np.zeros((GROUPS.size, 1)), groups=GROUPS))


@pytest.mark.parametrize("splitter", SPLITTERS, ids=repr)
def test_all_rows_of_a_date_go_to_one_side(splitter) -> None:
    for train, test in both(splitter):
        assert not np.intersect1d(GROUPS[train], GROUPS[test]).size
        for rows in (train, test):
            whole = np.flatnonzero(np.isin(GROUPS, GROUPS[rows]))
            np.testing.assert_array_equal(rows, whole)


@pytest.mark.parametrize("splitter", SPLITTERS, ids=repr)
def test_no_training_label_reaches_into_a_test(splitter) -> None:
    """A label of two rebalances is known two dates later."""
    purge = getattr(splitter, "purge", getattr(splitter, "purged_size", None))
    for train, test in both(splitter):
        tested = np.unique(np.searchsorted(DAYS, GROUPS[test]))
        for date in np.unique(np.searchsorted(DAYS, GROUPS[train])):
            assert not np.isin(np.arange(date, date + purge + 1), tested).any()


def test_walking_forward_trains_on_the_past_only_and_tests_each_date_once() -> None:
    tested = []
    for train, test in both(PanelWalkForward(first=12, step=7, purge=1, embargo=2)):
        assert GROUPS[train].max() == DAYS[np.searchsorted(DAYS, GROUPS[test].min()) - 4]
        tested.append(np.unique(GROUPS[test]))
    np.testing.assert_array_equal(np.concatenate(tested), DAYS[12:])


def test_a_window_forgets() -> None:
    for train, _ in both(PanelWalkForward(first=12, step=7, window=5)):
        assert np.unique(GROUPS[train]).size == 5


@pytest.mark.parametrize(
    ("folds", "tests", "purge", "embargo", "count"),
    [(5, 2, 1, 0, 60), (6, 3, 2, 2, 61), (10, 8, 0, 0, 57), (4, 2, 3, 1, 50)],
)
def test_folds_are_those_of_skfolio(folds, tests, purge, embargo, count) -> None:
    peer = pytest.importorskip("skfolio.model_selection", reason="skfolio is not installed")
    theirs = peer.CombinatorialPurgedCV(folds, tests, purge, embargo)
    ours = PanelCombinatorialPurged(folds, tests, purge, embargo)
    X = np.zeros((count, 1))
    pairs = list(zip(ours.split(X), theirs.split(X), strict=True))
    assert len(pairs) == ours.get_n_splits(X)
    for (train, test), (their_train, their_test) in pairs:
        np.testing.assert_array_equal(train, their_train)
        np.testing.assert_array_equal(test, np.sort(np.concatenate(their_test)))
    assert ours.n_test_paths == theirs.n_test_paths


def test_the_walk_is_that_of_skfolio() -> None:
    peer = pytest.importorskip("skfolio.model_selection", reason="skfolio is not installed")
    theirs = peer.WalkForward(test_size=6, train_size=20, purged_size=2)
    ours = PanelWalkForward(first=22, step=6, window=20, purge=2)
    X = np.zeros((58, 1))
    for (train, test), (their_train, their_test) in zip(
        ours.split(X), theirs.split(X), strict=True
    ):
        np.testing.assert_array_equal(train, their_train)
        np.testing.assert_array_equal(test, their_test)


@pytest.mark.parametrize("splitter", SPLITTERS, ids=repr)
def test_scikit_learn_takes_them(splitter) -> None:
    from sklearn.base import clone
    from sklearn.linear_model import Ridge
    from sklearn.model_selection import GridSearchCV, check_cv, cross_val_score

    made = np.random.default_rng(1)
    X = made.normal(size=(GROUPS.size, 3))
    y = X @ np.array([1.0, 0.0, -1.0]) + made.normal(size=GROUPS.size)
    assert check_cv(splitter) is splitter
    assert clone(splitter, safe=False) == splitter
    count = splitter.get_n_splits(X, y, GROUPS)
    scores = cross_val_score(Ridge(), X, y, cv=splitter, groups=GROUPS)
    assert scores.shape == (count,)
    found = GridSearchCV(Ridge(), {"alpha": [0.1, 1e6]}, cv=splitter).fit(X, y, groups=GROUPS)
    assert found.best_params_ == {"alpha": 0.1}


def test_without_groups_each_row_is_a_date() -> None:
    train, test = next(PanelWalkForward(first=3, step=1).split(np.zeros((5, 2))))
    assert (train.tolist(), test.tolist()) == ([0, 1], [3])


@pytest.mark.parametrize(
    ("groups", "words"),
    [
        (GROUPS[::-1], "shuffled"),
        (np.random.default_rng(2).permutation(60), "shuffled"),
        (np.array(["2012-01-31", "2012-02-29", "2012-01-31"] * 20, "M8[D]"), "groups overlap"),
        (np.where(DAYS[3] == GROUPS, np.datetime64("NaT"), GROUPS), "has no date"),
        (GROUPS[:-1], "accepted: one for each"),
        (np.zeros((4, 2)), "a date for each row"),
    ],
)
def test_dates_that_are_no_order_of_time_are_refused(groups, words) -> None:
    rows = np.zeros((GROUPS.size if words == "accepted: one for each" else len(groups), 1))
    for splitter in (SPLITTERS[0], SPLITTERS[3]):
        with pytest.raises(StrategyError, match=words):
            next(splitter.split(rows, groups=groups))


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: PanelWalkForward(first=0), "first 0"),
        (lambda: PanelWalkForward(first=2, purge=2), "leave nothing"),
        (lambda: PanelWalkForward(step=1.5), "whole numbers"),
        (lambda: PanelWalkForward(purge=-1), "purge -1"),
        (lambda: PanelCombinatorialPurged(4, 4), "are tested"),
        (lambda: PanelCombinatorialPurged(60, 30), "splits"),
        (lambda: next(PanelPurgedKFold(n_folds=10).split(np.zeros((9, 1)))), "fewer folds"),
        (lambda: next(PanelWalkForward(first=9).split(np.zeros((9, 1)))), "more dates"),
    ],
)
def test_sizes_that_cannot_be_are_one_line(make, words) -> None:
    with pytest.raises(StrategyError, match=words):
        make()


def test_they_are_at_the_door() -> None:
    assert qh.PanelWalkForward is PanelWalkForward
