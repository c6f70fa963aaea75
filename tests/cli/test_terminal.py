"""The command line on machines that refuse it things: one line, and the exit code of the work."""

import errno
import os
import re
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from quanthedge.backtesting.result import Result
from quanthedge.cli import terminal
from quanthedge.cli.terminal import answer
from quanthedge.comparison import read_unit_values
from quanthedge.errors import DataError, LedgerError, QuantHedgeError
from quanthedge.market import Market
from quanthedge.report.capacity import read_capacity
from quanthedge.strategy import load_strategy
from tests.cli.hostile import command
from tests.sample import NEUTRAL, ROOT, SAMPLE, sample_result

COMMAND = [sys.executable, "-m", "quanthedge.cli"]


def quanthedge(*arguments: object, **options: object) -> subprocess.CompletedProcess[bytes]:
    """Run the command as a user starts it."""
    environment = {**os.environ, **options.pop("env", {})}
    return subprocess.run(
        [*COMMAND, *map(str, arguments)], check=False, capture_output="stdout" not in options,
        cwd=ROOT, env=environment, timeout=300, **options,
    )  # fmt: skip


def one_line(process: subprocess.CompletedProcess[bytes], *words: str, code: int = 2) -> None:
    text = process.stderr.decode("utf-8", "replace")
    assert process.returncode == code, text
    assert text.count("error: ") == 1, text
    assert "Traceback" not in text
    assert "Exception ignored" not in text
    for word in words:
        assert word in text


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return sample_result().to_parquet(tmp_path_factory.mktemp("terminal") / "run")


def limited(kind: int, size: int):
    return {"preexec_fn": lambda: resource.setrlimit(kind, (size, size))}


@pytest.mark.parametrize("encoding", ["cp1252", "gbk"])
def test_what_a_console_cannot_print_is_replaced(encoding, run) -> None:
    process = quanthedge("bridge", run, "--language", "zh", env={"PYTHONIOENCODING": encoding})
    assert process.returncode == 0, process.stderr
    text = process.stdout.decode(encoding)
    assert ("阿尔法" in text) == (encoding == "gbk")
    assert ("????" in text) == (encoding == "cp1252")


def test_tables_and_errors_are_printed_in_plain_letters_too() -> None:
    process = quanthedge("rules", "2015-09-07", env={"PYTHONIOENCODING": "ascii"})
    assert process.returncode == 0, process.stderr
    assert "hedging short 20%" in " ".join(process.stdout.decode("ascii").split())
    one_line(quanthedge("run", "策略.toml", env={"PYTHONIOENCODING": "ascii"}), "cannot be read")


def test_a_break_that_came_out_of_a_file_makes_no_second_line(capsys) -> None:
    def fails() -> None:
        raise DataError("name: 'a\nb\r\nc'")

    assert answer(fails) == 2
    assert capsys.readouterr().err == "error: name: 'a b c'\n"


def test_a_reader_that_goes_away_changes_neither_work_nor_exit_code(run, tmp_path) -> None:
    command = [*COMMAND, "report", str(run), "--language", "en,zh", "--format", "json"]
    read, write = os.pipe()
    os.close(read)
    process = subprocess.run(
        [*command, "--out", str(tmp_path)], check=False, cwd=ROOT, stdout=write,
        stderr=subprocess.PIPE, timeout=300,
    )  # fmt: skip
    os.close(write)
    assert process.returncode == 0
    assert process.stderr == b""
    assert len(list(tmp_path.glob("report_*.json"))) == 2


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_behind_the_output_is_said() -> None:
    with Path("/dev/full").open("wb") as full:
        process = quanthedge("rules", "2015-09-07", stdout=full, stderr=subprocess.PIPE)
    one_line(process, "No space left")


def test_without_an_output_the_work_is_done() -> None:
    command = " ".join([*COMMAND, "rules", "2015-09-07"])
    process = subprocess.run(f"{command} >&- 2>&-", shell=True, check=False, cwd=ROOT)
    assert process.returncode == 0


def test_a_limit_on_the_size_of_files_ends_in_one_line(run, tmp_path) -> None:
    out = tmp_path / "out"
    limit = limited(resource.RLIMIT_FSIZE, 100 * 1024)
    process = quanthedge("report", run, "--format", "pdf", "--out", out, **limit)
    one_line(process, "ulimit -f")
    assert not list(out.glob("*.pdf"))
    limit = limited(resource.RLIMIT_FSIZE, 1024)
    days = ["--start", "2015-07-01", "--end", "2015-07-10", "--set", "selector.n=30"]
    process = quanthedge("run", NEUTRAL, "--market", SAMPLE, *days, "--out", out / "r", **limit)
    one_line(process, "ulimit -f")
    assert not (out / "r").exists()


def test_too_little_memory_ends_in_one_line(run) -> None:
    limit = limited(resource.RLIMIT_AS, 2**30)
    one_line(quanthedge("bridge", run, **limit), "memory is limited to 1.0 GB")


