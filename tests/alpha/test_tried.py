"""A combination that is tried is in the registry: the same once, each other one beside it."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from quanthedge import trials
from quanthedge.alpha import Combine, Combiner, Ridge
from quanthedge.alpha.splitters import PanelPurgedKFold, PanelWalkForward
from quanthedge.kinds import load_class
from tests.alpha.world import world

SMALL = {"first": 12, "retrain": 12}
PANEL, LABELS = world(rows=20, stocks=40)
CV = PanelWalkForward(first=12, step=12)


class Robust(Combiner):
    """A combination of a user's own."""

    slope: float = 1.0

    def estimator(self):
        """Return a regression."""
        from sklearn.linear_model import LinearRegression

        return LinearRegression()


@pytest.fixture(autouse=True)
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QUANTHEDGE_TRIALS", str(tmp_path / "trials"))


def counted() -> int | None:
    return trials.count(PANEL.market, "2010-01-01", "2015-01-01")


def take(panel, columns):
    return replace(
        panel,
        factors=tuple(panel.factors[k] for k in columns),
        names=tuple(panel.names[k] for k in columns),
        values=panel.values[:, :, columns],
    )


def test_a_combination_is_written_with_the_days_that_its_labels_look_at() -> None:
    Combine(Ridge(**SMALL)).fit_predict(PANEL, LABELS)
    known = trials.known()
    assert known is not None
    row = known.iloc[0]
    assert (row["kind"], row["label"]) == ("evaluation", "combination ridge of 5 factors")
    days = PANEL.market.dates
    assert (row["start"], row["end"]) == (str(days[PANEL.rows[0]]), str(days[LABELS.ends.max()]))


def test_the_same_counts_once_however_it_is_asked_for() -> None:
    from sklearn.linear_model import Ridge as PeerRidge

    made = Combine(PeerRidge(alpha=3), cv=CV)
    for combine, panel, where in (
        (made, PANEL, None),
        (made, PANEL, np.ones(PANEL.values.shape[:2], bool)),  # all of them have factors
        (Combine(PeerRidge(alpha=3), cv=PanelWalkForward(12, 12)), PANEL, None),
        (replace(made, neutral=("size", "industry")), PANEL, None),
        (made, take(PANEL, [3, 1, 0, 2, 4]), None),
    ):
        combine.fit_predict(panel, LABELS, where)
        assert counted() == 1


def test_every_other_combination_universe_panel_and_label_counts() -> None:
    from sklearn.linear_model import LinearRegression
    from sklearn.linear_model import Ridge as PeerRidge

    made = Combine(Ridge(**SMALL), cv=CV)
    some = np.ones(PANEL.values.shape[:2], bool)
    some[:, 7] = False
    other = replace(LABELS, value=LABELS.value + 0.001 * (np.arange(40) == 3))
    shifted = replace(PANEL, values=PANEL.values + np.float32(0.5) * (np.arange(5) == 2))
    tried = [
        (made, PANEL, LABELS, None),
        (replace(made, estimator=PeerRidge(alpha=3)), PANEL, LABELS, None),
        (replace(made, estimator=PeerRidge(alpha=4)), PANEL, LABELS, None),
        (replace(made, estimator=LinearRegression()), PANEL, LABELS, None),
        (replace(made, estimator=LinearRegression(), monotone="sign"), PANEL, LABELS, None),
        (replace(made, estimator=Ridge(**SMALL, penalty=9)), PANEL, LABELS, None),
        (replace(made, estimator="family_equal"), PANEL, LABELS, None),
        (replace(made, estimator=Robust()), PANEL, LABELS, None),
        (replace(made, estimator=Robust(slope=2)), PANEL, LABELS, None),
        (replace(made, target="residual"), PANEL, LABELS, None),
        (replace(made, cv=PanelWalkForward(first=12, step=6)), PANEL, LABELS, None),
        (replace(made, cv=PanelPurgedKFold(5)), PANEL, LABELS, None),
        (replace(made, neutral=("size",)), PANEL, LABELS, None),
        (replace(made, needed=("f1",)), PANEL, LABELS, None),
        (replace(made, half_life=12.0), PANEL, LABELS, None),
        (made, PANEL, LABELS, some),
        (made, take(PANEL, [0, 1, 2]), LABELS, None),
        (made, shifted, LABELS, None),
        (made, PANEL, other, None),
    ]
    for number, (combine, panel, labels, where) in enumerate(tried, 1):
        combine.fit_predict(panel, labels, where)
        assert counted() == number


def test_an_own_combination_counts_anew_when_its_code_changes(tmp_path: Path) -> None:
    file = tmp_path / "my_combination.py"
    for count, intercept in enumerate((True, False), 1):
        file.write_text(
            "from quanthedge.alpha import Combiner\n"
            "from sklearn.linear_model import LinearRegression\n\n\n"
            "class Mine(Combiner):\n"
            "    def estimator(self):\n"
            f"        return LinearRegression(fit_intercept={intercept})\n"
        )
        for _ in range(2):
            Combine(load_class(file, "Mine")(**SMALL)).fit_predict(PANEL, LABELS)
            assert counted() == count
    found = trials.known()
    assert found is not None
    assert set(found["label"]) == {"combination my_combination:Mine of 5 factors"}


def test_nothing_is_written_of_a_market_altered_to_look_for_look_ahead() -> None:
    altered = replace(PANEL.market, is_altered=True)
    Combine("equal").fit_predict(replace(PANEL, market=altered), replace(LABELS, market=altered))
    assert counted() == 0
