"""Panels [T, N] of the stock bars: how each is filled, and their cache of memory maps.

A panel is gathered through one of two row indices: `exact` (the bar of the day, -1 without one)
and `last` (the latest bar so far). The whole set is built in one pass over the bars. A panel's file
ends in a checksum of its name and of all before it, which is verified when the panel is first asked
for.
"""

import json
import logging
import os
import re
import sysconfig
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import xxhash

from quanthedge.errors import DataError
from quanthedge.logs import timed
from quanthedge.market.blocks import Block
from quanthedge.storage import PlainFile, WholeFolder, working

__all__ = ["PANELS", "PanelCache", "cache_files", "cache_place", "damaged_panels"]

Array = np.ndarray[Any, Any]
FORMAT = 4  # raise it when a panel's definition changes: older caches are then rebuilt
MARK = "panels.json"
_CACHE = ".panels"
_RESULTS = "results"  # of stages, by the room that keeps them
MEMO = "verified.json"  # checksums of the tables that were found sound
_RESULTS_MARK = "quanthedge-stages.json"
# what the room of stages writes: its mark, its lock, and a folder for each result
_RESULT = re.compile(
    rf"{_RESULTS}/({re.escape(_RESULTS_MARK)}|\.trim\.lock|[a-z_]+/[0-9a-f]{{64}}/"
    r"(result\.json|[0-9]{1,6}\.(npy|arrow)))"
)
_SUM_BYTES = 8
_FOLDER = re.compile(r"[0-9a-f]{16}")
_FILE = re.compile(
    r"[\w\u3400-\u4dbf\u4e00-\u9fff-]+(\.[\w\u3400-\u4dbf\u4e00-\u9fff-]+)*", re.ASCII
)

log = logging.getLogger(__name__)


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


def _fill_panels(block: Block, first_day: int, days: int, panels: Mapping[str, Array]) -> None:
    """Write a block's stocks into `panels` (arrays [T, N], row 0 = calendar day `first_day`)."""
    low, high = int(block.stock[0]), int(block.stock[-1]) + 1
    exact = np.full((days, high - low), -1, dtype=np.int32)
    exact[block.day - first_day, block.stock - low] = np.arange(len(block.stock), dtype=np.int32)
    last = _latest_rows(exact)

    def fill(name: str) -> None:
        rule = PANELS[name]
        values = np.append(_column(block, rule.column), np.asarray([rule.before], rule.dtype))
        panels[name][:, low:high] = values[last if rule.carried else exact]

    _at_once(fill, panels)


def _at_once(work: Callable[[Any], Any], items: Iterable[Any]) -> list[Any]:
    """Do array work (which runs outside Python's lock) on two threads."""
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(work, items))


