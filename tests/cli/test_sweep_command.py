"""`quanthedge sweep`: what it prints, and wrong words."""

import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from quanthedge.batch.store import Store
from tests.cli.inside import inside
from tests.sample import END, NEUTRAL, SAMPLE, START

SPAN = ("--market", SAMPLE, "--start", START, "--end", END)


def test_a_sweep_prints_the_best_the_failures_and_what_to_do_next(tmp_path):
    out = tmp_path / "store"
    done = inside(
        "sweep", NEUTRAL, *SPAN, "--set", "hedge.ratio=0.8,0.9,1.0", "--set", "selector.n=30",
        "--set", "capital_yuan=2e4,1e8", "--out", out,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "3 best of 3 by sharpe_net" in done.stdout
    assert "3 x StrategyError: capital_yuan 20,000: too small to hedge" in done.stdout
    assert f"3 runs in {out}" in done.stdout
    assert f"Next    quanthedge judge {out}" in done.stdout
    lines = [line for line in done.stdout.splitlines() if str(tmp_path) not in line]
    assert max(map(len, lines)) <= 80
    again = inside(
        "sweep", NEUTRAL, *SPAN, "--set", "hedge.ratio=0.8,0.9", "--set", "selector.n=30",
        "--out", out,
    )  # fmt: skip
    assert "2 of them were there already" in again.stdout
    apart = tmp_path / "my store"
    spaced = inside("sweep", NEUTRAL, *SPAN, "--set", "hedge.ratio=1", "--out", apart)
    told = [line.removeprefix("Next").strip() for line in spaced.stdout.splitlines()[-3:]]
    assert [str(apart) in shlex.split(line)[-1] for line in told] == [True] * 3  # as it is typed
    best = done.stdout.rpartition(f"quanthedge report {out}/")[2].split()[0]
    assert inside("bridge", out / best).returncode == 0
    other = next(key for key in Store.open(out).runs().index if not key.startswith(best))
    refused = inside("bridge", out / other[:8])
    assert refused.returncode == 2
    assert f"keeps its days only; quanthedge reproduce {other[:8]}" in refused.stderr


def test_a_sweep_of_which_no_run_ends_well_is_a_failure_of_the_command(tmp_path):
    done = inside(
        "sweep", NEUTRAL, *SPAN, "--set", "capital_yuan=2e4,3e4", "--set", "selector.n=30",
        "--out", tmp_path / "store",
    )  # fmt: skip
    assert done.returncode == 1
    assert "too small to hedge" in done.stdout


def test_a_plan_says_what_and_how_long_and_writes_nothing(tmp_path):
    done = inside(
        "sweep", NEUTRAL, *SPAN, "--set", "hedge.ratio=0.5..1.5", "--set", "selector.n=20,30",
        "--random", 6, "--plan", "--out", tmp_path / "store",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "6 runs of 'Market neutral, six factors'" in done.stdout
    assert "a sample of 20,002 combinations" in done.stdout
    assert "shared)" in done.stdout
    assert "time: the first run takes" in done.stdout
    assert not (tmp_path / "store").exists()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--set", "hedge.ratio=0.8"], "give --out FOLDER"),
        (["--plan"], "nothing is varied"),
        (["--plan", "--set", "hedge.ratoi=0.8,0.9"], "did you mean 'ratio'?"),
        (["--plan", "--set", "hedge.ratio=0.8", "--windows", "60"], "--windows '60': accepted"),
        (["--plan", "--set", "hedge.ratio=0.8", "--start", "1999-01-04"], "outside the market"),
        (["--plan", "--set", "hedge.ratio=0.8,0.9", "--by", "sharp"], "no figure of a run"),
        (["--plan", "--set", "hedge.ratio=0.8,0.9", "--cluster", "x:1"], "cluster: 'x:1'; accept"),
    ],
)
def test_wrong_use_ends_in_one_line(words, told):
    done = inside("sweep", NEUTRAL, "--market", SAMPLE, *words)
    assert done.returncode == 2
    assert told in done.stderr
    assert done.stderr.count("\n") == 1


def test_the_quiet_line_names_the_folder_of_the_walk_forward_run(tmp_path):
    out = tmp_path / "store"
    done = inside(
        "sweep", NEUTRAL, *SPAN, "--set", "hedge.ratio=0.8,1.0", "--set", "selector.n=30",
        "--out", out, "--walk-forward", "60,20", "--quiet",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("\n") == 1
    folder = done.stdout.strip().rpartition("walk-forward run ")[2]
    assert (Path(folder) / "walk_forward.csv").exists()


@pytest.mark.slow
def test_ctrl_c_leaves_what_is_done_and_the_same_command_goes_on(tmp_path):
    out = tmp_path / "store"
    words = [
        sys.executable, "-m", "quanthedge.cli", "sweep", str(NEUTRAL), *map(str, SPAN), "--set",
        "selector.n=10:60:1", "--set", "hedge.ratio=0.8,1.0", "--keep", "0", "--out", str(out),
    ]  # fmt: skip
    first = inside("sweep", NEUTRAL, *SPAN, "--set", "hedge.ratio=0.9", "--out", tmp_path / "first")
    assert first.returncode == 0, first.stderr  # what it compiles is there for the next
    running = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    for _ in range(600):
        time.sleep(0.1)
        if (out / "quanthedge-store.json").exists() and len(Store.open(out)) > 0:
            break
    running.send_signal(signal.SIGINT)
    _, errors = running.communicate(timeout=300)
    assert running.returncode == 130, errors
    assert "the same command goes on with the others" in errors
    there = len(Store.open(out))
    assert 0 < there < 102
    done = subprocess.run(words, capture_output=True, text=True, timeout=300, check=True)
    assert f"{there} of them were there already" in done.stdout
    assert len(Store.open(out)) == 102
