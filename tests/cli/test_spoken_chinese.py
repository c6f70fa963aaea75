"""Chinese output is Chinese: no English word is left in it but codes, names and words to type."""

import re
import tomllib
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from quanthedge.market import TABLES
from tests.cli.inside import inside
from tests.conftest import MadeOnce
from tests.sample import NEUTRAL, ROOT, SAMPLE

STRATEGIES = ROOT / "strategies"

SPAN = ("--start", "2014-09-17", "--end", "2015-07-31")
SMALL = (NEUTRAL, "--market", SAMPLE, "--set", "selector.n=30")
# words that the trade writes in Latin letters, and names: of programs, files, people, the sample
LATIN = {
    "VaR", "UTC", "PDF", "Bootstrap", "Newey", "West", "QuantHedge", "quanthedge", "Python",
    "simulated", "Client", "Three", "times", "min",  # the minimum in a formula
}  # fmt: skip
# what is typed or read by machines: options, paths, files, codes, keys, quoted text, digests
TYPED = re.compile(
    r"--[a-z-]+|quanthedge .*|\S*/\S*|\b[\w-]+\.(?:csv|html|json|xlsx|py|toml|md|ipynb)\b"
    r"|\b[A-Za-z0-9]+(?:[_.=][A-Za-z0-9.]+)+\b|[A-Z]{2}\d{4}|\b[0-9a-f]{8,}\b|'[^']*'"
    r"|QUANTHEDGE_\w+\S*"
)
WORD = re.compile(r"[A-Za-z]{3,}")
# commands that show keys of data and code: tables, columns, kinds of factors, extras
WITH_KEYS = {"check", "doctor", "evaluate", "factors", "factors card", "import", "simulate",
             "run full", "orders", "new"}  # fmt: skip
PAPERS = re.compile(r"出处.*?所需数据", re.DOTALL)  # of a factor's card, as they were published


@cache
def keys() -> set[str]:
    """Words of the keys that data and code have."""
    from quanthedge.factors import library

    schema = " ".join(
        f"{table.name} {' '.join(column.name for column in table.columns)}"
        for table in TABLES.values()
    )
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    items = pq.read_table(SAMPLE / "fundamentals.parquet")["item"].unique().to_pylist()
    extras = project["optional-dependencies"]
    packages = re.findall(r"[A-Za-z]+", str([*extras.values()]))
    return set(WORD.findall(" ".join([schema, *library().index, *items, *extras, *packages])))


@pytest.fixture(scope="module")
def places(made_once: MadeOnce) -> Path:
    """A folder with a run, a run with clients and a store."""

    def make(folder: Path) -> None:
        for words in (
            ("run", *SMALL, *SPAN, "--out", folder / "mn"),
            ("run", STRATEGIES / "fund_with_clients.toml", *SMALL[1:], *SPAN, "--out",
             folder / "clients"),
            ("sweep", *SMALL, "--set", "hedge.ratio=0.8,0.9", *SPAN, "--out", folder / "store"),
        ):  # fmt: skip
            done = inside(*words, "--quiet")
            assert done.returncode == 0, done.stderr

    return made_once("places_of_spoken_chinese", make)


COMMANDS: dict[str, Callable[[Path, Path], tuple[object, ...]]] = {
    "run": lambda at, _: ("run", *SMALL, *SPAN, "--out", at / "mn"),
    "run full": lambda at, _: ("run", *SMALL, *SPAN, "--out", at / "mn", "--full"),
    "check": lambda *_: ("check", SAMPLE, "--full"),
    "fingerprint": lambda *_: ("check", SAMPLE, "--fingerprint"),
    "rules": lambda *_: ("rules", "2015-09-07"),
    "rules of 2024": lambda *_: ("rules", "2024-03-01"),
    "stress": lambda *_: ("stress", *SMALL),
    "gross": lambda *_: ("stress", *SMALL, "--gross", "1.0", *SPAN),
    "sweep": lambda at, _: ("sweep", *SMALL, "--set", "hedge.ratio=0.8,0.9", *SPAN, "--out",
                            at / "store"),
    "judge": lambda at, new: ("judge", at / "store", "--out", new / "judged"),
    "runs list": lambda at, _: ("runs", "list", at / "store", "--columns", "start,return"),
    "runs sweeps": lambda at, _: ("runs", "sweeps", at / "store"),
    "runs check": lambda at, _: ("runs", "check", at / "store"),
    "orders": lambda at, _: ("orders", *SMALL, "--state", at / "mn", "--date", "2015-07-31"),
    "explain": lambda *_: ("explain", NEUTRAL, "600022.SH", "2015-06-30"),
    "doctor": lambda *_: ("doctor",),
    "cache": lambda _, new: ("cache", new / "cache"),
    "basis": lambda *_: ("basis", SAMPLE, "--date", "2015-03-31", "--full"),
    "bridge": lambda at, _: ("bridge", at / "mn"),
    "capacity": lambda *_: ("capacity", *SMALL, *SPAN, "--sizes", "1e8", "--full"),
    "factors": lambda *_: ("factors",),
    "factors card": lambda *_: ("factors", "accruals"),
    "evaluate": lambda _, new: ("evaluate", "turnover", "--out", new / "factors", "--full"),
    "compare": lambda at, _: ("compare", at / "mn", "--full"),
    "statement": lambda at, new: ("statement", at / "clients", "--all", "--format", "json",
                                  "--out", new / "letters"),
    "report": lambda at, new: ("report", at / "mn", "--format", "json", "--out", new / "report"),
    "simulate": lambda _, new: ("simulate", new / "market", "--stocks", "10", "--years", "1"),
    "import": lambda _, new: ("import", SAMPLE, new / "market"),
    "new": lambda _, new: ("new", new / "fund"),
    "reproduce": lambda at, _: ("reproduce", at / "mn"),
    "token": lambda *_: ("token", STRATEGIES / "leveraged_token.toml"),
}  # fmt: skip


def english(text: str) -> set[str]:
    """Words of a text that are neither typed nor Latin in the trade."""
    return {word for word in WORD.findall(TYPED.sub(" ", text)) if word not in LATIN}


def with_whole_paths(text: str, folder: Path) -> str:
    """A text in which no line is broken inside a path of a folder."""
    broken = "\n?".join(re.escape(one) for one in str(folder))
    return re.sub(
        rf"{broken}(\n?(?!quanthedge)[/\w.])*", lambda one: one[0].replace("\n", ""), text
    )


@pytest.mark.parametrize("name", COMMANDS)
def test_no_english_word_and_no_blank_at_an_end_is_left_in_chinese_output(
    places: Path, name: str, tmp_path: Path
) -> None:
    done = inside(*COMMANDS[name](places, tmp_path), "--language", "zh")
    assert done.returncode == 0, done.stderr
    assert re.search("[\u3400-\u9fff]", done.stdout)
    assert [line for line in done.stdout.splitlines() if line != line.rstrip()] == []
    left = english(PAPERS.sub("", with_whole_paths(done.stdout, tmp_path)))
    assert left - (keys() if name in WITH_KEYS else set()) == set()


def test_the_check_finds_a_word_that_is_left() -> None:
    assert english("夏普 Sharpe 0.41，--full quanthedge report runs/first") == {"Sharpe"}
    assert english("hedge.ratio IF1410 600519.SH report_zh.html 'open' data/sample") == set()
