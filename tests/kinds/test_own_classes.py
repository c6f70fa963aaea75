"""A user's own classes do in a strategy what ours do: as objects, from TOML, from a run folder."""

import json
import pickle
import shutil
import subprocess
import sys
import warnings

import numpy as np
import pandas as pd
import pytest

from quanthedge.alpha import FactorTerm
from quanthedge.backtesting.request import asked
from quanthedge.backtesting.result import Result
from quanthedge.backtesting.run import backtest
from quanthedge.errors import StrategyError, StrategyWarning
from quanthedge.factors import Factor, Size
from quanthedge.hedge.policies import compile_policy
from quanthedge.kinds import OwnCode, parts_in
from quanthedge.kinds import code as loading
from quanthedge.record.folder import RunFolder
from quanthedge.strategy import Strategy, load_strategy
from tests.kinds.own_strategies import OWN, folder_with
from tests.sample import END, START, sample_market, small_strategy


class Price(Factor):
    """The last close: an own factor of a module that can be imported."""

    times: float = 1.0

    def exposure(self, market, rows=None):
        return self.times * np.asarray(market.panel("mark")[rows])


@pytest.fixture(scope="module")
def own_strategy(tmp_path_factory):
    return load_strategy(folder_with(tmp_path_factory.mktemp("own")), OWN)


@pytest.fixture(scope="module")
def own_run(own_strategy):
    return backtest(own_strategy, sample_market(), START, "2015-02-27")


def test_every_sort_of_own_class_is_read_from_toml_with_its_parameters(own_strategy):
    kinds = {part.kind for part in parts_in(own_strategy) if part.own}
    assert kinds == {
        f"my_parts:{name}"
        for name in (
            "AbnormalTurnover", "HalfWay", "Correlated", "AfterMoves", "WiderInStorms", "Middling",
            "AfterFalls", "NoRoundPrices",
        )
    }  # fmt: skip
    assert own_strategy.factors[1].factor.window == 6
    assert own_strategy.factors[1].factor.sign == -1
    assert own_strategy.hedge.ratio.window == 80
    assert own_strategy.selector.n == 24


def test_objects_and_toml_make_the_same_run(own_strategy, own_run):
    plain = small_strategy("universe={kind='largest', n=100, filters=[{kind='suspended'}]}")
    parts = OwnCode.of(own_strategy).classes
    universe = plain.universe.model_copy(
        update={"filters": (*plain.universe.filters, parts["my_parts:NoRoundPrices"]())}
    )
    built = plain.change(
        {
            "factors.1.factor": parts["my_parts:AbnormalTurnover"](window=6),
            "beta": parts["my_parts:HalfWay"](),
            "hedge.ratio": parts["my_parts:Correlated"](window=80),
            "hedge.policy": own_strategy.hedge.policy,
            "selector": parts["my_parts:Middling"](n=24),
            "rebalance": parts["my_parts:AfterFalls"](fall=0.02),
            "universe": universe,
        }
    )
    assert built.model_dump() == own_strategy.model_dump()
    again = backtest(built, sample_market(), START, "2015-02-27")
    pd.testing.assert_frame_equal(again.ledger, own_run.ledger)
    pd.testing.assert_frame_equal(again.trades, own_run.trades)


def test_each_own_class_decides_what_it_is_there_for(own_strategy, own_run):
    assert (own_run.targets.groupby("date").size() == 24).all()
    assert "round price" in set(own_run.exclusions["reason"])
    assert "my_parts:AbnormalTurnover" in set(own_run.coverage["factor"])
    dates, market = sample_market().dates, sample_market()
    first = market.day(START)
    program = compile_policy(own_strategy.hedge.policy, dates[first : first + 40], market, first)
    close = market.index_close("000300.SH")
    moved = np.abs(close[first - 1 : first + 39] / close[first - 2 : first + 38] - 1) > 0.01
    np.testing.assert_array_equal(program.flags[:, 0], moved)
    assert own_strategy.change("beta.window=30").beta.memory == 30
    fell = close[first - 1 : first + 100] / close[first - 2 : first + 99] - 1 < -0.02
    chosen = pd.DatetimeIndex(own_run.targets["date"].unique())
    until = dates[first + 99] >= chosen.to_numpy()
    expected = dates[first - 1 : first + 100][fell | (np.arange(101) == 0)]
    assert chosen[until].tolist() == pd.DatetimeIndex(expected[expected <= chosen[-1]]).tolist()
    assert (
        "after falls (own schedule)" in own_run.narrative_en
        if hasattr(own_run, "narrative_en")
        else True
    )
    other = own_strategy.change("universe={kind='my_parts:OddCodes'}")
    assert other.universe.kind == "my_parts:OddCodes"


