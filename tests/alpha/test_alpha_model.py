"""The section [alpha] of a strategy: what it takes, what it knows when, what a run keeps of it."""

from functools import cache

import numpy as np
import pandas as pd
import pytest

import quanthedge as qh
from quanthedge.alpha import AlphaModel, Estimator, Ridge, model
from quanthedge.backtesting.selection import select
from quanthedge.errors import StrategyError
from quanthedge.factors import Factor, Reversal
from quanthedge.strategy import load_strategy
from tests.sample import ROOT, sample_market

START, END = "2014-09-17", "2014-12-31"
SMALL = {"first": 12, "retrain": 6}
KINDS = {
    "family_equal": {},
    "equal": {},
    "ic": SMALL,
    "icir": SMALL,
    "max_ir": SMALL,
    "ridge": SMALL,
    "elastic_net": SMALL,
    "boosting": {**SMALL, "least_leaf": 50, "trees": 10},
    "stack": {
        **SMALL,
        "least": 2,
        "members": [{"kind": "family_equal"}, {"kind": "ridge"}, {"kind": "icir"}],
    },
    "estimator": {**SMALL, "of": "sklearn.linear_model:HuberRegressor"},
}
SLOW = ("boosting", "estimator", "stack")
LIBRARY = ["valuation", "quality", "reversal", "turnover"]
FEW = ["reversal", "book_yield"]


def strategy(kind="ridge", **options):
    base = load_strategy(ROOT / "strategies" / "learned.toml", ["selector.n=30"])
    combine = {"kind": kind, **KINDS[kind], **options}
    return base.change({"alpha": {"library": LIBRARY, "combine": combine}})


@cache
def decisions():
    market = sample_market()
    first, last = market.span(START, END)
    return strategy().rebalance.decision_rows(market, first, last)


def scores_on(market, made, rows):
    where = made.universe.mask(market, rows)[0]
    return made.alpha.scores(market, made.universe, where, rows, made.rebalance).scores


@pytest.mark.parametrize(
    "kind",
    [pytest.param(one, marks=pytest.mark.slow) if one in SLOW else one for one in KINDS],
)
def test_scores_do_not_move_when_the_market_is_cut_or_its_future_is_another(kind) -> None:
    market, rows, made = sample_market(), decisions(), strategy(kind)
    whole = scores_on(market, made, rows)
    until = rows[:2]
    for other in (
        market.until(market.dates[until[-1]]),
        market.until(market.dates[until[-1] + 7]),
        market.altered(int(until[-1]), "scrambled"),
        market.altered(int(until[-1]), "absurd"),
    ):
        np.testing.assert_array_equal(scores_on(other, made, until), whole[:2])


def test_scores_do_not_depend_on_where_a_run_begins() -> None:
    market, rows = sample_market(), decisions()
    for kind in ("ridge", "stack"):
        whole = scores_on(market, strategy(kind), rows)
        np.testing.assert_array_equal(scores_on(market, strategy(kind), rows[2:]), whole[2:])


def test_a_label_that_is_known_too_early_is_caught(monkeypatch) -> None:
    """Planted: labels say that they end a day after they begin, and hold prices of much later."""
    market, rows, made = sample_market(), decisions()[:2], strategy("ridge", retrain=1)
    true = model.labels

    def leaking(cut, grid, **options):
        found = true(market if planted else cut, grid, **options)
        early = np.broadcast_to(found.begins[:, None], found.ends_by.shape).astype(np.int32)
        object.__setattr__(found, "ends_by", early)
        object.__setattr__(found, "ends", found.begins)
        return found

    planted = True
    monkeypatch.setattr(model, "labels", leaking)
    whole = scores_on(market, made, rows)
    market = market.altered(int(rows[-1]), "scrambled")
    assert not np.array_equal(scores_on(market, made, rows), whole)


