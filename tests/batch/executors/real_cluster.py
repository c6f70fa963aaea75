"""A scheduler and workers of Dask in processes of their own, which tests may kill."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

__all__ = ["RealCluster"]

ROOT = Path(__file__).parents[3]


class RealCluster:
    """A scheduler on a port and its workers, each with a nanny; ended with ``close``.

    The workers stand in a folder of their own and know of the sweep's what is on the path.
    """

    def __init__(self, folder: Path, workers: int = 2, failures: int = 0) -> None:
        self.folder, self.failures = folder, failures
        self.logs = (folder / "log.txt").open("ab")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.address = f"tcp://127.0.0.1:{self.port}"
        self.workers: list[subprocess.Popen[bytes]] = []
        self.start_scheduler()
        for _ in range(workers):
            self.start_worker()

    def start_scheduler(self) -> None:
        self.scheduler = self._begin(
            "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", str(self.port)
        )

    def start_worker(self) -> None:
        words = ("--nthreads", "1", "--memory-limit", "1GB", "--local-directory", str(self.folder))
        self.workers.append(self._begin("distributed.cli.dask_worker", self.address, *words))

    def _begin(self, module: str, *words: str) -> "subprocess.Popen[bytes]":
        settings = {
            "PYTHONPATH": str(ROOT),
            "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": str(self.failures),
            "DASK_DISTRIBUTED__WORKER__MEMORY__TERMINATE": "0.95",
        }
        return subprocess.Popen(
            [sys.executable, "-m", module, "--no-dashboard", *words],
            cwd=self.folder, env={**os.environ, **settings}, stdout=self.logs, stderr=self.logs,
            start_new_session=True,
        )  # fmt: skip

    def wait_for_workers(self) -> None:
        """Wait until every worker that was started is there."""
        from distributed import Client

        with Client(self.address, timeout=300, set_as_default=False) as client:
            client.wait_for_workers(len(self.workers), timeout=300)

    @staticmethod
    def kill(process: "subprocess.Popen[bytes]") -> None:
        """Kill a process and all that it began, as a machine that is switched off."""
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)

    def close(self) -> None:
        for one in (*self.workers, self.scheduler):
            if one.poll() is None:
                self.kill(one)
        self.logs.close()
