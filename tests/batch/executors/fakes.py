"""Jobs whose variants do what their changes say: nothing, raise, die, ask for all memory."""

import ctypes
import os
import signal
import threading
import time
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from quanthedge.batch.variant import SERIES, Failure, Job, Outcome, Place, Variant
from tests.sample import SAMPLE, small_strategy

MANY = 10**9


class Panic(BaseException):
    """What is no ``Exception``."""


@cache
def place() -> Place:
    from quanthedge.market import Manifest

    return Place(Manifest.read(SAMPLE).fingerprint, SAMPLE)


def variant(number: int, **doing: Any) -> Variant:
    return Variant(number, doing, small_strategy(), None, None, f"{number:064x}")


def jobs_of(doings: list[dict[str, Any]], size: int = 2, market: Place | None = None) -> list[Job]:
    variants = [variant(number, **doing) for number, doing in enumerate(doings)]
    return [
        Job(market or place(), tuple(variants[first : first + size]))
        for first in range(0, len(variants), size)
    ]


def run(job: Job) -> list[Outcome]:
    """Do what the variants of a job say."""
    return [_outcome(job, one) for one in job.variants]


def _outcome(job: Job, one: Variant) -> Outcome:
    begun, doing = time.perf_counter(), dict(one.changes)
    if "touch" in doing:
        Path(str(doing["touch"]), f"{one.number}-{os.getpid()}-{time.time_ns()}").touch()
    time.sleep(float(doing.get("sleep", 0.0)))
    failure = None
    match doing.get("do"):
        case "raise":
            failure = Failure("StrategyError", "as it was told")
        case "error":
            raise OSError(28, "No space left on device")
        case "panic":
            raise Panic("as of a package that is made in Rust")
        case "exit":
            os._exit(7)
        case "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        case "segfault":
            ctypes.string_at(0)
        case "memory":
            _ask_for_memory(int(doing.get("most", MANY)))
    values = np.full((3, len(SERIES)), float(one.number))
    days = pd.date_range("2014-09-17", periods=3)
    figures = {
        "return_net": float(one.number),
        "process": float(os.getpid()),
        "thread": float(threading.get_ident()),
        "threads": float(_threads()),
        "sent": float(job.market.folder != place().folder),
    }
    series = pd.DataFrame(values, index=days, columns=list(SERIES))
    if failure:
        return Outcome(one.number, one.key, {}, None, failure, 0.0)
    return Outcome(one.number, one.key, figures, series, None, time.perf_counter() - begun)


def _threads() -> int:
    from quanthedge.batch.executors import threads_here

    return threads_here()


def _ask_for_memory(most: int) -> None:
    kept = []
    while len(kept) * 2**24 < most:
        kept.append(np.ones(2**21))
        time.sleep(0.005)
