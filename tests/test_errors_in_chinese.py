"""Errors in Chinese: the English of the catalogue is that of the code, and is found again."""

import ast
import itertools
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
from tests.code_of_package import PACKAGE, modules, nodes

CATALOGUE = tomllib.loads((PACKAGE / "errors.toml").read_text(encoding="utf-8"))
# what others say, pydantic, click and the system; and what the code puts together of pieces
OF_OTHERS = {"checked", "usage"}
OF_THE_SYSTEM = ("no_entry", "permission", "is_directory", "is_no_store", "is_other")
PLACE = re.compile(r"\{\w+\}")


@cache
def said_in_code() -> str:
    """Every text of the package's code, a gap where a value stands."""
    found = []
    for path in modules():
        found += [text for node in nodes(path) if (text := _text(node))]
    return re.sub("\0+", "\0", "\n".join(found))


def _text(node: ast.AST) -> str:
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else ""
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(part) or "\0" for part in node.values)
    if isinstance(node, ast.BinOp):
        return (_text(node.left) or "\0") + (_text(node.right) or "\0")
    return ""


def entries() -> Iterator[tuple[str, str]]:
    """Yield the name and the English of every error that our own code says."""
    for group, texts in CATALOGUE.items():
        for name, text in texts.items():
            if group not in OF_OTHERS and not name.startswith(OF_THE_SYSTEM):
                yield f"{group}.{name}", PLACE.sub("\0", text["en"]).strip("\0 :;")


def test_what_the_catalogue_says_in_english_stands_in_the_code() -> None:
    said = said_in_code()
    assert not {name: whole for name, whole in entries() if whole not in said}


FAMILY = {"DataError", "LedgerError", "QuantHedgeError", "RuleError", "StrategyError"}
ONLY_WITH_THEIR_PARTS = {  # known once a sentence or a word of ours stands in a gap
    "\0: is no store of runs (\0); \0", "\0: \0: found \0, \0 is needed", "no factor \0\0",
    "summary: no measure \0; \0", "sleeve \0: \0", "baostock: \0; \0",
}  # fmt: skip


def errors_of_the_code() -> Iterator[tuple[str, str]]:
    """Yield where an error is raised and its text, a gap where a value stands."""
    for path in modules():
        for node in nodes(path):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args:
                text = _text(node.args[0])
                if node.func.id in FAMILY and re.search(r"[a-z]{3}", text):
                    yield f"{path.relative_to(PACKAGE)}:{node.lineno}", text


def is_told(text: str) -> bool:
    """Whether an error is known with some values in its gaps."""
    pieces = text.split("\0")
    for values in itertools.product(("one", "7", "'a'", "(1, 2)"), repeat=min(len(pieces) - 1, 3)):
        given = [*values, *[values[-1] if values else ""] * len(pieces)]
        english = pieces[0] + "".join(a + b for a, b in zip(given, pieces[1:], strict=False))
        if error_said(english, "zh") != english:
            return True
    return False


def test_every_error_of_the_code_is_told_in_chinese() -> None:
    untold = {text: where for where, text in errors_of_the_code() if not is_told(text)}
    assert {text: untold[text] for text in untold.keys() - ONLY_WITH_THEIR_PARTS} == {}


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
    "factor mine:X: exposure raised KeyError: 'x' (mine.py, line 3)": (
        "因子“mine:X”：exposure 出错：KeyError: 'x'（mine.py 第 3 行）"
    ),
    "ratio a:B: ratios has shape (3,); accepted: (4, 3), a row for each day, a column a product": (
        "对冲比率“a:B”：ratios 的形状为 (3,)；应为 (4, 3)，每日一行、每个品种一列"
    ),
    "strategy s: factor a:B: no module 'a' that can be imported": (
        "策略 s：因子 a:B：没有可导入的模块“a”"
    ),
    "mine.csv: the table is empty; accepted: wide (index or column of dates, a column a stock), or "
    "long (levels or columns such as date and code, datetime and instrument, date and asset)": (
        "mine.csv：表为空；可接受宽表（索引或一列为日期，每只股票一列），"
        "或长表（层级或列如 date 与 code、datetime 与 instrument、date 与 asset）"
    ),
    "strategy s: layers.x: whole_at 0.0: accepted: above the hurdle 0.0 (found {'a': 0})": (
        "策略 s：layers.x：whole_at 为 0.0；须高于 hurdle 0.0（现为 {'a': 0}）"
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
    "qh.panel(market, [])": "factors：没有给出任何因子",
    "qh.panel(market, 'x', 'year')": "应为 'month', 'week', 'day' 或 多个整数 或 数值数组",
    "qh.audit(strategy, market, dates=0)": "审计：dates 为 0；应为不小于 1 的数目，或 None",
    "qh.audit(3, market)": "审计：int 无法审计；可接受 因子、股票池、",
    "market.prices(adjusted='x')": "adjusted 为 'x'；可接受 None、'backward'、'forward'",
    "strategy.model_copy(update={'nam': 1})": "没有字段 'nam'；是否应为 'name'？",
    "strategy.change(3)": "change(3)：应为 'selector.n=50' 之类的文本",
    "market.day('foo')": "'foo' 不是日期；请写作",
}


@pytest.mark.parametrize("call", CALLS)
def test_wrong_calls_are_told_in_chinese(call: str) -> None:
    names = {"strategy": qh.load_strategy("market_neutral"), "market": qh.sample_market()}
    with pytest.raises(qh.QuantHedgeError) as caught:
        eval(call, {"backtest": qh.backtest, "qh": qh} | names)
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
            plain = {"choices": "'a'", "shape": "(1, 2)", "quoted": "'b'"}
            told = plain | {"what": "the disk is full", "faults": "a: unknown key"}
            english = text["en"].format(**values | told)
            same = plain | {"what": "磁盘已满", "faults": "a：未知的键"}
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
    "run market_neutral --set rebalance.kind='mine:X'": "调仓日程 mine:X：没有可导入的模块“mine”",
    "run market_neutral --set selector.max_weight=0.001": "请至少提高到 0.0100",
    "run market_neutral --set execution.participation_open=0.1": "开盘集合竞价占全日成交额的比例",
    "run index_relative --capital 1000": "没有组合能满足其限制（beta_target 要求为 0，而在",
    "sweep market_neutral --set selector.n=2,3 --out {folder}/s --walk-forward 1,2": "应不小于 20",
    "import {folder} {folder}/market --layout mapping": "缺少 mapping.toml；它说明各数据表所在文件",
    "evaluate momentum --out {folder}/e.html --cost-bp 30000": "应为 0 至 10000 个基点",
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