def test_a_variant_and_a_change_keep_own_classes(own_strategy):
    changed = own_strategy.change("selector.n=10", "capital_yuan=5e7")
    assert type(changed.selector) is type(own_strategy.selector)
    assert changed.selector.n == 10
    assert own_strategy.variant("long_only").beta == own_strategy.beta


def test_a_run_folder_keeps_the_code_and_runs_again_with_it(own_run, tmp_path):
    own_run.to_parquet(tmp_path / "run")
    kept = (tmp_path / "run/code/my_parts.py").read_text(encoding="utf-8")
    assert "class AbnormalTurnover" in kept
    assert (tmp_path / "run/code/my_windows.py").is_file()
    head = json.loads((tmp_path / "run/run.json").read_text(encoding="utf-8"))
    assert set(head["request"]["own_code"]) == {"code/my_parts.py", "code/my_windows.py"}
    again = load_strategy(tmp_path / "run/strategy.json")
    assert again.model_dump(mode="json") == own_run.strategy.model_dump(mode="json")
    rerun = backtest(again, sample_market(), START, "2015-02-27")
    pd.testing.assert_frame_equal(rerun.ledger, own_run.ledger)
    assert rerun.request["own_code"] == own_run.request["own_code"]
    assert rerun.request["code"] == own_run.request["code"]


def test_code_that_was_changed_since_is_said_in_one_line(own_run, tmp_path):
    own_run.to_parquet(tmp_path / "run")
    with (tmp_path / "run/code/my_windows.py").open("a", encoding="utf-8") as file:
        file.write("\n# changed\n")
    with pytest.warns(StrategyWarning, match=r"my_windows\.py is not as it was in that run"):
        load_strategy(tmp_path / "run/strategy.json")
    shutil.rmtree(tmp_path / "run/code")
    with pytest.raises(StrategyError, match=r"no file my_parts\.py beside the strategy"):
        load_strategy(tmp_path / "run/strategy.json")


def test_opening_a_run_folder_runs_no_code(own_run, tmp_path, monkeypatch):
    own_run.to_parquet(tmp_path / "run")
    monkeypatch.setattr(loading, "_loaded", {})

    def refuse(*_values, **_named):
        raise RuntimeError("code was loaded")

    monkeypatch.setattr(loading, "_run", refuse)
    monkeypatch.setattr(loading.OwnCode, "find", refuse)
    opened = Result.open(tmp_path / "run")
    assert opened.own_code == own_run.own_code
    plain = Strategy.model_validate(opened.strategy)
    assert plain.model_dump(mode="json") == opened.strategy.model_dump(mode="json")
    assert plain.factors[1].factor.window == 6
    with pytest.raises(StrategyError, match="its code is not loaded"):
        backtest(plain, sample_market(), START, END)
    with pytest.raises(RuntimeError, match="code was loaded"):
        plain.loaded(tmp_path / "run")


def test_a_changed_file_is_another_run(tmp_path, own_run):
    toml = folder_with(tmp_path / "mine")
    own_run.to_parquet(tmp_path / "run")
    span = (START, "2015-02-27")
    assert RunFolder(tmp_path / "run").holds(
        asked(load_strategy(toml, OWN), sample_market(), *span)
    )
    with (toml.parent / "my_parts.py").open("a", encoding="utf-8") as file:
        file.write("\nEXTRA = 1\n")
    now = asked(load_strategy(toml, OWN), sample_market(), *span)
    with pytest.raises(Exception, match=r"own code\.code/my_parts\.py"):
        RunFolder(tmp_path / "run").holds(now)


