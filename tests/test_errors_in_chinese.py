"""Errors in Chinese: the English of the catalogue is that of the code, and is found again."""

import ast
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import quanthedge as qh
from quanthedge.cli.language import speak_as_the_environment
from quanthedge.errors import StrategyWarning
from quanthedge.words import error_said, retold
from tests.cli.inside import inside

PACKAGE = Path(qh.__file__).parent
CATALOGUE = tomllib.loads((PACKAGE / "errors.toml").read_text(encoding="utf-8"))
# what others say, pydantic, click and the system; and what the code puts together of pieces
OF_OTHERS = {"checked", "usage"}
OF_THE_SYSTEM = ("no_entry", "permission", "is_directory", "is_no_store", "is_other")
PLACE = re.compile(r"\{\w+\}")


@cache
def said_in_code() -> str:
    """Every text of the package's code, a gap where a value stands."""
    found = []
    for path in PACKAGE.rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        found += [text for node in ast.walk(tree) if (text := _text(node))]
    return re.sub("\0+", "\0", "\n".join(found))


def _text(node: ast.AST) -> str:
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else ""
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(part) or "\0" for part in node.values)
    if isinstance(node, ast.BinOp):
        return (_text(node.left) or "\0") + (_text(node.right) or "\0")
    return ""


def entries() -> Iterator[Any]:
    for group, texts in CATALOGUE.items():
        for name, text in texts.items():
            if group not in OF_OTHERS and not name.startswith(OF_THE_SYSTEM):
                yield pytest.param(text["en"], id=f"{group}.{name}")


@pytest.mark.parametrize("english", entries())
def test_what_the_catalogue_says_in_english_stands_in_the_code(english: str) -> None:
    whole = PLACE.sub("\0", english).strip("\0 :;")
    assert whole in said_in_code(), f"{whole!r} is said nowhere"


def test_no_two_entries_say_the_same() -> None:
    shapes = [
        PLACE.sub("{}", text["en"]) for texts in CATALOGUE.values() for text in texts.values()
    ]
    assert sorted({one for one in shapes if shapes.count(one) > 1}) == []


SAID = {  # errors whose places hold a sentence, a list or another error
    "strategy s: a.b: Input should be 'x' or 'y' (found 'z'); c: Input should be a valid tuple "
    "(found 1)": ("策略 s：a.b：应为 'x' 或 'y'（现为 'z'）；c：应为列表（现为 1）"),
    "day '2019': outside the run; accepted: 2014-01-07 to 2015-12-31": (
        "日期 '2019' 不在回测区间内；可接受 2014-01-07 至 2015-12-31"
    ),
    "runs/a: holds another run (selector.n 30, now 40; code of quanthedge 68, now 69); "
    "--overwrite replaces it, or choose another --out": (
        "runs/a：已有另一次回测结果（selector.n 由 30 变为 40；quanthedge 代码由 68 变为 69）；"
        "加 --overwrite 覆盖，或另选 --out"
    ),
    "--sizes 1e6: none could be run; no investor 'A' in this run; known: B": (
        "--sizes 1e6：各档规模均未能回测；该回测没有投资者 'A'；已登记的有 B"
    ),
    "no investor 'A' in this run; known: none (a strategy with `clients` keeps a register)": (
        "该回测没有投资者 'A'：策略未设 `clients`，未登记投资者"
    ),
    "period '2015Q5' is not known; accepted: 2015, 2015H1, 2015Q1, 2015-03, 2015-03-31, or two of "
    "them as 2015-01..2015-06": (
        "无法识别区间 '2015Q5'；可接受 2015、2015H1、2015Q1、2015-03、2015-03-31，"
        "或以 .. 连接两者，例如 2015-01..2015-06"
    ),
    "fixed income at 8.0 a year; accepted: a fraction, 0.05, or one_year_deposit": (
        "固定收益年利率 8.0：应为小数，例如 0.05，或 one_year_deposit"
    ),
    "a.csv: unit values cannot be read (No such file or directory)": (
        "a.csv：净值无法读取（文件或文件夹不存在）"
    ),
}


CALLS = {  # what a user of a notebook gets wrong, and what is said of it
    "backtest('x', market)": "backtest：strategy 为 'x'；应为 Strategy 对象（调用方式：backtest(",
    "backtest(strategy)": "backtest：缺少参数 'market'（调用方式：backtest(",
    "backtest(strategy, market, begin='x')": "backtest：没有参数 'begin'",
    "backtest(strategy, market, 1)": "backtest：start 为 1；应为 文本 或 日期 或 不给（",
    "strategy.change(3)": "change(3)：应为 'selector.n=50' 之类的文本",
    "market.day('foo')": "'foo' 不是日期；请写作",
}


