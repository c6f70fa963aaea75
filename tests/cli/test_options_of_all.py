"""Every command has the manners that it needs: a language, numbers for machines, one line."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.inside import inside
from tests.cli.test_help import ALL
from tests.conftest import MadeOnce
from tests.sample import END, NEUTRAL, SAMPLE, START

COMMANDS = {path: one for path, one in ALL.items() if not hasattr(one, "commands")}
SMALL = (NEUTRAL, "--market", SAMPLE, "--set", "selector.n=30", "--start", START, "--end", END)

# what answers with no figure of its own, and why machines have nothing to read
WITHOUT_JSON = {
    "demo": "runs `run` and says so",
    "new": "writes a folder of texts",
    "import": "writes a dataset, whose facts `check --json` tells",
    "update": "as import",
    "simulate": "as import",
    "download": "writes files, whose account lies beside them",
    "runs remove": "changes a store; what is in it `runs list --json` tells",
    "runs tag": "as runs remove",
    "runs note": "as runs remove",
    "runs export": "writes the file that machines read",
}
# what writes nothing that a user keeps, or says one line as it is
WITHOUT_QUIET = {
    "doctor": "writes nothing", "factors": "writes nothing", "explain": "writes nothing",
    "rules": "writes nothing", "runs list": "writes nothing", "runs show": "writes nothing",
    "runs compare": "writes nothing", "runs sweeps": "writes nothing",
    "reproduce": "says one line as it is, and what differs where it does",
    "trials": "keeps a line in its own registry", "cache": "says one line of what it took away",
    "runs remove": "says one line as it is", "runs tag": "says one line as it is",
    "runs note": "says nothing as it is", "runs check": "says one line where all is well",
}  # fmt: skip


def options(command: Any) -> set[str]:
    return {word for option in command.params for word in option.opts}


@pytest.mark.parametrize("path", COMMANDS)
def test_every_command_takes_a_language_which_is_the_environments_by_default(path: str) -> None:
    assert "--language" in options(COMMANDS[path])
    (language,) = (one for one in COMMANDS[path].params if "--language" in one.opts)
    assert language.default is None


def test_every_command_that_answers_has_numbers_for_machines() -> None:
    without = {path for path, one in COMMANDS.items() if "--json" not in options(one)}
    assert without == WITHOUT_JSON.keys()


def test_every_command_that_writes_can_say_one_line() -> None:
    without = {path for path, one in COMMANDS.items() if "--quiet" not in options(one)}
    assert without == WITHOUT_QUIET.keys()
    assert not [path for path in without if "--out" in options(COMMANDS[path])]


@pytest.fixture(scope="module")
def places(made_once: MadeOnce) -> Path:
    def make(folder: Path) -> None:
        for words in (("run", *SMALL, "--out", folder / "mn"),
                      ("sweep", *SMALL, "--set", "hedge.ratio=0.8,0.9", "--out", folder / "store"),
                      ("run", NEUTRAL.with_name("fund_with_clients.toml"), *SMALL[1:], "--out",
                       folder / "clients")):  # fmt: skip
            done = inside(*words, "--quiet")
            assert done.returncode == 0, done.stderr
            assert len(done.stdout.splitlines()) == 1

    return made_once("places_of_all_options", make)


ANSWERS = {
    "sweep": lambda at: ("sweep", *SMALL, "--set", "hedge.ratio=0.8,0.9", "--out", at / "store"),
    "report": lambda at: ("report", at / "mn", "--format", "json"),
    "statement": lambda at: ("statement", at / "clients", "Client A"),
    "statement of all": lambda at: ("statement", at / "clients", "--all", "--format", "json"),
    "explain": lambda _: ("explain", NEUTRAL, "600022.SH", "2015-06-30"),
    "factors": lambda _: ("factors",),
    "orders": lambda at: ("orders", *SMALL[:5], "--state", at / "mn", "--date", END),
    "token": lambda _: ("token", NEUTRAL.with_name("leveraged_token.toml")),
    "reproduce": lambda at: ("reproduce", at / "mn"),
    "runs list": lambda at: ("runs", "list", at / "store"),
    "runs sweeps": lambda at: ("runs", "sweeps", at / "store"),
    "runs check": lambda at: ("runs", "check", at / "store"),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_machines_are_told_one_object(places: Path, name: str) -> None:
    done = inside(*ANSWERS[name](places), "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["command"] == name.removesuffix(" of all")


def test_machines_are_told_the_figures_of_a_sweep_and_of_a_statement(places: Path) -> None:
    found = json.loads(inside(*ANSWERS["sweep"](places), "--json").stdout)
    assert [len(found["runs"]), found["fresh"], found["failures"]] == [2, 0, []]
    assert found["runs"][0]["sharpe_net"] >= found["runs"][1]["sharpe_net"]
    (one,) = json.loads(inside(*ANSWERS["statement"](places), "--json").stdout)["statements"]
    assert one["investor"] == "Client A"
    assert one["gain"] == pytest.approx(one["value_today"] + one["paid_out"] - one["paid_in"])
    key = found["runs"][0]["key"][:8]
    shown = inside("runs", "show", key, "--store", places / "store", "--json")
    assert json.loads(shown.stdout)["figures"]["sharpe_net"] == found["runs"][0]["sharpe_net"]


@pytest.mark.parametrize(
    "name", ["sweep", "report", "statement", "statement of all", "orders", "token"]
)
def test_a_quiet_command_says_one_line(places: Path, name: str) -> None:
    done = inside(*ANSWERS[name](places), "--quiet")
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == 1


def test_a_quiet_command_names_what_it_wrote(places: Path, tmp_path: Path) -> None:
    for words, told in (
        (("new", tmp_path / "fund"), tmp_path / "fund"),
        (("report", places / "mn", "--format", "json", "--out", tmp_path), tmp_path),
        (("simulate", tmp_path / "market", "--stocks", 10, "--years", 1), tmp_path / "market"),
    ):  # fmt: skip
        (line,) = inside(*words, "--quiet").stdout.splitlines()
        assert str(told) in line
