"""A program that runs jobs until it is stopped: ``python -m ... FOLDER JOBS CLUSTER``.

Each variant leaves a file when it begins; the program leaves one when the first job ended, and one
when it was interrupted and has cleaned up.
"""

import sys
from pathlib import Path

from quanthedge.batch.executors import executor_of
from tests.batch.executors.fakes import jobs_of, run

__all__ = ["main"]


def main(folder: Path, jobs: int | None, cluster: str | None) -> None:
    doings = [{"touch": str(folder), "sleep": 0.2} for _ in range(200)]
    try:
        with executor_of(jobs, cluster) as run_all:
            for _ in run_all(jobs_of(doings, size=1), run):
                (folder / "one-ended").touch()
    except KeyboardInterrupt:
        (folder / "interrupted").touch()
        sys.exit(130)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) or None, sys.argv[3] or None)