@pytest.mark.parametrize("call", CALLS)
def test_wrong_calls_are_told_in_chinese(call: str) -> None:
    names = {"strategy": qh.load_strategy("market_neutral"), "market": qh.sample_market()}
    with pytest.raises(qh.QuantHedgeError) as caught:
        eval(call, {"backtest": qh.backtest} | names)
    assert CALLS[call] in error_said(str(caught.value), "zh")


@pytest.mark.parametrize("english", SAID)
def test_what_an_error_holds_is_told_too(english: str) -> None:
    assert error_said(english, "zh") == SAID[english]


def test_a_size_that_cannot_be_run_says_why_in_chinese() -> None:
    line = "1/1  1 million yuan: no run (no factor 'x'; near it: y)"
    told = retold(line, "zh", "quanthedge.studies.capacity", "said")
    assert told == "1/1  1 百万元：未能回测（没有因子 'x'；相近的有 y）"


def test_a_warning_is_told_in_the_language_of_the_command(capsys: Any, monkeypatch: Any) -> None:
    monkeypatch.setenv("QUANTHEDGE_LANGUAGE", "zh")
    speak_as_the_environment()
    line = "f is not as it was in that run (sha256 1 then, 2 now): the figures may differ"
    tell = sys.modules["quanthedge.cli.app"]._told
    tell(StrategyWarning(line), StrategyWarning, "file.py", 1)
    assert capsys.readouterr().err.startswith("注意：f 与该回测时不同")


def test_a_limit_that_is_none_makes_no_folder(tmp_path: Path) -> None:
    assert inside("cache", tmp_path / "new", "--limit", "x").returncode == 2
    assert list(tmp_path.iterdir()) == []


def test_an_error_of_the_catalogue_is_found_by_its_own_english() -> None:
    for texts in CATALOGUE.values():
        for text in texts.values():
            values = {name[1:-1]: f"value{k}" for k, name in enumerate(PLACE.findall(text["en"]))}
            told = {"what": "the disk is full", "faults": "a: unknown key", "choices": "'a'"}
            english = text["en"].format(**values | told)
            same = {"what": "磁盘已满", "faults": "a：未知的键", "choices": "'a'"}
            chinese = text["zh"].format(**values | same)
            assert error_said(english, "zh") == chinese
            assert error_said(english, "en") == english


WRONG = {  # what a user of the command line gets wrong, and what is said of it
    "run nowhere": "策略 'nowhere'：没有该文件",
    "run nowhere.toml": "策略 nowhere.toml：无法读取（文件或文件夹不存在）",
    "run market_neutral --market {folder}/none": "文件夹不存在",
    "run market_neutral --market {folder}": "不是 QuantHedge 数据集",
    "run market_neutral --set selector.m=5": "selector.m：未知的键；此处可用的键有",
    "run market_neutral --set selector.bufer=1": "是否应为“buffer”？",
    "run market_neutral --set selector.n=-5": "selector.n：应大于或等于 1（现为 -5）",
    "run market_neutral --set invested_fraction=1.2": "需要 accounts.borrowed 大于0",
    "run market_neutral --set hedge.range=[1,0]": "hedge：range 应为两个数",
    "run market_neutral --set beta.method='top_down'": "须用 bottom_up",
    "run market_neutral --set selector.n": "应为 键=值",
    "run market_neutral --start 1999-01-04": "超出市场“simulated 120 x 3”的数据范围",
    "run market_neutral --start 2013-01-04": "是数据首日",
    "run market_neutral --start soon": "不是日期",
    "run market_neutral --start 2014-03-01 --end 2014-02-01": "晚于结束日",
    "run market_neutral --full --quiet": "不能同时使用",
    "run market_neutral --language fr": "可接受 zh, en",
    "report {folder}": "不是回测结果文件夹",
    "import {folder}/none {folder}/market": "文件夹不存在",
    "import {folder} {folder}/market": "无法识别数据布局",
    "new {folder}/full": "文件夹已存在且非空",
    "runs list": "未指定回测库",
    "runs list {folder}": "不是回测库",
    "explain market_neutral 600000.SH 2014-09-21": "不是交易日；最近的交易日为",
    "orders market_neutral": "请给出实际持仓与资金",
    "capacity market_neutral --out a.txt": "须以 .csv 结尾",
    "cache {folder}": "不是中间结果缓存",
    "run market_neutral --set selector.weighting=foo": "'score' 或 'index'（现为 'foo'）",
    "run market_neutral --set selector.n=1.5": "selector.n：应为整数（现为 1.5）",
    "run market_neutral --set selector.n=true": "selector.n：应为数字（现为 true）",
    "run market_neutral --set beta.kind=foo": "beta：kind 'foo' 不可用；可接受 'ols'",
    "run market_neutral --set hedge.product=IX": "（现为 'IX'）；hedge.product：应为列表",
    "run market_neutral --set rebalance.every=x": "rebalance.every：应为 'month' 或 'week'",
    "run market_neutral --set name=": "name：至少 1 个字符（现为 ''）",
    "run market_neutral --set factors=1": "factors：应为列表（现为 1）",
    "run market_neutral --capital nan": "nan 不是有效数字",
    "run market_neutral --cache {folder}/full/mine.txt": "无法写入（已有同名文件）；原有数据未改动",
    "run fund_with_clients --set clients.founders={{a=0.5}}": "各比例之和须为 1",
    "sweep market_neutral --plan --set hedge.ratio=0.8:0.9": "缺少步长；请写作 起:止:步长",
    "sweep market_neutral --plan --set hedge.ratio=0.9:0.8:0.1": "无法由 0.9 走到 0.8",
    "sweep market_neutral --plan --set hedge.ratio=0.5..1.5": "须抽样；请加 --random N",
    "sweep market_neutral --plan --set selector.n=2,3 --windows 5": "窗口长度与相邻窗口的间隔",
    "sweep market_neutral --plan --set selector.n=2,3 --windows 900,9": "容不下一个窗口",
    "sweep market_neutral --plan --set selector.m=2,3": "2 个变体均无法运行；第一个为 selector.m=2",
    "sweep market_neutral --set selector.n=2,3 --out {folder}/s --by foo": "回测没有该指标",
    "sweep market_neutral --set selector.n=2,3 --out {folder}/s --cluster x": "本机 N 个进程的集群",
    "capacity market_neutral --sizes foo": "以元计、用逗号分隔的数字",
    "capacity market_neutral --sizes 0": "请给出一个或多个规模（元），大于0",
    "factors --family foo": "因子类别 'foo'：可接受 valuation",
    "factors accrual": "没有因子 'accrual'；相近的有 accruals",
    "orders market_neutral --holdings no.csv --cash no.csv": "no.csv：持仓无法读取",
    "simulate {folder}/x --start foo": "start = 'foo'：应为日期，例如 2014-09-17（过短）",
    "download tushare x --start 2014-01-01 --end 2014-01-31 --token-file no": "应为首行写有令牌",
}


