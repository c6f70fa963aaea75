"""The first ten minutes with an installed package, step by step, with times.

    python -m benchmarks.first_ten_minutes INTERPRETER [--write]

INTERPRETER is that of an environment with the wheel, in which nothing has run yet. Every step is
run as a user would type it, in an empty folder, by the scripts of that environment; the first that
fails ends it. ``--write`` puts the table into both pages.
"""

import argparse
import os
import resource
import shlex
import subprocess
import tempfile
import time
from pathlib import Path

from benchmarks.pages import markdown, write_between

DOCS = Path(__file__).parents[1] / "docs"
PAGES = {
    "en": DOCS / "start" / "first_ten_minutes.md",
    "zh": DOCS / "zh" / "start" / "first_ten_minutes.md",
}
WORDS = {
    "en": {
        "header": ["step", "seconds", "of the processor", "load"],
        "total": "**all of them**",
        "machine": "{cores} cores, Python {python}, {day}. *Of the processor* is the time of all "
        "processes of a step; *load* is how many wanted a core when it began: where it is above "
        "the number of cores, the seconds are an upper bound.",
    },
    "zh": {
        "header": ["步骤", "秒", "处理器秒", "负载"],
        "total": "**合计**",
        "machine": "{cores} 个处理器核，Python {python}，{day}。“处理器秒”为该步全部进程占用的"
        "处理器时间；“负载”为该步开始时争用处理器的进程数：大于核数时，“秒”只是上限。",
    },
}
_SPAN = "--start 2014-09-17 --end 2015-07-31"
STEPS = (
    "quanthedge doctor",
    "quanthedge new my_fund",
    "quanthedge audit my_factor.py:daily_range --dates 3",
    f"quanthedge run strategy.toml {_SPAN} --out runs/first",
    "quanthedge report runs/first --language zh",
    'quanthedge statement runs/first "Client A" --period 2015-03 --language zh --format html',
    "python -m unittest",
    f"quanthedge run strategy.toml {_SPAN} --set selector.n=20 --out runs/second",
    "quanthedge compare runs/first runs/second",
)
ENTERS = "new"  # after it the steps are inside the folder that it wrote


def steps(interpreter: Path) -> list[tuple[str, float, float, float]]:
    """Run every step; return it with seconds by the clock, of the processor, and the load."""
    taken = []
    with tempfile.TemporaryDirectory() as empty:
        here = Path(empty) / "work"
        here.mkdir()
        own = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        own |= {
            "PATH": f"{interpreter.absolute().parent}{os.pathsep}{os.environ['PATH']}",
            "XDG_CACHE_HOME": str(Path(empty) / "cache"),
            "QUANTHEDGE_TRIALS": str(Path(empty) / "trials"),
            "QUANTHEDGE_LANGUAGE": "en",
        }
        for step in STEPS:
            load = os.getloadavg()[0]
            before, begun = _processor(), time.perf_counter()
            done = subprocess.run(
                shlex.split(step), check=False, cwd=here, env=own, capture_output=True
            )
            seconds = time.perf_counter() - begun
            if done.returncode:
                raise SystemExit(f"{step}: ended with {done.returncode}\n{done.stderr.decode()}")
            taken.append((step, seconds, _processor() - before, load))
            print(f"{seconds:6.1f} s {taken[-1][2]:6.1f} s  load {load:4.1f}  {step}", flush=True)
            if shlex.split(step)[1] == ENTERS:
                here /= "my_fund"
    return taken


def _processor() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main() -> None:
    """Run the steps and write their times."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("interpreter", type=Path, help="of an environment with the wheel")
    parser.add_argument("--write", action="store_true", help="write the pages")
    asked = parser.parse_args()
    version = [asked.interpreter, "-c", "import platform; print(platform.python_version())"]
    python = subprocess.run(version, check=True, capture_output=True, text=True).stdout.strip()
    taken = steps(asked.interpreter)
    for language, page in PAGES.items():
        words = WORDS[language]
        rows = [
            [f"`{step}`", f"{seconds:,.0f}", f"{used:,.0f}", f"{load:.1f}"]
            for step, seconds, used, load in taken
        ]
        both = [sum(one[1] for one in taken), sum(one[2] for one in taken)]
        rows.append([words["total"], *(f"**{one:,.0f}**" for one in both), ""])
        told = words["machine"].format(
            cores=os.cpu_count(), python=python, day=time.strftime("%Y-%m-%d", time.gmtime())
        )
        table = f"{markdown(words['header'], rows)}\n\n{told}"
        if asked.write:
            write_between(page, "steps", table)
        else:
            print(table, end="\n\n")


if __name__ == "__main__":
    main()