def _latest_rows(exact: Array) -> Array:
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

    Attributes
    ----------
    damaged
        Names of panels whose bytes were not those that were written, and that were made anew.
    """

    def __init__(
        self,
        folder: Path,
        fingerprint: str,
        shape: tuple[int, int],
        first_day: int,
        blocks: Callable[[], Iterable[Block]],
    ) -> None:
        self.folder = _cache_of(folder, fingerprint)
        self.damaged: list[str] = []
        self._fingerprint = fingerprint
        self._shape = shape
        self._first_day = first_day
        self._blocks = blocks
        self._open: dict[str, Array] = {}
        WholeFolder(folder).held_open(self.release)

    def release(self) -> None:
        """Let go of the maps; those that nobody else uses are closed."""
        self._open.clear()

    @property
    def results(self) -> Path | None:
        """The folder of what else was worked out of these data; None where there is no cache."""
        whole = self._ours() and not self.folder.is_symlink()
        return self.folder / _RESULTS if whole and os.access(self.folder, os.W_OK) else None

    def get(self, name: str) -> Array:
        """Return the panel `name` [T, N], read-only."""
        if name not in self._open:
            panel = self._mapped(name, PANELS[name].dtype)
            if panel is None:
                self.build()
                panel = self._mapped(name, PANELS[name].dtype)
            log.debug("panel %s: %s", name, "in memory" if panel is None else "from the cache")
            self._open[name] = panel if panel is not None else self._in_memory(name)
        return self._open[name]

    def derived(self, name: str, make: Callable[[], Array]) -> Array:
        """Return a panel made by `make`, kept beside the others under `name`.

        `name` is of letters, digits, "_", "-" and single dots.
        """
        if name not in self._open:
            panel = self._mapped(name, np.dtype(np.float64))
            if panel is None:
                with timed(log, "panel %s made", name):
                    made = make()
                made.flags.writeable = False
                self._keep(name, made)
                # Read from the file from now on, so that many panels need no memory of their own.
                panel = self._mapped(name, np.dtype(np.float64))
                panel = made if panel is None else panel
            else:
                log.debug("panel %s: from the cache", name)
            self._open[name] = panel
        return self._open[name]

    def build(self, progress: Callable[[str], None] | None = None) -> bool:
        """Build all panels in one pass into a scratch folder and put it in place.

        Does nothing when all are there. Returns whether they are there in the end: False when the
        folder cannot be written or the disk is full (`get` then builds in memory).
        """
        if not self._complete() and not self.folder.parent.is_symlink():
            with suppress(OSError):
                self.folder.parent.mkdir(parents=True, exist_ok=True)
                whole = WholeFolder(self.folder)
                whole.recover()
                with whole.locked("build"):  # a second process waits instead of building too
                    if not self._complete():
                        with timed(log, "%s: all panels built", self.folder):
                            self._build(progress)
        return self._complete()

    def _build(self, progress: Callable[[str], None] | None) -> None:
        with working(self.folder.parent, "panels") as work:
            panels = {
                name: _new_panel(work.content / f"{name}.npy", self._shape, rule)
                for name, rule in PANELS.items()
            }
            self._fill(panels, progress)
            for panel in panels.values():
                panel.flush()
            del panels, panel
            _at_once(_sign, (work.content / f"{name}.npy" for name in PANELS))
            about = {"format": FORMAT, "fingerprint": self._fingerprint}
            (work.content / MARK).write_text(json.dumps(about), encoding="utf-8")
            # Not forced to disk: what a power cut tears, the checksums find.
            self._install(work.content)

    def _install(self, made: Path) -> None:
        """Put the new files in place: the whole folder, or file by file where one is already.

        At any moment each file is whole: the mark says of which data they are, the checksum whether
        a file is what was written.
        """
        if not os.path.lexists(self.folder):
            made.rename(self.folder)
            return
        if self.folder.is_symlink() or not (_is_marked(self.folder) or _is_empty(self.folder)):
            raise FileExistsError(f"{self.folder}: is no cache of panels")
        if not self._ours():  # those made on demand have the other form, too, and are no damage
            for path in self.folder.glob("*.*.npy"):
                path.unlink(missing_ok=True)
        for name in (MARK, *(f"{name}.npy" for name in PANELS)):
            (made / name).replace(self.folder / name)

    def _fill(
        self,
        panels: Mapping[str, Array],
        progress: Callable[[str], None] | None = None,
    ) -> None:
        bare = np.ones(self._shape[1], dtype=bool)
        for block in self._blocks():
            _fill_panels(block, self._first_day, self._shape[0], panels)
            bare[int(block.stock[0]) : int(block.stock[-1]) + 1] = False
            if progress is not None:
                progress(f"panels, stock {int(block.stock[-1]) + 1:,} of {self._shape[1]:,}")
        if bare.any():  # not traded yet, and beside the blocks: a new file is of zeros
            for name, panel in panels.items():
                panel[:, bare] = PANELS[name].before

    def _in_memory(self, name: str) -> Array:
        panel = np.full(self._shape, PANELS[name].before, PANELS[name].dtype)
        self._fill({name: panel})
        panel.flags.writeable = False
        return panel

    def _path(self, name: str) -> Path:
        if not _FILE.fullmatch(name):
            raise DataError(f"panel {name!r}: accepted: letters, digits, '_', '-' and single dots")
        return self.folder / f"{name}.npy"

    def _mapped(self, name: str, dtype: np.dtype[Any]) -> Array | None:
        """Open a cached panel; None when it is absent, of other data, or not as it was written."""
        path = self._path(name)
        if not self._ours() or not path.is_file():
            return None
        head = _head(self._shape, dtype)
        content = _sound_content(path, head, self._shape, dtype)
        if content is not None:
            return content[len(head) : -_SUM_BYTES].view(dtype).reshape(self._shape)
        self.damaged.append(name)
        log.warning("%s: the cached panel is damaged; it is made anew from the tables", path)
        with suppress(OSError):
            path.unlink()
        return None

    def _ours(self) -> bool:
        about: object = _mark_of(self.folder)
        return about == {"format": FORMAT, "fingerprint": self._fingerprint}

    def _complete(self) -> bool:
        """Whether every panel is there in its size (its bytes are verified when it is opened)."""
        return self._ours() and all(
            _has_size(self._path(name), _head(self._shape, rule.dtype), self._shape, rule.dtype)
            for name, rule in PANELS.items()
        )

    def _keep(self, name: str, panel: Array) -> None:
        path = self._path(name)
        if not self._ours():
            return
        with suppress(OSError), working(self.folder.parent, "panel") as work:
            scratch = work.content / path.name
            head = _head(panel.shape, panel.dtype)
            with scratch.open("wb") as file:
                file.write(head)
                file.write(np.ascontiguousarray(panel).data)
                file.write(bytes(_SUM_BYTES))
            _sign(scratch)
            scratch.replace(path)


def damaged_panels(folder: Path, fingerprint: str) -> list[str]:
    """Return the names of cached panels whose bytes are not those that were written."""
    cache = _cache_of(folder, fingerprint)
    about = _mark_of(cache)
    if not isinstance(about, dict) or about.get("format") != FORMAT:  # made anew when asked for
        return []
    panels = sorted(path for path in cache.glob("*.npy") if _FILE.fullmatch(path.stem))
    return [path.stem for path in panels if _sum(path, _size(path)) != _kept_sum(path)]


def cache_files(folder: Path) -> list[str]:
    """Return the cache's files in a dataset's folder that are ours, as relative paths."""
    cache = folder / _CACHE  # in a user's cache there is none of a dataset's own
    if cache.is_symlink() or not cache.is_dir():
        return []
    names = [f"{_CACHE}/{MEMO}"] if (cache / MEMO).is_file() else []
    for path in cache.iterdir():
        if _FOLDER.fullmatch(path.name) and not path.is_symlink() and _is_marked(path):
            names += [f"{_CACHE}/{path.name}/{name}" for name in _files_of_cache(path)]
    return names


def _cache_of(folder: Path, fingerprint: str) -> Path:
    if not re.fullmatch(r"[0-9a-f]{64}", fingerprint):
        raise DataError(f"{folder}: fingerprint {fingerprint[:70]!r}; accepted: 64 hex digits")
    return cache_place(folder) / fingerprint[:16]


def cache_place(folder: Path) -> Path:
    """Return where what is worked out of a dataset is kept: beside it, or in the user's cache.

    In the user's cache, for each dataset by its path, where the dataset's folder may not be written
    and has no cache, or is part of an installed package, which an uninstallation takes away whole.
    """
    beside = folder / _CACHE
    if beside.is_dir() or not (_is_installed(folder) or not os.access(folder, os.W_OK)):
        return beside
    from platformdirs import user_cache_path

    name = xxhash.xxh3_64_hexdigest(str(folder.resolve()).encode())
    return user_cache_path("quanthedge", appauthor=False) / "panels" / name


def _is_installed(folder: Path) -> bool:
    places = {Path(sysconfig.get_path(name)).resolve() for name in ("purelib", "platlib")}
    return any(folder.resolve().is_relative_to(place) for place in places)


def _files_of_cache(cache: Path) -> list[str]:
    panels = [
        path.name
        for path in cache.iterdir()
        if path.name == MARK or (path.suffix == ".npy" and _FILE.fullmatch(path.stem))
    ]
    kept = cache / _RESULTS
    if kept.is_symlink() or not (kept / _RESULTS_MARK).is_file():
        return panels
    inside = (path.relative_to(cache).as_posix() for path in kept.rglob("*") if path.is_file())
    return panels + [path for path in inside if _RESULT.fullmatch(path)]


def _mark_of(cache: Path) -> Any:
    try:
        return PlainFile(cache / MARK).json()
    except (OSError, ValueError):
        return None


def _is_marked(cache: Path) -> bool:
    """Whether a folder holds the mark of a cache of panels, of whatever version and data."""
    about = _mark_of(cache)
    return isinstance(about, dict) and about.keys() >= {"format", "fingerprint"}


def _is_empty(folder: Path) -> bool:
    return folder.is_dir() and not any(folder.iterdir())


def _head(shape: tuple[int, ...], dtype: np.dtype[Any]) -> bytes:
    """Return the first bytes of a panel's file: NumPy's format, never read but compared."""
    file = BytesIO()
    about = {"descr": np.lib.format.dtype_to_descr(dtype), "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(file, about)
    return file.getvalue()


def _has_size(path: Path, head: bytes, shape: tuple[int, int], dtype: np.dtype[Any]) -> bool:
    expected = len(head) + shape[0] * shape[1] * dtype.itemsize + _SUM_BYTES
    return path.is_file() and path.stat().st_size == expected


def _sound_content(
    path: Path, head: bytes, shape: tuple[int, int], dtype: np.dtype[Any]
) -> Array | None:
    """Map a panel's file and verify it: the pages read for the checksum are those used later."""
    try:
        if not _has_size(path, head, shape, dtype):
            return None
        content: Array = np.asarray(np.memmap(path, np.uint8, "r"))
    except (OSError, ValueError):
        return None
    sound = content[: len(head)].tobytes() == head
    kept = content[-_SUM_BYTES:].tobytes()
    return content if sound and _digest(path, content[:-_SUM_BYTES]) == kept else None


