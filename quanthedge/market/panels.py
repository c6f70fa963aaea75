"""Panels [T, N] of the stock bars: how each is filled, and their cache of memory maps.

A panel is gathered through one of two row indices: `exact` (the bar of the day, -1 without one)
and `last` (the latest bar so far). The whole set is built in one pass over the bars.
"""

import json
import os
import shutil
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from quanthedge.market.blocks import Block
from quanthedge.market.storage import force_to_disk, scratch_name

__all__ = ["PANELS", "PanelCache", "damaged_panels", "fill_panels", "latest_rows"]

Array = np.ndarray[Any, Any]
FORMAT = 1  # raise it when a panel's definition changes: older caches are then rebuilt


@dataclass(frozen=True)
class PanelRule:
    """How a panel is made: its column, whether it is carried forward, its value before all."""

    column: str
    carried: bool
    before: float | bool = np.nan

    @property
    def dtype(self) -> np.dtype[Any]:
        """Bool for flags, float64 for numbers."""
        return np.dtype(bool if isinstance(self.before, bool) else np.float64)


PANELS: dict[str, PanelRule] = {
    **{
        name: PanelRule(name, carried=False)
        for name in ("open", "high", "low", "close", "pre_close", "volume", "amount")
    },
    "simple_return": PanelRule("simple_return", carried=False),
    "traded": PanelRule("traded", carried=False, before=False),
    "mark": PanelRule("close", carried=True),
    "adj_factor": PanelRule("adj_factor", carried=True, before=1.0),
    "total_shares": PanelRule("total_shares", carried=True),
    "float_shares": PanelRule("float_shares", carried=True),
    "is_st": PanelRule("is_st", carried=True, before=False),
    "is_delisting": PanelRule("is_delisting", carried=True, before=False),
}


def _column(block: Block, name: str) -> Array:
    if name == "simple_return":
        return block.numbers("close") / block.numbers("pre_close") - 1
    if name == "traded":
        return np.ones(len(block.stock), dtype=bool)
    return block.numbers(name)


def fill_panels(block: Block, first_day: int, days: int, panels: Mapping[str, Array]) -> None:
    """Write a block's stocks into `panels` (arrays [T, N], row 0 = calendar day `first_day`)."""
    low, high = int(block.stock[0]), int(block.stock[-1]) + 1
    exact = np.full((days, high - low), -1, dtype=np.int32)
    exact[block.day - first_day, block.stock - low] = np.arange(len(block.stock), dtype=np.int32)
    last = latest_rows(exact)

    def fill(name: str) -> None:
        rule = PANELS[name]
        values = np.append(_column(block, rule.column), np.asarray([rule.before], rule.dtype))
        panels[name][:, low:high] = values[last if rule.carried else exact]

    _at_once(fill, panels)


def _at_once(work: Callable[[Any], Any], items: Iterable[Any]) -> list[Any]:
    """Do array work (which runs outside Python's lock) on two threads."""
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(work, items))


def _flushed_crc32(panel: np.memmap[Any, Any]) -> int:
    panel.flush()
    return zlib.crc32(panel.data)


def latest_rows(exact: Array) -> Array:
    """Carry row numbers forward in time: [T, K] with -1 where there was no row yet.

    Row numbers must grow with time within each column.
    """
    return np.maximum.accumulate(exact, axis=0)