@pytest.mark.parametrize("command", WRONG)
def test_wrong_use_is_told_in_chinese(command: str, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setenv("QUANTHEDGE_LANGUAGE", "zh")
    monkeypatch.delenv("QUANTHEDGE_STORE", raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("mine", encoding="utf-8")
    done = inside(*(word.format(folder=tmp_path) for word in command.split()))
    assert done.returncode == 2
    told = "".join(line.strip("│ ") for line in done.stderr.splitlines())
    assert WRONG[command] in told
    assert "error:" not in done.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [(["run"], "缺少参数“strategy”。"), (["run", "x", "--nothing", "1"], "没有选项 --nothing"),
     (["runs", "list", "--limit", "x"], "“--limit”取值无效：应为整数"), (["nix"], "没有命令“nix”")],
)  # fmt: skip
def test_a_wrong_option_is_told_in_chinese(words: list[str], said: str) -> None:
    environment = os.environ | {"QUANTHEDGE_LANGUAGE": "zh", "PYTHONIOENCODING": "utf-8"}
    done = subprocess.run(
        [sys.executable, "-m", "quanthedge.cli", *words],
        env=environment, capture_output=True, encoding="utf-8", check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "".join(said.split()) in "".join(done.stderr.replace("│", "").split())
    assert "─ 错误 ─" in done.stderr


def test_an_error_that_is_not_known_stays_english_behind_a_chinese_word(monkeypatch: Any) -> None:
    monkeypatch.setenv("QUANTHEDGE_LANGUAGE", "zh")
    done = inside("run", "market_neutral", "--set", "hedge.roll_days=[1,0]", "--set", "hedge.x=1")
    assert done.stderr.startswith("错误：策略 ")
    assert "hedge.x：未知的键" in done.stderr


def test_a_notebook_speaks_the_language_of_the_environment(monkeypatch: Any) -> None:
    error = qh.DataError("mine.csv: no such file")
    monkeypatch.setenv("QUANTHEDGE_LANGUAGE", "zh")
    assert error._render_traceback_() == ["DataError: mine.csv：文件不存在"]
    assert str(error) == "mine.csv: no such file"
    monkeypatch.setenv("QUANTHEDGE_LANGUAGE", "en")
    assert error._render_traceback_() == ["DataError: mine.csv: no such file"]


def test_paths_and_values_are_never_told_again() -> None:
    said = error_said("the disk is full: no such file", "zh")
    assert said == "the disk is full：文件不存在"
