"""Processes that write into one store together lose nothing, killed or not."""

import multiprocessing
import os
import random
import signal
import time

import pytest

from benchmarks import store_kills
from quanthedge.batch import Store
from quanthedge.trials import digest
from tests.batch.store.entries import entry, key

pytestmark = pytest.mark.skipif(os.name == "nt", reason="kills processes")


def test_writers_that_are_killed_at_random_moments_leave_no_half_run(tmp_path) -> None:
    context, place, draw = multiprocessing.get_context("fork"), tmp_path / "s", random.Random(3)
    expected = {number for writer in range(2) for number in store_kills.numbers(writer)[34:46]}
    for number in expected:  # strategies are read here, not again by every process
        store_kills.entry(number)

    def start(writer: int):
        process = context.Process(target=_write, args=(str(place), writer))
        process.start()
        return process

    killed, failed = store_kills.until_done(start, 2, draw, True, 0.8)
    assert killed > 0
    assert failed == 0
    assert store_kills.wrong_with(place, expected) == ""


def _write(folder: str, writer: int) -> None:
    store = Store.open(folder)
    for number in store_kills.numbers(writer)[34:46]:
        if digest(number) not in store.known([digest(number)]):
            store.add([store_kills.entry(number)])
            time.sleep(0.05)  # a quick machine must not end before the first kill, at 0.2 s


def test_a_writer_that_is_stopped_in_a_transaction_lets_readers_read(tmp_path) -> None:
    store = Store.open(tmp_path / "s")
    store.add([entry(1)])
    child = os.fork()
    if not child:
        with store._catalogue.writing() as connection:
            connection.execute("UPDATE runs SET note = 'half'")
            os.kill(os.getpid(), signal.SIGSTOP)
        os._exit(0)
    os.waitpid(child, os.WUNTRACED)
    try:
        assert store.runs()["note"].tolist() == [""]
        assert store.series([key(1)]).shape == (6, 1)
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    assert store.runs()["note"].tolist() == [""]
    store.note(key(1), "whole")
    assert store.runs()["note"].tolist() == ["whole"]
