"""Nothing runs while tests are collected: whoever asks for one test waits for that one only."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.conftest import slow_files
from tests.nothing_runs import SIGN

ROOT = Path(__file__).parent.parent
# Warm it takes 4 to 5 seconds; machines differ, and the first time the files are compiled to
# bytecode as well. With empty caches a single run at the top of a file would take more than this.
SECONDS = 25.0


def collected(*arguments: object) -> dict[str, Any]:
    """Collect in a process of its own; what ran meanwhile and its processor time."""
    command = [
        sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "tests.nothing_runs",
        "-p", "no:cacheprovider", *map(str, arguments),
    ]  # fmt: skip
    process = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "", "PYTEST_ADDOPTS": ""},
    )  # fmt: skip
    lines = [line for line in process.stdout.splitlines() if line.startswith(SIGN)]
    assert process.returncode == 0, process.stdout[-2000:] + process.stderr[-2000:]
    return json.loads(lines[0].removeprefix(SIGN))


def test_collecting_the_whole_suite_runs_nothing_and_is_quick() -> None:
    found = collected()
    assert found["ran"] == []
    assert found["seconds"] < SECONDS


def test_a_run_at_the_top_of_a_file_is_found(tmp_path: Path) -> None:
    file = tmp_path / "test_with_a_run.py"
    file.write_text(
        "from tests.sample import sample_market\n"
        "from quanthedge.beta import RollingOLS\n"
        "BETAS = RollingOLS().fit(sample_market().panel('simple_return')[:99],\n"
        "                         sample_market().panel('simple_return')[:99, 0])\n"
        "def test_nothing():\n"
        "    pass\n",
        encoding="utf-8",
    )
    ran = collected("--rootdir", tmp_path, file)["ran"]
    assert [one for one in ran if one.startswith("a market was opened")]
    assert [one for one in ran if one.startswith("kernel quanthedge.beta.kernels")]
    assert all(file.name in one for one in ran if one.startswith("kernel"))


def test_the_files_that_are_left_out_as_slow_are_there() -> None:
    assert [path for path in slow_files() if not path.is_file()] == []
