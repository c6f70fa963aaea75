"""Fixtures: a server with a small market, a client for it, and time that stands still."""

import os
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from quanthedge.sources.download.run import download
from quanthedge.sources.download.secret import Token
from quanthedge.sources.download.summary import Summary
from quanthedge.sources.tushare.client import Tushare
from tests.sources.download.clock import FakeClock
from tests.sources.download.tushare_server import TOKEN, TushareServer, serving
from tests.sources.download.vendor_market import tushare_tables

Fetch = Callable[..., Summary]


@pytest.fixture
def server() -> Iterator[TushareServer]:
    with serving(TushareServer(tushare_tables())) as running:
        yield running


@pytest.fixture(autouse=True)
def _fast_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out waiting for the disk, which is most of the time of many small files."""
    monkeypatch.setattr(os, "fsync", lambda _: None)


@pytest.fixture
def time() -> FakeClock:
    return FakeClock()


@pytest.fixture
def fetch(server: TushareServer, time: FakeClock, tmp_path: Path) -> Fetch:
    """Download July 2015 from the server, as far as a test does not say otherwise."""

    def run(
        *tables: str, start: str = "2015-07-01", end: str = "2015-07-31", **more: Any
    ) -> Summary:
        token = Token(more.pop("token", TOKEN))
        client = Tushare(token, server.url, indices=["000300.SH"], time_out=more.pop("limit", 5.0))
        folder = more.pop("folder", tmp_path / "t")
        return download(
            client, folder, date.fromisoformat(start), date.fromisoformat(end),
            tables=list(tables) or None, clock=time.clock(), **more,
        )  # fmt: skip

    return run
