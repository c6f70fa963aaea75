"""The log: nothing unasked, and with --verbose what is done, with times, on stderr."""

import logging
import re
import subprocess
import sys

import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from quanthedge.cli.app import app
from quanthedge.cli.told_log import shown_log
from quanthedge.logs import logged_stages, timed
from quanthedge.market import Market
from tests.market.small_market import small_market

LINE = re.compile(r"\d\d:\d\d:\d\d\.\d{3} quanthedge(\.\w+)+: .+")


@pytest.fixture
def source(tmp_path):
    folder = tmp_path / "source"
    folder.mkdir()
    for name, table in small_market().items():
        pq.write_table(table, folder / f"{name}.parquet")
    return folder


def imported(source, target, *options):
    found = CliRunner().invoke(app, [*options, "import", str(source), str(target)])
    assert found.exit_code == 0, found.output
    return found


def test_unasked_the_log_says_nothing(source, tmp_path) -> None:
    assert imported(source, tmp_path / "m").stderr == ""


def test_verbose_says_what_is_done_with_times_and_changes_no_output(source, tmp_path) -> None:
    plain = imported(source, tmp_path / "m")
    told = imported(source, tmp_path / "n", "--verbose")
    assert told.stdout.replace(str(tmp_path / "n"), str(tmp_path / "m")) == plain.stdout
    lines = told.stderr.splitlines()
    assert all(LINE.fullmatch(line) for line in lines), told.stderr
    for words in (
        f"quanthedge.sources.layouts: {source}: recognised as quanthedge",
        "futures_daily, ",
        "stock bars handed on and checked: ",
        f"{tmp_path / 'n'}: written",
    ):
        assert sum(words in line for line in lines) == 1, words
    assert not [line for line in lines if "bytes on disk" in line]


def test_twice_verbose_says_every_file(source, tmp_path) -> None:
    lines = imported(source, tmp_path / "m", "-vv").stderr.splitlines()
    for path in source.iterdir():
        assert [line for line in lines if f"{path}: " in line and "bytes on disk" in line], path


def test_the_log_is_as_it_was_after_the_command(source, tmp_path) -> None:
    log = logging.getLogger("quanthedge")
    before = log.level, list(log.handlers)
    imported(source, tmp_path / "m", "-v")
    CliRunner().invoke(app, ["-v", "import", str(tmp_path / "none"), str(tmp_path / "n")])
    assert (log.level, list(log.handlers)) == before


def test_signs_that_move_a_terminal_are_shown_as_they_are(capsys) -> None:
    with shown_log(1):
        logging.getLogger("quanthedge.test").info("a%sb\n2", "\x1b[2J")
    said = capsys.readouterr().err
    assert "\x1b" not in said
    assert "a\\x1b[2Jb" in said


def test_the_cache_of_panels_tells_hits_from_misses(source, tmp_path, caplog) -> None:
    imported(source, tmp_path / "m")
    caplog.set_level(logging.DEBUG, logger="quanthedge.market")
    Market.open(tmp_path / "m").panel("close")
    assert "all panels built: " in caplog.text
    caplog.clear()
    Market.open(tmp_path / "m").panel("close")
    assert "panel close: from the cache" in caplog.text
    assert "all panels built" not in caplog.text
    item = Market.open(tmp_path / "m").fundamental_items()[0]
    Market.open(tmp_path / "m").fundamental(item)
    assert f"panel fundamental.{item}.latest made: " in caplog.text
    caplog.clear()
    Market.open(tmp_path / "m").fundamental(item)
    assert f"panel fundamental.{item}.latest: from the cache" in caplog.text


def test_stages_are_handed_on_and_logged_with_their_seconds(caplog) -> None:
    log, heard = logging.getLogger("quanthedge.test"), []
    with caplog.at_level("INFO", "quanthedge"):
        with logged_stages(log, heard.append) as say:
            say("one")
            say("two 100%")
        with logged_stages(log, None) as say:
            say("three")
        with timed(log, "%s is done", "this"):
            pass
    assert heard == ["one", "two 100%"]
    parts = [message.rpartition(": ") for message in caplog.messages]
    assert [head for head, _, _ in parts] == ["one", "two 100%", "three", "this is done"]
    assert all(re.fullmatch(r"\d+\.\d\d s", seconds) for _, _, seconds in parts)


def test_what_fails_is_not_logged_as_done(caplog) -> None:
    caplog.set_level("INFO", "quanthedge")
    log = logging.getLogger("quanthedge.test")
    with pytest.raises(ZeroDivisionError), timed(log, "division"):
        raise ZeroDivisionError
    with pytest.raises(ZeroDivisionError), logged_stages(log, None) as say:
        say(1 // int("0"))
    assert not caplog.messages


def test_python_says_nothing_but_warnings_unless_logging_is_configured() -> None:
    code = (
        "import logging, quanthedge; log = logging.getLogger('quanthedge.market'); "
        "log.debug('a'); log.info('b'); log.warning('c')"
    )
    run = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert (run.stdout, run.stderr) == ("", "c\n")
