"""Starts a worker, listens to it, stops it when it takes too long."""

import json
import os
import queue
import signal
import subprocess
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

__all__ = ["Asked", "Row", "measured"]

ROOT = Path(__file__).parents[2]
_END = None


@dataclass
class Row:
    """What came of an engine on a case.

    ``status`` is done, not finished (a call took longer than the limit), failed or not tried;
    ``reason`` says more. Seconds are of the calls after the first, small one (``cold_seconds``).
    """

    job: str
    size: str
    engine: str
    status: str = "done"
    reason: str = ""
    seconds: list[float] = field(default_factory=list)
    cpu_seconds: list[float] = field(default_factory=list)
    import_seconds: float = 0.0
    cold_seconds: float = 0.0
    prepare_seconds: float = 0.0
    before_mib: float = 0.0
    peak_mib: float = 0.0
    load: float = 0.0
    answer: dict[str, float] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)

    def take(self, figures: dict[str, Any]) -> None:
        """Add a line of the worker."""
        for name, value in figures.items():
            if name in ("seconds", "cpu_seconds"):
                getattr(self, name).append(value)
            elif name == "load":
                self.load = max(self.load, value[0])
            elif hasattr(self, name):
                setattr(self, name, value)


@dataclass(frozen=True)
class Asked:
    """How long, how often."""

    repeat: int
    budget: float  # seconds after which a call is not repeated
    limit: float  # seconds of one call
    prepare_limit: float  # seconds of everything before it
    market: Path


def _processor_seconds(pid: int) -> float | None:
    """Return what a process has used so far; None where the system does not tell."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    except (OSError, IndexError, ValueError):
        return None


class _Clock:
    """How long the worker has been at something: its processor time, or an eighth of the wall's.

    On a machine that is shared a process gets less than the clock on the wall says.
    """

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.restart()

    def restart(self) -> None:
        self.wall, self.used = time.monotonic(), _processor_seconds(self.pid)

    def seconds(self) -> float:
        """Return seconds since the last start."""
        wall, used = time.monotonic() - self.wall, _processor_seconds(self.pid)
        if used is None or self.used is None:
            return wall
        return max(used - self.used, wall / 8.0)


def _listen(stream: IO[str], into: "queue.Queue[str | None]") -> None:
    for line in stream:
        into.put(line)
    into.put(_END)


def measured(row: Row, python: Path, folder: Path, asked: Asked) -> Row:
    """Run a worker and fill its row."""
    command = [
        str(python), "-m", "benchmarks.peers.worker", row.engine, row.job, str(folder),
        "--repeat", str(asked.repeat), "--budget", str(asked.budget),
        "--market", str(asked.market),
    ]  # fmt: skip
    told = {
        "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", "QUANTHEDGE_TRIALS": "off",
        "TQDM_DISABLE": "1",
    }  # fmt: skip
    with (
        (folder / "errors.txt").open("w+", encoding="utf-8") as errors,
        subprocess.Popen(
            command, cwd=ROOT, env={**os.environ, **told}, stdout=subprocess.PIPE, stderr=errors,
            text=True, start_new_session=True,
        ) as process,
    ):  # fmt: skip
        assert process.stdout is not None
        lines: queue.Queue[str | None] = queue.Queue()
        threading.Thread(target=_listen, args=(process.stdout, lines), daemon=True).start()
        ended = False
        try:
            ended = _follow(row, lines, asked, _Clock(process.pid))
        finally:  # after Ctrl-C too: no worker stays behind
            if not ended:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        if ended and (process.returncode or not row.seconds):
            errors.seek(0)
            last = [line.strip() for line in errors.read().splitlines() if line.strip()]
            row.status, row.reason = "failed", last[-1][:200] if last else "no output"
    return row


def _follow(row: Row, lines: "queue.Queue[str | None]", asked: Asked, clock: _Clock) -> bool:
    """Take the worker's lines; False when it has to be stopped."""
    limit = asked.prepare_limit
    while True:
        try:
            line = lines.get(timeout=0.2)
        except queue.Empty:
            if clock.seconds() <= limit:
                continue
            if not row.seconds:
                what = "one call" if row.before_mib else "what comes before the call"
                row.status, row.reason = "not finished", f"{what} takes more than {limit:.0f} s"
            return False
        if line is _END:
            return True
        if not line.startswith("FIGURE "):
            continue
        figures = json.loads(line.removeprefix("FIGURE "))
        row.take(figures)
        if "before_mib" in figures or "seconds" in figures:
            limit = asked.limit
            clock.restart()