def _size(path: Path) -> int:
    return path.stat().st_size - _SUM_BYTES


def _kept_sum(path: Path) -> bytes:
    if not path.is_file():  # a pipe or a device would be waited for
        return b""
    with path.open("rb") as file:
        file.seek(max(_size(path), 0))
        return file.read()


def _sum(path: Path, size: int) -> bytes:
    """Return the XXH3 checksum (64 bits) of a file's first `size` bytes."""
    if size <= 0:
        return bytes(_SUM_BYTES)  # such a file is damaged
    content: Array = np.memmap(path, np.uint8, "r", shape=(size,))
    return _digest(path, content)


def _digest(path: Path, content: Array) -> bytes:
    """Return a checksum that goes with the panel's name: one in another's place is not sound."""
    return xxhash.xxh3_64_digest(content.data, seed=xxhash.xxh3_64_intdigest(path.stem.encode()))


def _sign(path: Path) -> None:
    """Write a panel's checksum over its last bytes."""
    with path.open("r+b") as file:
        file.seek(-_SUM_BYTES, os.SEEK_END)
        file.write(_sum(path, _size(path)))


def _new_panel(path: Path, shape: tuple[int, int], rule: PanelRule) -> np.memmap[Any, Any]:
    """Create a memory-mapped panel whose space is reserved (a full disk fails here, cleanly)."""
    head = _head(shape, rule.dtype)
    size = len(head) + shape[0] * shape[1] * rule.dtype.itemsize + _SUM_BYTES
    with path.open("wb") as file:
        file.write(head)
        if hasattr(os, "posix_fallocate"):
            os.posix_fallocate(file.fileno(), 0, size)
        file.truncate(size)
    return np.memmap(path, rule.dtype, "r+", offset=len(head), shape=shape)