def test_two_folders_may_have_files_of_one_name(tmp_path):
    first, second = folder_with(tmp_path / "a"), folder_with(tmp_path / "b")
    text = (tmp_path / "b/my_windows.py").read_text(encoding="utf-8").replace("nanmean", "nanmax")
    (tmp_path / "b/my_windows.py").write_text(text, encoding="utf-8")
    one, other = (load_strategy(toml, OWN[:1]).factors[1].factor for toml in (first, second))
    market, rows = sample_market(), [300]
    assert one.kind == other.kind
    assert not np.allclose(one.exposure(market, rows), other.exposure(market, rows), equal_nan=True)
    assert load_strategy(first, OWN[:1]) == load_strategy(first, OWN[:1])


def test_an_own_class_finds_its_file_in_another_process(own_strategy, tmp_path):
    strategy = load_strategy(folder_with(tmp_path / "s"), OWN)
    packed = pickle.dumps(strategy)
    assert pickle.loads(packed) == strategy
    code = "import pickle, sys; print(pickle.load(sys.stdin.buffer).factors[1].factor)"
    told = subprocess.run(
        [sys.executable, "-c", code], input=packed, capture_output=True, check=True
    ).stdout.decode()
    assert told.startswith("kind='my_parts:AbnormalTurnover' window=6")
    (tmp_path / "s/my_windows.py").write_text("def trailing_mean(*_):\n    return 1\n")
    with pytest.raises(StrategyError, match="changed while"):
        pickle.loads(packed)


def test_a_class_of_this_session_runs_and_its_text_is_kept():
    term = FactorTerm(factor=Price(times=2.0))
    strategy = small_strategy().change({"factors": [term]})
    assert strategy.factors[0].factor.kind == "tests.kinds.test_own_classes:Price"
    assert (
        "class Price(Factor)"
        in OwnCode.of(strategy).texts()["code/tests/kinds/test_own_classes.py"]
    )
    assert strategy.loaded(".") == strategy


def test_a_class_without_text_runs_and_the_run_says_that_it_is_not_kept():
    space = {"Factor": Factor, "np": np, "__name__": "__main__"}
    exec(
        "class Mine(Factor):\n"
        "    def exposure(self, market, rows=None):\n"
        "        return np.asarray(market.panel('mark')[rows])\n",
        space,
    )
    strategy = small_strategy().change({"factors": [FactorTerm(factor=space["Mine"]())]})
    result = backtest(strategy, sample_market(), START, "2014-10-31")
    assert result.own_code == {}
    said = next(note for note in result.notes if note["kind"] == "own_code_lost")
    assert "__main__:Mine" in said["en"]
    assert "__main__:Mine" in said["zh"]