@pytest.mark.slow
def test_the_audit_passes_a_learned_strategy_and_catches_a_leaked_label(monkeypatch) -> None:
    market = sample_market()
    span = {"dates": 1, "start": "2014-11-03", "end": "2014-11-28"}
    few = {"alpha.library": FEW}
    for kind in ("ridge", "family_equal"):
        assert qh.audit(strategy(kind).change(few), market, **span).passed
    monkeypatch.setattr(
        model, "known_at", lambda rows, made, *_: np.full(rows.size, len(made.market.dates) - 1)
    )
    monkeypatch.setattr("quanthedge.alpha.walk.check_known", lambda *_: None)
    with pytest.raises(StrategyError, match=r"look-ahead: the score of .* labels that end on"):
        qh.audit(
            strategy("ridge", purge=0, retrain=1).change(few),
            market,
            **span | {"end": "2014-12-05"},
        )


def slow_scores(market, made, row):
    """Equal weights of families on one day, from the definition."""
    row = int(row)
    inside = made.universe.mask(market, np.array([row]))[0][0]
    groups = market.industry()[0][row][inside]
    size = np.log(market.panel("mark")[row] * market.panel("total_shares")[row])[inside]
    dummies = (groups[:, None] == np.unique(groups)[None]).astype(float)
    columns = np.column_stack([dummies, size])
    families = {}
    for factor in made.alpha.factors():
        raw = factor.exposure(market, [row])[0][inside] * factor.sign
        known = np.isfinite(raw)
        ranks = np.full(raw.size, np.nan)
        from scipy.stats import rankdata

        ranks[known] = (rankdata(raw[known]) - 0.5) / known.sum() - 0.5
        beta = np.linalg.lstsq(columns[known], ranks[known], rcond=None)[0]
        left = np.where(known, ranks - columns @ beta, 0.0)
        families.setdefault(factor.family, []).append(left)
    found = np.full(inside.size, np.nan)
    found[inside] = np.mean([np.mean(one, axis=0) for one in families.values()], axis=0)
    return found


def test_every_factor_is_worked_out_once_a_run(monkeypatch) -> None:
    market, made = sample_market(), strategy("ridge")
    asked = []

    worked_out = Factor.checked_exposure

    def counting(factor, market, rows=None):
        asked.append(factor.kind)
        return worked_out(factor, market, rows)

    monkeypatch.setattr(Factor, "checked_exposure", counting)
    select(made, market, decisions()[-1:])
    library = sorted(factor.kind for factor in made.all_factors())
    # what is taken out of the ranks asks for the size as well, which is no factor of the library
    assert sorted(kind for kind in asked if kind in library) == library


def test_families_in_equal_weights_are_those_of_the_definition() -> None:
    market, rows, made = sample_market(), decisions(), strategy("family_equal")
    found = scores_on(market, made, rows)
    for r in (0, len(rows) - 1):
        np.testing.assert_allclose(found[r], slow_scores(market, made, rows[r]), atol=1e-6)


def test_a_start_before_the_first_training_names_the_first_possible_day() -> None:
    market, made = sample_market(), strategy("ridge")
    with pytest.raises(StrategyError, match="the first possible start is 2014-02-06"):
        qh.backtest(made, market, "2013-12-02", "2014-03-31")
    result = qh.backtest(made, market, "2014-02-06", "2014-03-31")
    assert result.trainings["trained_on"].iloc[0] == result.trainings["date"].iloc[0]
    with pytest.raises(StrategyError, match=r"have fewer; lower alpha\.combine"):
        qh.backtest(made.change("alpha.combine.first=60"), market, START, END)
    with pytest.raises(qh.DataError, match="trained first after 60 rebalances"):
        qh.backtest(made.change("alpha.combine.first=60"), market)


