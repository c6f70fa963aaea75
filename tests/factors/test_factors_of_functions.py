"""A function of panels is a factor: in Python, in TOML, in a run folder, in the audit."""

import importlib.util
import pickle
import shutil
import sys

import numpy as np
import pytest

import quanthedge as qh
from quanthedge.errors import StrategyError
from quanthedge.factors import Factor, Reversal, factor_name
from quanthedge.factors.custom import Panels
from quanthedge.kinds import OwnCode
from quanthedge.strategy import Strategy, load_strategy
from quanthedge.studies.lookahead import audit
from tests.cli.inside import inside
from tests.kinds.files.my_decorated import intraday, month, tomorrow
from tests.kinds.own_strategies import FILES, folder_with
from tests.sample import START, sample_market

END = "2014-12-31"


def held(factor):
    return Strategy(name="mine", factors=[factor], selector={"n": 30})


def test_a_function_is_a_class_of_factors_with_its_parameters_as_fields():
    assert issubclass(intraday, Factor)
    assert (month.family, month.sign, month.needs) == ("sentiment", -1, ("mark_adj",))
    assert month.source == "Jegadeesh (1990)"
    assert month.__doc__.startswith("Adjusted close over")
    assert intraday().window == 20
    assert intraday(window=5).kind == "tests.kinds.files.my_decorated:intraday"
    assert factor_name(month(), "zh") == "月度收益（自有因子）"
    assert factor_name(intraday(), "en") == "intraday (own factor)"
    with pytest.raises(ValueError, match="windoww"):
        intraday(windoww=3)


def test_a_function_gives_what_the_class_of_the_same_formula_gives():
    market = sample_market()
    ours = Reversal(min_traded=1e-9).exposure(market)
    mine = month().checked_exposure(market)
    there = np.isfinite(ours)
    assert np.allclose(mine[there], ours[there], rtol=1e-12, atol=1e-14)
    rows = [300, 40, 19, 20]
    assert np.array_equal(month().checked_exposure(market, rows), mine[rows], equal_nan=True)
    assert np.isnan(mine[:20]).all()


def test_rows_for_which_the_data_do_not_reach_back_are_undefined():
    market = sample_market()
    for window in (5, 60):
        found = intraday(window=window).checked_exposure(market)
        assert np.isnan(found[: window - 1]).all()
        assert np.isfinite(found[window - 1]).any()


def test_panels_are_those_of_the_market_and_are_looked_up_when_they_are_asked_for():
    market = sample_market()
    d = Panels(market)
    assert "close" not in vars(d)
    assert d.close is d.close
    assert np.array_equal(d.close, market.panel("close"), equal_nan=True)
    assert np.array_equal(
        d.close_adj, market.panel("close") * market.panel("adj_factor"), equal_nan=True
    )
    assert np.array_equal(d.industry, market.industry()[0])
    assert np.array_equal(d.market_value, d.mark * d.total_shares, equal_nan=True)
    traded = market.panel("traded")
    assert ((d.vwap >= d.low - 0.02) & (d.vwap <= d.high + 0.02))[traded].all()
    assert np.array_equal(d.net_profit_ttm, market.fundamental("net_profit_ttm"), equal_nan=True)
    assert np.array_equal(d.total_assets, market.statement("total_assets"), equal_nan=True)
    for name, read in (("capex_paid_ttm", market.statement_ttm),
                       ("capex_paid_quarter", market.statement_quarter)):  # fmt: skip
        item = name.rpartition("_")[0]
        assert np.array_equal(getattr(d, name), read(item), equal_nan=True)
    for name in d.names():
        assert getattr(d, name).shape == (len(market.dates), len(market.codes)), name


def test_a_panel_that_is_not_there_is_named_with_those_that_are():
    for make, told in (
        (lambda: Panels(sample_market()).clsoe, "no panel 'clsoe'; did you mean 'close'?"),
        (lambda: Panels(sample_market(), ["opne"]), "no panel 'opne'; did you mean 'open'?"),
        (lambda: Panels(sample_market(), ["open"]).close, r"uses d.close, which needs does not"),
    ):
        with pytest.raises(StrategyError, match=told) as error:
            make()
        assert "\n" not in str(error.value)
    with pytest.raises(StrategyError, match=r"there are open, high, low, close, .* with _ttm or"):
        _ = Panels(sample_market()).nothing_of_the_kind


def test_the_audit_lets_the_honest_pass_and_convicts_who_peeks():
    for honest in (month(), intraday(window=7)):
        report = audit(honest, sample_market(), dates=4)
        assert report.passed, report.to_text()
        assert report.outside == ()
    assert not audit(tomorrow, sample_market(), dates=4).passed


def test_a_table_in_a_closure_of_a_function_is_named_by_the_audit():
    hidden = np.ones((731, 120))

    @qh.factor()
    def carried(d):
        return d.close * hidden[: len(d.dates)]

    report = audit(carried(), sample_market(), dates=2)
    assert any("an array of 731 x 120" in one for one in report.outside)


