"""Strategy files taken for no more than they say, and names shown as they are."""

import json
import math
from pathlib import Path

import pytest
from pydantic import ValidationError

from quanthedge.alpha import FactorTerm
from quanthedge.backtesting.result import Result
from quanthedge.cli.app import app
from quanthedge.cli.terminal import answer
from quanthedge.errors import StrategyError
from quanthedge.factors import BookYield
from quanthedge.products.leverage import load_exposure
from quanthedge.report.drawing import figure_svg, png_bytes
from quanthedge.report.html import _literal
from quanthedge.report.statement import write_statements
from quanthedge.strategy import Strategy, load_strategy
from tests.sample import NEUTRAL, SAMPLE, START

HEAD = 'name = "x"\n[[factors]]\nfactor.kind = "book_yield"\n'


def loaded(tmp_path: Path, text: str | bytes, name: str = "s.toml") -> Strategy:
    path = tmp_path / name
    path.write_bytes(text.encode("utf-8") if isinstance(text, str) else text)
    return load_strategy(path)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("capital_yuan = true", "capital_yuan: found true, a number is needed"),
        ('capital_yuan = "1e8"', "a number is needed"),
        ("capital_yuan = nan", "nan is no number"),
        ("invested_fraction = inf", "inf is no number"),
        ("risk_free = -inf", "-inf is no number"),
        ("capital_yuan = " + "9" * 5000, "not a readable TOML file"),
        ("capital_yuan = 0x" + "f" * 4000, "a number beyond 1e18"),
        ("name_zh = 1", "name_zh"),
        ('name_zh = "a\\u0000b"', "no page can show"),
        ('name_zh = "a\\u001bb"', "no page can show"),
        ('name_zh = "' + "x" * 300 + '"', "300 letters"),
        ("windows = [{name='w', start=5, end=2015-01-01}]", "windows.0.start"),
        ("windows = [{name='w', start='1420070400', end=2015-01-01}]", "a day such as"),
        ("transforms.industry_neutral = 1", "true or false"),
        ("x = " + "[" * 500, "nested too deeply"),
        ("a" + ".b" * 100 + " = 1", "nested deeper than"),
        ('"a\\nb" = 1', "is no name"),
    ],
)
def test_a_value_that_is_not_what_it_looks_like_is_refused(tmp_path, line, words) -> None:
    with pytest.raises(StrategyError) as refusal:
        loaded(tmp_path, f"{line}\n{HEAD}")
    assert words in str(refusal.value)
    assert "\n" not in str(refusal.value)
    assert len(str(refusal.value)) < 1000


def test_the_last_step_of_a_fee_has_no_limit(tmp_path) -> None:
    fee = "[{below = 1e6, rate = 0.01}, {below = inf, rate = 0.0}]"
    strategy = loaded(tmp_path, f"{HEAD}[clients]\nsubscription_fee = {fee}")
    plain = json.dumps(strategy.model_dump(mode="json"), allow_nan=False)
    assert loaded(tmp_path, plain, "s.json") == strategy


@pytest.mark.parametrize(
    ("encoding", "words"),
    [("utf-8-sig", ""), ("utf-16", "UTF-16; save it as UTF-8"), ("gb18030", "line 1 is not UTF-8")],
)
def test_files_of_other_editors_are_read_or_named(tmp_path, encoding, words) -> None:
    raw = f'name_zh = "稳健"\n{HEAD}'.encode(encoding)
    if not words:
        assert loaded(tmp_path, raw).name_zh == "稳健"
        return
    with pytest.raises(StrategyError, match=words):
        loaded(tmp_path, raw)


def test_json_that_is_none_is_refused(tmp_path) -> None:
    for text in ("[1]", '{"capital_yuan": NaN}', '{"capital_yuan": Infinity}', "[" * 9000, ""):
        with pytest.raises(StrategyError):
            loaded(tmp_path, text, "s.json")
    with pytest.raises(StrategyError, match="no page can show"):
        loaded(tmp_path, '{"name": "\\ud800", "factors": []}', "s.json")