def test_names_that_no_system_takes_end_in_one_line(run, tmp_path) -> None:
    here = ["run", NEUTRAL, "--market", SAMPLE, "--start", "2015-07-01", "--set", "selector.n=30"]
    long, loop = tmp_path / ("x" * 300), tmp_path / "loop"
    loop.symlink_to(loop)
    cases: list[tuple[str, list[object]]] = [
        ("too long", [*here, "--out", long]), ("not a run folder", ["report", long]),
        ("too long", ["report", run, "--format", "json", "--out", long]),
        ("too long", ["bridge", run, "--out", f"{long}.csv"]),
        ("too long", ["run", long, "--market", SAMPLE]),
        ("cannot be read", ["run", loop, "--market", SAMPLE]),
        ("not a run folder", ["report", loop]), ("", [*here, "--out", loop]),
        ("", ["run", NEUTRAL, "--market", loop]), ("", ["check", loop]),
    ]  # fmt: skip
    for words, arguments in cases:
        outcome = command(*arguments)
        assert outcome.code == 2, (arguments, outcome)
        assert outcome.fault() == "", (arguments, outcome)
        assert words in outcome.errors


def test_a_path_with_nul_ends_in_an_error_of_ours_in_python_too(run, tmp_path) -> None:
    nul = f"{tmp_path}/a\0b"
    for act in (load_strategy, Result.open, Market.open, read_unit_values, read_capacity):
        with pytest.raises(QuantHedgeError):
            act(nul)
    for act in (Result.open(run).to_parquet, Result.open(run).report):
        with pytest.raises(QuantHedgeError):
            act(f"{nul}.json")


def test_no_home_and_no_place_for_compiled_code_is_no_error() -> None:
    # the only place that numba is left to ask for is not given: "no locator available"
    code = (
        "import numba.core.caching as caching; caching.CacheImpl._locator_classes = []\n"
        "import sys; sys.argv = ['quanthedge', 'token', 'strategies/leveraged_token.toml']\n"
        "from quanthedge.cli import main; main()"
    )
    process = subprocess.run(
        [sys.executable, "-c", code], check=False, capture_output=True, cwd=ROOT, timeout=300,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "HOME": "/nonexistent"},
    )  # fmt: skip
    text = process.stderr.decode()
    assert process.returncode == 0, text
    assert text.count("compiled code cannot be kept") == 1
    assert len(text.splitlines()) == 1


@pytest.mark.parametrize(
    ("problem", "code", "words"),
    [
        (DataError("what is wrong"), 2, "error: what is wrong"),
        (LedgerError("a promise"), 3, "error: a promise"),
        (MemoryError(), 2, "not enough memory"),
        (OSError(errno.ENOSPC, "No space left on device", "/x"), 2, "/x: the disk is full"),
        (OSError(errno.EMFILE, "Too many open files"), 2, "ulimit -n"),
        (RuntimeError("can't start new thread"), 2, "not enough memory"),
        (KeyError("equity"), 3, "a fault of QuantHedge itself (KeyError"),
        (KeyboardInterrupt(), 130, "interrupted"),
        (SystemExit(1), 1, ""),
        (DataError("a\x1b[2Jb\u009bc"), 2, r"error: a\x1b[2Jb\x9bc"),
    ],
)
def test_every_error_ends_in_a_line_and_a_code(problem, code, words, capsys) -> None:
    def fail() -> None:
        raise problem

    assert terminal.answer(fail) == code
    said = capsys.readouterr().err
    assert words in said
    assert len(said.splitlines()) == (0 if code == 1 else 1)


def test_a_fault_shows_where_it_comes_from_when_asked(capsys, monkeypatch) -> None:
    monkeypatch.setenv(terminal.TRACEBACK, "1")
    assert terminal.answer(lambda: {}["equity"]) == 3
    assert "Traceback" in capsys.readouterr().err


def test_no_command_promises_what_only_make_can_do() -> None:
    for path in sorted((ROOT / "quanthedge").rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"`make [a-z]", text), path.name


LEAVES = """
import atexit, os, sys, threading, time
from quanthedge.cli.terminal import leave

class Slow:
    def __del__(self, write=os.write):
        write(1, b"taken apart\\n")

kept = Slow()
atexit.register(print, "said at the end")
print("done", end="\\n")
if "thread" in sys.argv:
    threading.Thread(target=lambda: (time.sleep(0.2), print("thread ended"))).start()
if "profile" in sys.argv:
    sys.setprofile(lambda *_: None)
leave(7)
"""


def left(*words: str) -> tuple[int, list[str]]:
    run = subprocess.run(
        [sys.executable, "-c", LEAVES, *words], capture_output=True, text=True, check=False
    )
    assert not run.stderr
    return run.returncode, run.stdout.splitlines()


def test_a_command_ends_at_once_when_all_is_said() -> None:
    assert left() == (7, ["done", "said at the end"])


def test_a_command_waits_for_a_thread_and_lets_a_profiler_see_the_end() -> None:
    code, said = left("thread")
    assert code == 7
    assert "thread ended" in said
    assert left("profile")[0] == 7
    assert "taken apart" in left("profile")[1]


def test_ctrl_c_that_a_callback_of_python_drops_is_heard_again() -> None:
    code = (
        "import sys, time, weakref; from quanthedge.cli.app import _heard_again; "
        "sys.unraisablehook = _heard_again\n"
        "class One: pass\n"
        "def dropped(_): raise KeyboardInterrupt\n"
        "one = One(); ref = weakref.ref(one, dropped)\n"
        "try:\n    del one\n    time.sleep(20)\nexcept KeyboardInterrupt:\n    print('heard')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], check=False, capture_output=True, cwd=ROOT, text=True,
        timeout=300,
    )  # fmt: skip
    assert (done.stdout, done.stderr) == ("heard\n", "")