def test_a_run_keeps_what_its_scores_were_trained_on_and_says_it(tmp_path) -> None:
    result = qh.backtest(strategy("ridge"), sample_market(), START, END)
    opened = qh.Result.open(result.to_parquet(tmp_path / "run"))
    table = opened.trainings
    pd.testing.assert_frame_equal(table, result.trainings, check_dtype=False)
    assert table["date"].tolist() == sorted(set(result.targets["date"]))
    assert (table["label_end"] <= table["trained_on"]).all()
    assert (table["trained_on"] <= table["date"]).all()
    kinds = {note["kind"]: note for note in opened.notes}
    assert "ridge regression" in kinds["alpha"]["en"]
    assert "岭回归" in kinds["alpha"]["zh"]
    assert "Trainings: 1," in kinds["alpha_trained"]["en"]
    assert opened.strategy == result.strategy
    again = qh.backtest(opened.strategy, sample_market(), START, END)
    assert again.ledger.equals(result.ledger)


def test_the_report_says_what_the_alpha_is() -> None:
    from quanthedge.report.question_facts import question_facts
    from quanthedge.report.strategy_words import described
    from quanthedge.report.writer import Writer

    result = qh.backtest(strategy("icir"), sample_market(), START, END)
    silent = result.strategy.change(description="", description_zh="")
    count = len(result.strategy.all_factors())
    assert f"{count} factors (weights by past rank IC" in described(silent, "en")
    assert f"{count} 个因子选股（按历史信息比率" in described(silent, "zh")
    facts, holds = question_facts(Writer(result, "zh"))
    assert {"combined", "published_only"} <= holds
    assert "行业与市值中性" in facts["features"]


def test_families_and_kinds_and_parameters_make_a_library() -> None:
    made = AlphaModel(library=["valuation", "earnings_yield", Reversal(window=5), "reversal"])
    kinds = [factor.kind for factor in made.factors()]
    assert kinds.count("earnings_yield") == 1
    assert kinds.count("reversal") == 2  # of five days and of twenty
    assert AlphaModel.model_validate(made.model_dump()) == made


def test_a_family_leaves_out_what_the_market_cannot_carry_a_name_does_not(monkeypatch) -> None:
    market, rows = sample_market(), decisions()[:1]
    made = strategy("family_equal")

    def lacking(self, market, rows=None):
        raise qh.DataError("no table statements")

    monkeypatch.setattr("quanthedge.factors.valuation.SalesYield.exposure", lacking)
    found = select(made, market, rows)
    assert found.left_out == {"sales_yield": "no table statements"}
    assert "sales_yield" not in set(found.coverage["factor"])
    result = qh.backtest(made, market, "2014-09-17", "2014-09-30")
    assert any(note["kind"] == "alpha_left_out" for note in result.notes)
    named = made.change({"alpha.library": ["sales_yield"]})
    with pytest.raises(qh.DataError, match="no table statements"):
        select(named, market, rows)


def test_a_regressor_of_scikit_learn_stands_in_a_strategy_as_plain_data() -> None:
    from sklearn.linear_model import HuberRegressor
    from sklearn.neighbors import KNeighborsRegressor

    made = AlphaModel(combine=HuberRegressor(epsilon=1.2))
    assert made.combine == Estimator(
        of="sklearn.linear_model._huber:HuberRegressor", parameters={"epsilon": 1.2}
    )
    changed = strategy().change({"alpha.combine": KNeighborsRegressor(n_neighbors=9).__class__()})
    assert changed.alpha.combine.kind == "estimator"


