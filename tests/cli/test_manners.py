"""What a terminal shows: short answers, everything, a line, JSON; both languages; 80 columns."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import jsonschema
import pytest
from wcwidth import wcswidth

from quanthedge.backtesting import Result
from quanthedge.cli.manner import plain
from quanthedge.cli.run_summary import six_parts
from quanthedge.cli.screen import aside, display_width, fitted, padded, wrapped
from quanthedge.words import LANGUAGES, texts
from tests.cli.inside import inside
from tests.conftest import MadeOnce
from tests.sample import END, NEUTRAL, SAMPLE, START

SMALL = ("--set", "selector.n=30", "--start", START, "--end", END)
RUN = ("run", NEUTRAL, "--market", SAMPLE, *SMALL)
MOST_LINES, MOST_COLUMNS = 25, 80
CHINESE = re.compile("[\u3400-\u9fff]")
ESCAPE = "\x1b"
SCHEMA = {
    "type": "object",
    "required": ["command", "strategy", "market", "period", "capital_yuan", "figures", "bridge",
                 "notes", "versions", "out", "already_there", "files", "seconds"],
    "properties": {
        "command": {"const": "run"},
        "strategy": {"type": "string"},
        "period": {
            "type": "object",
            "required": ["first", "last", "trading_days"],
            "properties": {
                "first": {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}$"},
                "trading_days": {"type": "integer"},
            },
        },
        "capital_yuan": {"type": "number"},
        "figures": {
            "type": "object",
            "required": ["return_net", "return_gross", "return_index", "sharpe_net",
                         "max_drawdown_net", "correlation_accrued_daily", "beta_daily"],
            "additionalProperties": {
                "type": "object",
                "required": ["value", "unit", "chapter"],
            },
        },
        "bridge": {
            "type": "object",
            "required": ["alpha", "market", "basis", "income", "trading", "fees"],
            "additionalProperties": {"type": "number"},
            "maxProperties": 6,
        },
        "notes": {"type": "array", "items": {"required": ["kind", "en", "zh"]}},
        "files": {"type": "array", "items": {"type": "string"}},
        "seconds": {"type": "number"},
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def run(made_once: MadeOnce) -> Path:
    def make(folder: Path) -> None:
        done = inside(*RUN, "--out", folder, "--quiet")
        assert done.returncode == 0, done.stderr

    return made_once("run_of_the_manners", make)


def shown(run: Path, *words: object) -> str:
    """What the command prints of the run that is there."""
    done = inside(*RUN, "--out", run, *words)
    assert done.returncode == 0, done.stderr
    return done.stdout


def within(text: str) -> list[str]:
    """The lines of a text, none of them wider than a terminal but for a path alone."""
    lines = text.splitlines()
    for line in lines:
        assert ESCAPE not in line
        path = any(len(word) > MOST_COLUMNS // 2 for word in line.split() if "/" in word)
        assert path or wcswidth(line) <= MOST_COLUMNS, line
    return lines


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_run_is_answered_in_25_lines_of_80_columns(run: Path, language: str) -> None:
    lines = within(shown(run, "--language", language))
    assert len(lines) <= MOST_LINES
    words = {key: text[language] for key, text in texts("quanthedge.cli", "words")["run"].items()}
    text = "\n".join(lines)
    for name in ("net", "gross", "index", "return", "annual_return", "volatility", "sharpe",
                 "max_drawdown", "drawdown", "days", "tail", "ratios", "loss", "neutrality",
                 "hedge", "alpha", "market", "basis", "income", "trading", "fees", "costs",
                 "warnings"):  # fmt: skip
        assert words[name] in text, name
    assert bool(CHINESE.search(text)) == (language == "zh")
    assert f"quanthedge report {run}" in text


def test_the_short_answer_states_the_figures_of_the_run(run: Path) -> None:
    summary, text = Result.open(run).summary(), shown(run)
    for key in ("return_net", "return_gross", "return_index", "sharpe_net", "max_drawdown_net",
                "volatility_net", "value_at_risk_95", "turnover"):  # fmt: skip
        assert summary[key].text() in text, key
    estimate = summary["correlation_accrued_daily"].estimate
    assert estimate is not None
    assert f"[{estimate.low:.3f}, {estimate.high:.3f}]" in text


def test_the_six_parts_of_the_bridge_add_up_to_the_net_return(run: Path) -> None:
    from quanthedge.performance import Bridge

    result = Result.open(run)
    parts, lines = six_parts(result), Bridge(result).returns("whole").iloc[-1]
    assert len(parts) == 6
    assert sum(parts.values()) == pytest.approx(float(lines["return"]), abs=1e-12)
    costs = ["commission", "stamp_duty", "transfer_fee", "exchange_fee", "futures_fee", "impact",
             "dividend_tax", "loan_interest", "trading"]  # fmt: skip
    assert parts["trading"] == pytest.approx(float(lines[costs].sum()), abs=1e-9)


@pytest.mark.parametrize("language", LANGUAGES)
def test_full_has_every_figure_with_its_formula_and_every_note(run: Path, language: str) -> None:
    text = "\n".join(within(shown(run, "--full", "--language", language)))
    flat = re.sub(r"\s+", "", text)
    result = Result.open(run)
    for measure in result.summary():
        assert re.sub(r"\s+", "", measure.label(language)) in flat, measure.key
        assert re.sub(r"\s+", "", measure.formula_text(language)) in flat, measure.key
    for note in result.notes:
        assert re.sub(r"\s+", "", note[language]) in flat


def test_json_is_one_object_of_numbers_with_stable_keys(run: Path) -> None:
    found = json.loads(shown(run, "--json"))
    jsonschema.validate(found, SCHEMA)
    assert found["already_there"] == "out"
    assert found["out"] == str(run)
    summary = Result.open(run).summary()
    assert found["figures"]["return_net"]["value"] == summary.value("return_net")


def test_quiet_is_one_line_in_either_language(run: Path) -> None:
    told = [shown(run, "--quiet", "--language", one).splitlines()[-1] for one in LANGUAGES]
    assert "Sharpe" in told[0]
    assert "夏普" in told[1]


def test_two_manners_do_not_go_together() -> None:
    done = inside(*RUN, "--json", "--quiet")
    assert done.returncode == 2
    assert "--json and --quiet do not go together" in done.stderr


def test_the_environment_chooses_the_language(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QUANTHEDGE_LANGUAGE", "zh")
    assert "夏普比率" in shown(run)
    assert "Sharpe ratio" in shown(run, "--language", "en")


PRINTING: dict[str, Callable[[Path], tuple[object, ...]]] = {
    "compare": lambda run: ("compare", run),
    "basis": lambda _: ("basis", SAMPLE, "--date", "2015-09-07"),
    "bridge": lambda run: ("bridge", run),
    "bridge by month": lambda run: ("bridge", run, "--by", "month"),
    "rules": lambda _: ("rules", "2015-09-07"),
    "factors": lambda _: ("factors",),
    "factors card": lambda _: ("factors", "accruals"),
    "check": lambda _: ("check", SAMPLE),
}
WITH_FULL = ("compare", "basis", "check")
WITH_JSON = ("compare", "basis", "rules", "check")
WITH_QUIET = ("compare", "basis", "check")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", PRINTING)
def test_what_a_command_prints_fits_a_terminal(run: Path, name: str, language: str) -> None:
    done = inside(*PRINTING[name](run), "--language", language)
    assert done.returncode == 0, done.stderr
    within(done.stdout)


@pytest.mark.parametrize("name", WITH_FULL)
def test_everything_fits_too(run: Path, name: str) -> None:
    done = inside(*PRINTING[name](run), "--full")
    assert done.returncode == 0, done.stderr
    assert len(within(done.stdout)) >= len(inside(*PRINTING[name](run)).stdout.splitlines())


@pytest.mark.parametrize("name", WITH_JSON)
def test_a_command_tells_machines_one_object(run: Path, name: str) -> None:
    done = inside(*PRINTING[name](run), "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["command"] == name


@pytest.mark.parametrize("name", WITH_QUIET)
def test_quiet_is_one_line(run: Path, name: str) -> None:
    done = inside(*PRINTING[name](run), "--quiet")
    assert len(done.stdout.splitlines()) == 1


QUIET = {  # commands of which the one line was more than one
    "run again": ("run", *RUN[1:], "--out", "{run}"),
    "compare": ("compare", "{run}", "--out", "{folder}/beside.csv"),
    "overfit": ("overfit", "{run}", "{other}"),
    "capacity": (
        "capacity",
        "market_neutral",
        "--sizes",
        "1e8",
        "--start",
        "2015-11-02",
        "--out",
        "{folder}/sizes.csv",
    ),
}


@pytest.mark.parametrize("name", QUIET)
def test_quiet_is_one_line_whatever_is_there_or_written(
    run: Path, tmp_path: Path, name: str
) -> None:
    other = tmp_path / "other"
    if name == "overfit":
        inside(*RUN, "--out", other, "--quiet", "--set", "selector.n=20")
    places = {"run": run, "other": other, "folder": tmp_path}
    done = inside(*(word.format(**places) for word in map(str, QUIET[name])), "--quiet")
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == 1
    if name in ("compare", "capacity"):
        assert f"; wrote {tmp_path}" in done.stdout
    if name != "run again":  # which says beside its line that nothing was run
        assert done.stderr == ""


@pytest.mark.parametrize("words", [("bridge", "{run}"), ("compare", "{run}")])
def test_a_table_is_not_written_under_the_name_of_something_else(
    run: Path, tmp_path: Path, words: tuple[str, ...]
) -> None:
    named = tmp_path / "table.doc"
    done = inside(*(word.format(run=run) for word in words), "--out", named)
    assert done.returncode == 2
    assert done.stderr.endswith("accepted: a file that ends in .csv\n")
    assert not named.exists()


@pytest.mark.parametrize(
    "text", ["夏普比率 0.41，回撤", "plain words only", "", "é combined e\u0301"]
)
def test_widths_are_those_of_a_terminal(text: str) -> None:
    assert display_width(text) == wcswidth(text)
    assert wcswidth(padded(text, 40)) == 40
    assert wcswidth(fitted(text, 9)) <= 9
    assert all(wcswidth(line) <= 8 for line in wrapped(text.replace("combined", "c"), 8))


def test_nothing_is_lost_where_a_text_is_wrapped() -> None:
    text = "说明 7 条：红利、红利税、送转性质、停牌估值、替代行业指数、依据较弱的规则、套保额度" * 3
    lines = wrapped(text, 30)
    assert re.sub(r"\s", "", "".join(lines)) == re.sub(r"\s", "", text)
    assert not any(line[0] in "，。、" for line in lines)


def test_a_text_beside_its_label_keeps_to_its_lines() -> None:
    assert len(aside("label", "word " * 200, 15, lines=3).splitlines()) == 3


def test_what_json_has_no_word_for_is_null() -> None:
    import numpy as np
    import pandas as pd

    table = pd.DataFrame({"day": [pd.Timestamp("2015-01-05"), pd.NaT], "x": [1.5, np.nan]})
    rows = [{"day": "2015-01-05", "x": 1.5}, {"day": None, "x": None}]
    assert plain({"table": table, "n": np.int64(3)}) == {"table": rows, "n": 3}