class PanelCache:
    """The folder of memory-mapped panels of one dataset; in memory when it cannot be written.

    Parameters
    ----------
    folder
        The dataset's folder.
    fingerprint
        Fingerprint of the data that the panels must come from.
    shape
        (T, N).
    blocks
        Called to read the stock bars: yields `Block`s sorted by stock.
    first_day
        Position of row 0 in the calendar.
    """

    def __init__(
        self,
        folder: Path,
        fingerprint: str,
        shape: tuple[int, int],
        first_day: int,
        blocks: Callable[[], Iterable[Block]],
    ) -> None:
        self.folder = folder / ".panels" / fingerprint[:16]
        self._fingerprint = fingerprint
        self._shape = shape
        self._first_day = first_day
        self._blocks = blocks
        self._open: dict[str, Array] = {}

    def get(self, name: str) -> Array:
        """Return the panel `name` [T, N], read-only."""
        if name not in self._open:
            panel = self._mapped(name, PANELS[name].dtype)
            if panel is None:
                self.build()
                panel = self._mapped(name, PANELS[name].dtype)
            self._open[name] = panel if panel is not None else self._in_memory(name)
        return self._open[name]

    def derived(self, name: str, make: Callable[[], Array]) -> Array:
        """Return a panel made by `make`, kept beside the others under `name`."""
        if name not in self._open:
            panel = self._mapped(name, np.dtype(np.float64))
            if panel is None:
                made = make()
                made.flags.writeable = False
                self._keep(name, made)
                # Read from the file from now on, so that many panels need no memory of their own.
                panel = self._mapped(name, np.dtype(np.float64))
                panel = made if panel is None else panel
            self._open[name] = panel
        return self._open[name]

    def build(self, progress: Callable[[str], None] | None = None) -> bool:
        """Build all panels in one pass into a scratch folder and put it in place.

        Does nothing when a sound cache is there. Returns whether one is there in the end: False
        when the folder cannot be written or the disk is full (`get` then builds in memory).
        """
        with suppress(OSError), self._alone():
            if not self._sound():
                self._build(progress)
        return self._ours()

    def _build(self, progress: Callable[[str], None] | None) -> None:
        scratch = self.folder.parent / scratch_name(self.folder.name, "new")
        scratch.mkdir()
        try:
            panels = {
                name: _new_panel(scratch / f"{name}.npy", self._shape, rule)
                for name, rule in PANELS.items()
            }
            self._fill(panels, progress)
            sums = dict(zip(panels, _at_once(_flushed_crc32, panels.values()), strict=True))
            del panels
            about = {"format": FORMAT, "fingerprint": self._fingerprint, "crc32": sums}
            (scratch / "panels.json").write_text(json.dumps(about, indent=1))
            force_to_disk(scratch)
            if self.folder.exists():
                shutil.rmtree(self.folder)
            scratch.rename(self.folder)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)

    def _fill(
        self,
        panels: Mapping[str, Array],
        progress: Callable[[str], None] | None = None,
    ) -> None:
        for block in self._blocks():
            fill_panels(block, self._first_day, self._shape[0], panels)
            if progress is not None:
                progress(f"panels, stock {int(block.stock[-1]) + 1:,} of {self._shape[1]:,}")

    def _in_memory(self, name: str) -> Array:
        panel = np.full(self._shape, PANELS[name].before, PANELS[name].dtype)
        self._fill({name: panel})
        panel.flags.writeable = False
        return panel

    def _mapped(self, name: str, dtype: np.dtype[Any]) -> Array | None:
        """Open a cached panel; None when it is absent, torn or of another shape or data."""
        path = self.folder / f"{name}.npy"
        if not self._ours() or not path.exists():
            return None
        try:
            panel = np.load(path, mmap_mode="r", allow_pickle=False)
        except (ValueError, OSError, EOFError):
            panel = None
        if panel is None or panel.shape != self._shape or panel.dtype != dtype:
            self._discard()
            return None
        return np.asarray(panel)

    def _ours(self) -> bool:
        try:
            about = json.loads((self.folder / "panels.json").read_text())
        except (OSError, ValueError):
            return False
        return bool(about.get("format") == FORMAT and about.get("fingerprint") == self._fingerprint)

    def _sound(self) -> bool:
        return self._ours() and all(
            self._mapped(name, rule.dtype) is not None for name, rule in PANELS.items()
        )

    def _discard(self) -> None:
        with suppress(OSError):
            (self.folder / "panels.json").unlink()

    def _keep(self, name: str, panel: Array) -> None:
        if not self._ours():
            return
        scratch = self.folder / f"{scratch_name(name, 'new')}.npy"
        with suppress(OSError):
            try:
                with scratch.open("wb") as file:
                    np.save(file, panel)
                    file.flush()
                    os.fsync(file.fileno())
                scratch.replace(self.folder / f"{name}.npy")
            finally:
                scratch.unlink(missing_ok=True)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Hold the cache's lock, so that a second process waits instead of building too."""
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        with (self.folder.parent / "lock").open("w") as lock:
            try:
                import fcntl
            except ImportError:  # pragma: no cover -- Windows: both build, the first one stays
                yield
                return
            fcntl.flock(lock, fcntl.LOCK_EX)
            for stale in self.folder.parent.glob(".*.new-*"):  # the lock is ours: nobody builds
                shutil.rmtree(stale, ignore_errors=True)
            yield


def damaged_panels(folder: Path, fingerprint: str) -> list[str]:
    """Return the names of cached panels whose bytes are not those that were written."""
    cache = folder / ".panels" / fingerprint[:16]
    try:
        sums = json.loads((cache / "panels.json").read_text())["crc32"]
    except (OSError, ValueError, KeyError):
        return []
    return [name for name, crc32 in sums.items() if _crc32(cache / f"{name}.npy") != crc32]


def _crc32(path: Path) -> int | None:
    try:
        return zlib.crc32(np.load(path, mmap_mode="r", allow_pickle=False).data)
    except (OSError, ValueError, EOFError):
        return None


def _new_panel(path: Path, shape: tuple[int, int], rule: PanelRule) -> np.memmap[Any, Any]:
    """Create a memory-mapped panel whose space is reserved (a full disk fails here, cleanly)."""
    panel = np.lib.format.open_memmap(path, mode="w+", dtype=rule.dtype, shape=shape)
    if hasattr(os, "posix_fallocate"):
        with path.open("r+b") as file:
            os.posix_fallocate(file.fileno(), 0, path.stat().st_size)
    return panel