WRONG = {
    "no such file": ("factors.1.factor.kind='nowhere:Mine'", "no file nowhere.py beside"),
    "no such name": ("factors.1.factor.kind='my_parts:Mine'", "no 'Mine' in the file; there are"),
    "no factor": ("factors.1.factor.kind='my_parts:Middling'", "not a factor; derive it from"),
    "a function": ("factors.1.factor.kind='my_windows:trailing_mean'", "of type function, not a"),
    "no estimator": ("beta={kind='my_parts:AbnormalTurnover'}", "not an estimator"),
    "of ours": ("factors.1.factor.kind='my_parts:Factor'", "derive your class from Factor"),
    "a path": ("factors.1.factor.kind='../my_parts:Mine'", "without a path"),
    "a path inside": ("factors.1.factor.kind='sub/my_parts:Mine'", "without a path"),
    "two dots": ("factors.1.factor.kind='..my_parts:Mine'", "without a path"),
    "a key too many": (
        "factors.1.factor={kind='my_parts:AbnormalTurnover', windows=3}",
        "windows: unknown key, did you mean 'window'",
    ),
    "a key unknown": (
        "factors.1.factor={kind='my_parts:AbnormalTurnover', q=3}",
        "q: unknown key; accepted here: kind, longer, name, name_zh, window",
    ),
    "out of range": (
        "factors.1.factor={kind='my_parts:AbnormalTurnover', window=1}", "greater than or equal",
    ),
    "a text": (
        "factors.1.factor={kind='my_parts:AbnormalTurnover', window='6'}", "a number is needed",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_said_in_one_line(case, tmp_path):
    change, told = WRONG[case]
    with pytest.raises(StrategyError) as caught:
        load_strategy(folder_with(tmp_path / "s"), [change])
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)


BROKEN = {
    "x = 1 +": "SyntaxError",
    "import nothing_of_that_name": "No module named 'nothing_of_that_name' (mine.py, line 1)",
    "1 / 0": "ZeroDivisionError: division by zero (mine.py, line 1)",
    "from quanthedge.factors import Factor\nclass Mine(Factor):\n    pass": "defines no exposure",
    "from quanthedge.factors import Factor\nclass Mine(Factor):\n    sign = 3\n"
    "    def exposure(self, market, rows=None):\n        return 1": "sign 3; accepted: 1",
}


@pytest.mark.parametrize("text", BROKEN)
def test_a_file_that_cannot_be_run_is_said_in_one_line(text, tmp_path):
    toml = folder_with(tmp_path / "s")
    (toml.parent / "mine.py").write_text(text, encoding="utf-8")
    with pytest.raises(StrategyError) as caught:
        load_strategy(toml, ["factors.1.factor={kind='mine:Mine'}"])
    assert BROKEN[text] in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_link_out_of_the_folder_is_refused(tmp_path):
    toml = folder_with(tmp_path / "s")
    (tmp_path / "mine.py").write_text("", encoding="utf-8")
    (toml.parent / "mine.py").symlink_to(tmp_path / "mine.py")
    with pytest.raises(StrategyError, match="outside the strategy's folder"):
        load_strategy(toml, ["factors.1.factor={kind='mine:Mine'}"])


GIVEN = {
    "np.ones((len(rows), 3))": "exposure has shape (2, 3); accepted: (2, 120)",
    "np.ones(len(rows))": "exposure has shape (2,)",
    "np.full((len(rows), 120), 'a')": "exposure is an array of <U1; accep",
    "None": "exposure is None; accepted",
    "[[1.0] * 120] * 2": "exposure is a list; accepted",
    "pd.DataFrame(np.ones((2, 120)))": "exposure is a DataFrame; accepted",
    "1 / 0": "ZeroDivisionError: division by zero (mine.py, line 6)",
    "market.panel('nothing')": "nothing",
}


@pytest.mark.parametrize("given", GIVEN)
def test_an_exposure_that_is_none_is_refused(given, tmp_path):
    (tmp_path / "mine.py").write_text(
        "import numpy as np\nimport pandas as pd\nfrom quanthedge.factors import Factor\n"
        "class Mine(Factor):\n    def exposure(self, market, rows=None):\n"
        f"        return {given}\n",
        encoding="utf-8",
    )
    mine = loading.load_class(tmp_path / "mine.py", "Mine")()
    with pytest.raises(Exception, match=r"factor mine:Mine|nothing") as caught:
        mine.checked_exposure(sample_market(), [300, 301])
    assert GIVEN[given] in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_factor_that_is_nan_for_all_is_refused_by_date(tmp_path):
    (tmp_path / "mine.py").write_text(
        "import numpy as np\nfrom quanthedge.factors import Factor\n"
        "class Mine(Factor):\n    def exposure(self, market, rows=None):\n"
        "        return np.full((len(rows), len(market.codes)), np.nan)\n",
        encoding="utf-8",
    )
    mine = loading.load_class(tmp_path / "mine.py", "Mine")()
    strategy = small_strategy().change({"factors": [FactorTerm(factor=mine)]})
    with pytest.raises(StrategyError, match="factor mine:Mine: defined for no stock"):
        backtest(strategy, sample_market(), START, END)


@pytest.mark.parametrize("value", [Size, 3, None, "size", object(), Factor])
def test_what_is_no_factor_is_refused(value):
    with pytest.raises(Exception, match="a factor is needed"):
        FactorTerm(factor=value)


def test_names_may_be_attributes_or_fields():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")

        class Named(Price):
            name: str = "mine"
            name_zh: str = "我的"

    assert Named(name="other").model_dump()["name"] == "other"
    assert Price().model_dump()["name"] == ""