@pytest.mark.parametrize(
    "change",
    ["", "=", "a", "a..b=1", ".=1", ".".join(["a"] * 1000) + "=1", "factors.²=1", "selector.n=true",
     "factors.-1.weight=1", "selector.n=" + "9" * 5000, "selector.n=1\nname='y'", "fund=1"],
)  # fmt: skip
def test_a_strange_change_is_refused_in_a_line(change) -> None:
    with pytest.raises(StrategyError) as refusal:
        load_strategy(NEUTRAL, [change])
    assert len(str(refusal.value)) < 1000
    assert "\n" not in str(refusal.value)


def test_python_builds_no_strategy_of_what_is_no_number() -> None:
    factors = [FactorTerm(factor=BookYield(), weight=1.0)]
    for number in (math.inf, math.nan):
        with pytest.raises((StrategyError, ValidationError)):
            Strategy(name="x", factors=factors, costs={"slippage_bp": number})
    with pytest.raises(StrategyError, match="no page can show"):
        Strategy(name="a\0b", factors=factors)


def test_a_product_file_is_read_with_the_same_eyes(tmp_path) -> None:
    path = tmp_path / "t.toml"
    for text in ("target = true", 'target = "3"', "target = nan", "target = 3.0\nx = 1"):
        path.write_text(text)
        with pytest.raises(StrategyError):
            load_exposure(path)


NAMES = ["$\\foo{$", "_under", "$x$", "a^b_c", "100%", "<b>x</b>", "&amp;", "{x}", "#set text(red)"]


def spec(name: str) -> dict[str, object]:
    line = {"type": "scatter", "x": [1.0, 2.0], "y": [1.0, 2.0], "name": name, "line": {}}
    bar = {"type": "bar", "x": [name, "y"], "y": [1.0, 2.0], "name": name}
    note = {"xref": "paper", "text": name, "x": 0.5, "y": 0.5}
    layout = {"xaxis": {"title": {"text": name}}, "yaxis": {}, "annotations": [note]}
    return {"data": [line], "layout": layout, "bars": [bar]}


@pytest.mark.parametrize("name", NAMES)
def test_no_name_is_read_as_a_formula_or_left_out_of_the_legend(name, monkeypatch) -> None:
    from matplotlib.text import Text

    drawn, original = {}, Text.draw

    def remember(self, renderer) -> None:
        drawn[id(self)] = self.get_text().strip()
        assert not self.get_parse_math()
        original(self, renderer)

    monkeypatch.setattr(Text, "draw", remember)
    one = spec(name)
    figure_svg(one)
    assert list(drawn.values()).count(name) == 3  # legend, axis, note
    png_bytes({"data": one["bars"], "layout": {"xaxis": {}, "yaxis": {}}})


def test_a_style_file_of_the_user_s_does_not_change_figures(monkeypatch) -> None:
    import matplotlib as mpl

    plain = figure_svg(spec("x"))
    with mpl.rc_context({"lines.linewidth": 20.0, "text.parse_math": True, "font.size": 30}):
        assert figure_svg(spec("x")) == plain


def test_the_page_shows_signs_that_its_library_would_read() -> None:
    found = _literal({"data": [{"name": "<b>&", "x": ["<i>"], "hovertemplate": "%{x}<br>"}]})
    assert found == {
        "data": [{"name": "&lt;b>&amp;", "x": ["&lt;i>"], "hovertemplate": "%{x}<br>"}]
    }


def test_two_clients_never_share_a_letter(tmp_path) -> None:
    names = ["Li Wei", "Li_Wei", "li wei", "Client A", "Client-A", "客户 甲", "客户_甲", "a/b"]
    share = ", ".join(f"{json.dumps(name)} = {1 / 16}" for name in names)
    clients = f"clients={{founders = {{{share}, founder = {1 - len(names) / 16}}}}}"
    run = tmp_path / "run"
    code = answer(
        lambda: app(
            ["run", str(NEUTRAL), "--market", str(SAMPLE), "--set", "selector.n=30", "--set",
             clients, "--start", START, "--end", "2014-10-31", "--quiet", "--out", str(run)]
        )
    )  # fmt: skip
    assert code == 0
    result, letters = Result.open(run), tmp_path / "l"
    found = [path for one in names for path in write_statements(result, one, letters, ["json"])]
    assert len({str(path).casefold() for path in found}) == len(names)
    for name, path in zip(names, found, strict=True):
        assert path.parent == tmp_path / "l"
        assert name in path.read_text(encoding="utf-8")