@pytest.mark.slow
def test_a_combination_of_the_users_own_runs_and_its_file_is_kept(tmp_path) -> None:
    (tmp_path / "mine.py").write_text(
        "from quanthedge.alpha import Combiner\n\n\n"
        "class Robust(Combiner):\n"
        "    epsilon: float = 1.35\n\n"
        "    def estimator(self):\n"
        "        from sklearn.linear_model import HuberRegressor\n"
        "        return HuberRegressor(epsilon=self.epsilon)\n\n\n"
        "class Wrong(Combiner):\n"
        "    def estimator(self):\n"
        "        from sklearn.preprocessing import StandardScaler\n"
        "        return StandardScaler()\n",
        encoding="utf-8",
    )
    text = (ROOT / "strategies" / "learned.toml").read_text(encoding="utf-8")
    text = text.replace('kind = "ridge"', 'kind = "mine:Robust"').replace("penalty = 3000.0", "")
    (tmp_path / "fund.toml").write_text(text, encoding="utf-8")
    own = load_strategy(tmp_path / "fund.toml", ["selector.n=30", "alpha.combine.first=12"])
    result = qh.backtest(own, sample_market(), START, "2014-10-31")
    assert "code/mine.py" in result.own_code
    peer = strategy("estimator", retrain=12).change({"alpha.library": own.alpha.library})
    wanted = qh.backtest(peer, sample_market(), START, "2014-10-31")
    assert result.targets.equals(wanted.targets)
    wrong = load_strategy(tmp_path / "fund.toml", ["alpha.combine.kind='mine:Wrong'"])
    wrong = wrong.change("alpha.combine.first=12")
    with pytest.raises(StrategyError, match="StandardScaler has no predict"):
        qh.backtest(wrong, sample_market(), START, "2014-10-31")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"alpha.library": ["momentous"]}, "neither a family nor a factor; families: "),
        ({"alpha.library": []}, "at least 1"),
        ({"alpha.combine": {"kind": "forest"}}, "family_equal"),
        ({"alpha.combine": {"kind": "ridge", "trees": 3}}, "trees"),
        ({"alpha.combine": {"kind": "ridge", "first": 1}}, "first"),
        ({"alpha.combine": {"kind": "given"}}, "kind"),
        ({"alpha.combine": {"kind": "stack", "members": [{"kind": "ridge"}]}}, "two or more"),
        ({"alpha.combine": {"kind": "estimator", "of": "os:system"}}, "of"),
        ({"alpha.neutral": ["style"]}, "neutral"),
        ({"alpha.missing": {"momentum": "exclude"}}, "no factor of the library"),
        ({"factors": [{"factor": {"kind": "book_yield"}}]}, "accepted is one of them"),
        ({"alpha": None}, "section alpha"),
    ],
)
def test_a_section_that_cannot_be_is_one_line(changes, words) -> None:
    with pytest.raises((StrategyError, ValueError), match=words) as problem:
        strategy().change(changes)
    assert isinstance(problem.value, StrategyError)
    assert "\n" not in str(problem.value)


def test_a_combination_is_no_estimator_and_no_class() -> None:
    from sklearn.linear_model import LassoCV
    from sklearn.pipeline import make_pipeline

    for given, words in (
        (make_pipeline(LassoCV()), "derived from quanthedge.alpha.Combiner"),
        (LassoCV, "is a class"),
    ):
        with pytest.raises(StrategyError, match=words) as problem:
            strategy().change({"alpha.combine": given})
        assert "\n" not in str(problem.value)


def test_an_estimator_that_is_none_of_scikit_learn_is_refused_when_it_runs() -> None:
    for of, words in (
        ("sklearn.linear_model:Nothing", "no sklearn.linear_model:Nothing"),
        ("sklearn.metrics:r2_score", "is no estimator"),
        ("sklearn.preprocessing:StandardScaler", "has no predict"),
    ):
        with pytest.raises(StrategyError, match=words):
            Estimator(of=of).estimator()
    with pytest.raises(StrategyError, match="unexpected keyword"):
        Estimator(of="sklearn.linear_model:Ridge", parameters={"beta": 1}).estimator()


def test_every_combination_has_a_name_in_both_languages() -> None:
    from quanthedge.alpha import Combiner

    for kind in Combiner.builtin():
        made = strategy(kind).alpha.combine if kind in KINDS else Ridge()
        assert made.called("en") != made.called("zh")


def test_the_two_strategies_run_on_the_sample_or_say_when_they_can() -> None:
    market = sample_market()
    family = load_strategy(ROOT / "strategies" / "family_equal.toml", ["selector.n=30"])
    assert len(qh.backtest(family, market, START, "2014-10-31").trainings) == 0
    learned = load_strategy(ROOT / "strategies" / "learned.toml")
    with pytest.raises(StrategyError, match=r"first possible start|have fewer"):
        qh.backtest(learned, market, START, END)
