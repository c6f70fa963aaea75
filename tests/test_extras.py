"""What only some jobs need is no part of the main list, and its lack is told in one line."""

import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from quanthedge.begin import sample_folder
from quanthedge.errors import MissingExtraError, QuantHedgeError, needs
from quanthedge.hedge.ratios.conditional import fit_garch
from tests.cli.inside import inside

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
OF_SOME_JOBS = {"typst": "pdf", "clarabel": "optimise", "piqp": "optimise", "arch": "garch"}


@pytest.mark.parametrize(("package", "extra"), OF_SOME_JOBS.items())
def test_a_package_of_some_jobs_is_in_its_extra_only(package: str, extra: str) -> None:
    assert any(line.startswith(package) for line in EXTRAS[extra])
    assert not any(line.startswith(package) for line in PROJECT["dependencies"])


def test_all_brings_every_extra_but_the_developers() -> None:
    (line,) = EXTRAS["all"]
    assert set(line.removeprefix("quanthedge[").removesuffix("]").split(",")) == set(EXTRAS) - {
        "all", "dev", "docs",
    }  # fmt: skip


def test_a_missing_extra_is_one_line_with_the_command() -> None:
    with pytest.raises(MissingExtraError) as found, needs("pdf"):
        raise ModuleNotFoundError("No module named 'typst'")
    assert isinstance(found.value, QuantHedgeError)
    assert str(found.value) == (
        "quanthedge[pdf] is not installed (No module named 'typst'): pip install 'quanthedge[pdf]'"
    )


def _pdf() -> None:
    done = inside("report", sample_folder(), "--format", "pdf")
    assert done.returncode == 2
    raise MissingExtraError(done.stderr)


def _garch() -> None:
    fit_garch(np.zeros(300))


@pytest.mark.parametrize(
    ("package", "job", "extra"), [("typst", _pdf, "pdf"), ("arch", _garch, "garch")]
)
def test_a_job_without_its_package_says_which_extra_brings_it(
    package: str, job: Callable[[], None], extra: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MissingExtraError, match=f"pip install 'quanthedge\\[{extra}\\]'"):
        job()


def test_the_main_job_needs_no_extra(tmp_path: Path) -> None:
    """Run, report and statement where no package of an extra can be imported."""
    absent = [*OF_SOME_JOBS, "openpyxl", "distributed", "dask", "h5py", "requests", "tenacity"]
    code = (
        f"import sys; sys.modules.update(dict.fromkeys({absent!r}));"
        "sys.argv[0] = 'quanthedge'; from quanthedge.cli import main; main()"
    )
    words = [
        ["run", "fund_with_clients", "--set", "selector.n=20", "--start", "2014-11-03", "--end",
         "2015-04-30", "--out", "runs/a", "--report", "zh", "--format", "html,json,xlsx"],
        ["statement", "runs/a", "Client A", "--format", "html"],
    ]  # fmt: skip
    for line in words:
        done = subprocess.run(
            [sys.executable, "-c", code, *line],
            check=False, cwd=tmp_path, capture_output=True, encoding="utf-8",
        )  # fmt: skip
        assert done.returncode == 0, done.stderr[-2000:]