def test_a_decorated_function_is_found_from_toml_kept_and_run_again_to_the_same_bytes(tmp_path):
    toml = folder_with(tmp_path / "own", "my_decorated.py")
    change = "factors.0.factor={kind='my_decorated:intraday', window=10}"
    strategy = load_strategy(toml, [change, "selector.n=30"])
    assert strategy.factors[0].factor.window == 10
    span = ["--market", "data/sample", "--start", START, "--end", END, "--quiet"]
    made = inside("run", toml, *span, "--set", change, "--set", "selector.n=30",
                  "--out", tmp_path / "a")  # fmt: skip
    assert made.returncode == 0, made.stderr
    kept = (tmp_path / "a" / "code" / "my_decorated.py").read_bytes()
    assert kept == (FILES / "my_decorated.py").read_bytes()
    shutil.rmtree(tmp_path / "own")
    again = inside("run", tmp_path / "a" / "strategy.json", *span, "--out", tmp_path / "b")
    assert again.returncode == 0, again.stderr
    for path in (tmp_path / "a").rglob("*.*"):
        assert path.read_bytes() == (tmp_path / "b" / path.relative_to(tmp_path / "a")).read_bytes()
    found = inside("audit", f"{tmp_path / 'a' / 'code' / 'my_decorated.py'}:tomorrow", "--dates", 2)
    assert found.returncode == 1


def test_a_strategy_with_a_decorated_function_is_sent_to_another_process(tmp_path):
    toml = folder_with(tmp_path, "my_decorated.py")
    strategy = load_strategy(toml, ["factors.0.factor={kind='my_decorated:month'}"])
    for one in (strategy, held(intraday(window=9))):
        assert pickle.loads(pickle.dumps(one)) == one


def test_the_text_of_a_function_is_kept_and_a_change_after_the_import_is_seen(tmp_path):
    path = tmp_path / "stale_factors.py"
    path.write_text("import quanthedge as qh\n\n\n@qh.factor()\ndef mine(d):\n    return d.mark\n")
    spec = importlib.util.spec_from_file_location("stale_factors", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules["stale_factors"] = module
    spec.loader.exec_module(module)
    one = module.mine()
    own = OwnCode.of(held(one))
    assert own.source(one.kind) == "kept"
    assert own.texts()["code/stale_factors.py"] == path.read_text()
    path.write_text(path.read_text().replace("d.mark", "d.mark * d.float_shares"))
    assert own.source(one.kind) == "changed"
    del sys.modules["stale_factors"]


def made(function, **options):
    return held(qh.factor(**options)(function)())


WRONG = {
    "another shape": (
        lambda d: d.close[:5],
        {},
        r"has shape \(5, 120\); accepted: \(463, 120\), a row for each day of d.dates",
    ),
    "no array": (lambda d: 3.0, {}, "is 3.0; accepted: a numpy array of numbers"),
    "dtype object": (lambda d: d.close.astype(object), {}, "is an array of object"),
    "infinities": (
        lambda d: np.where(d.mark > 0, np.inf, 1.0),
        {},
        r"120 values are infinite|values are infinite \(first: 000001.SZ 2014-09-16\)",
    ),
    "nothing but NaN": (lambda d: d.close * np.nan, {}, "defined for no stock of the universe on"),
    "a panel written to": (lambda d: d.close.fill(1), {}, "read-only"),
    "an unknown panel": (lambda d: d.close, {"needs": ["cloze"]}, "no panel 'cloze'; did you mean"),
    "an undeclared panel": (lambda d: d.open, {"needs": ["close"]}, "uses d.open, which needs"),
    "an error of its own": (lambda d: d.close @ d.close, {}, "exposure raised ValueError: matmul"),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_a_function_gives_wrongly_ends_in_one_line(what):
    function, options, told = WRONG[what]
    with pytest.raises(StrategyError, match=told) as error:
        qh.backtest(made(function, **options), sample_market(), START, END)
    assert "\n" not in str(error.value)
    assert "factor tests.factors.test_factors_of_functions:" in str(error.value) or what.startswith(
        "nothing"
    )


def test_what_is_no_function_of_panels_is_refused_where_it_is_written():
    def without_default(d, window):
        return d.close

    def of_nothing():
        return None

    def reserved(d, sign=1):
        return d.close

    def windowed(d, window=20):
        return d.close

    def listed(d, windows=(1, 2)):
        return d.close

    for decorate, told in (
        (lambda: qh.factor()(without_default), "parameter window has no plain default"),
        (lambda: qh.factor()(listed), "parameter windows has no plain default"),
        (lambda: qh.factor()(of_nothing), "its first parameter is the panels"),
        (lambda: qh.factor()(reserved), "a parameter cannot be called sign"),
        (lambda: qh.factor(window=30)(windowed), "window=30 in the decorator and 20 in the func"),
        (lambda: qh.factor(sign=2)(windowed), "sign 2; accepted: 1 where"),
        (lambda: qh.factor(needs="close"), "needs is 'close'; accepted: several"),
        (lambda: qh.factor()(Reversal), "decorates a function of panels"),
        (lambda: qh.factor(windw=3), "did you mean 'window'"),
    ):
        with pytest.raises(StrategyError, match=told):
            decorate()


def test_a_function_is_given_no_day_after_the_last_that_is_asked_for() -> None:
    seen = []

    @qh.factor(needs=["close"])
    def watching(d):
        seen.append((len(d.dates), d.close.shape, d.close_adj.shape if not d._needs else None))
        return d.close

    market = sample_market()
    found = watching().exposure(market, [40, 30])
    assert seen == [(41, (41, len(market.codes)), None)]
    np.testing.assert_array_equal(found, market.panel("close")[[40, 30]])
