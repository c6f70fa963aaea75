"""A run made again: the same bytes, or what changed since.

What decides a run's figures is known of it: strategy, data (fingerprint), days, the versions of the
packages, the digest of this package's code, the text of the user's own code. These are compared
first; then the run is made again and its files are compared byte by byte, in memory: nothing is
written, and a process that is killed leaves nothing behind (but own code and tables of a run that
is not kept whole, in a temporary folder that the next command removes).

One number may differ without anything having changed: ``trials`` in ``run.json``, how many trials
the registry knew when the run was made.
"""

import io
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from quanthedge.backtesting import Result, asked, backtest, complete, prepare
from quanthedge.batch.store.rows import (
    MADE,
    about_run,
    read_series,
    series_bytes,
    sha256,
    strategy_of,
)
from quanthedge.batch.store.store import Store
from quanthedge.batch.store.whole import series_of
from quanthedge.batch.variant import SERIES
from quanthedge.errors import DataError
from quanthedge.record import RunFolder, differences, wanted
from quanthedge.storage import temporary_folder
from quanthedge.strategy import VARIANTS, Strategy, load_strategy
from quanthedge.trials import digest

if TYPE_CHECKING:
    from collections.abc import Callable

    from quanthedge.market import Market
    from quanthedge.typing import Tell

    Again = Callable[[Path, Market], Result]

__all__ = ["Reproduction", "reproduce"]

_BY_NATURE = ("trials", "digest")  # of run.json: what was known by then, and the digest over it


class Reproduction(NamedTuple):
    """What came of making a run again.

    Attributes
    ----------
    run : str
        Folder or key.
    changed : tuple of str
        What decides figures and is not as it was: data, code, versions; a line each.
    files : DataFrame
        Columns file, same (bool), difference (the first one, in words).
    """

    run: str
    changed: tuple[str, ...]
    files: pd.DataFrame

    @property
    def same(self) -> bool:
        """Whether every file came out the same to the byte."""
        return bool(self.files["same"].all())

    def __repr__(self) -> str:
        differing = int((~self.files["same"]).sum())
        state = "the same bytes" if self.same else f"{differing} of {len(self.files)} files differ"
        return f"<Reproduction of {self.run}: {state}>"


def reproduce(
    run: str | Path,
    market: "Market",
    *,
    store: Store | None = None,
    keep: bool = False,
    tell: "Tell | None" = None,
    again: "Again | None" = None,
) -> Reproduction:
    """Make a run again and compare it with what was kept, byte by byte.

    Parameters
    ----------
    run : str or Path
        A run folder; or, with ``store``, the first letters of a key.
    market : Market
        The market of the run; of another fingerprint, the data are named as what changed.
    store : Store, optional
        Where the run is kept. Of a run that is not kept whole its days are compared.
    keep : bool
        Keep the run whole in the store, where it came out the same.
    tell : callable, optional
        Called with a short text at the beginning of each stage.
    again : callable, optional
        What makes a walk-forward run of a run folder again: ``quanthedge.batch.WalkForward.again``.

    Returns
    -------
    Reproduction

    Raises
    ------
    DataError
        There is no such run, or it was changed since it was written.
    """
    if store is None:
        return _folder(Path(run), str(run), market, tell, again)
    key = store.find(str(run))
    if store.is_whole(key):
        store.result(key)  # refuses a folder that is not as it was kept
        return _folder(store.folder_of(key), key[:12], market, tell, again)
    return _days(store, key, market, keep=keep, tell=tell)


def _folder(
    folder: Path, name: str, market: "Market", tell: "Tell | None", again: "Again | None"
) -> Reproduction:
    """Make the run of a folder again, from the strategy and the own code in it."""
    kept = Result.open(folder)
    strategy = load_strategy(folder / "strategy.json")
    info, names = kept.market_info, tuple(kept.request["variants"])
    earlier = wanted(kept.strategy, dict(info), kept.versions, dict(kept.request))
    start, end = info["start"], info["end"]
    now = asked(strategy, market, start, end, names)
    walked = kept.request.get("walk_forward")
    if walked:
        now["walk-forward"] = walked
    changed = _changed(earlier, now)
    # by "all", what the data cannot carry is left out and noted; by its name it would be refused
    given = ("all",) if set(names) == set(VARIANTS) else names
    if walked:
        if again is None:
            raise DataError(
                f"{folder}: a walk-forward run; quanthedge.batch.WalkForward.again makes it again"
            )
        result = again(folder, market)
    else:
        result = backtest(strategy, market, start, end, variants=given, tell=tell)
    content = RunFolder.content(result, lambda: result.summary().to_dict())
    rows = []
    for file in sorted({*RunFolder(folder).files(), *content}):
        before = (folder / file).read_bytes() if (folder / file).is_file() else None
        rows.append((file, _unlike(file, before, content.get(file))))
    return Reproduction(name, changed, _files(rows))


def _days(
    store: Store, key: str, market: "Market", *, keep: bool, tell: "Tell | None"
) -> Reproduction:
    """Make a run again of which the days are kept, and compare these."""
    row, parts = store.about(key), store.parts(key)
    made = parts[MADE]
    tables = {name: store.table_file(name, sum_) for name, sum_ in made["own tables"].items()}
    strategy = _strategy(parts, made["own code"], tables)
    same_data = market.fingerprint == row["fingerprint"]
    start, end = (made["start"], made["end"]) if same_data else (row["start"], row["end"])
    now = asked(strategy, market, start, end)
    earlier = now | {
        "market": row["fingerprint"],
        "version": made["versions"],
        "code of quanthedge": made["code"],
        "own code": {name: sha256(text.encode()) for name, text in made["own code"].items()},
    }
    changed = _changed(earlier, now)
    if not changed and digest(now) != key:
        changed = ("products or tables: what the strategy names is not as it was",)
    if keep:
        result = backtest(strategy, market, start, end, tell=tell)
    else:
        result = complete(prepare(strategy, market, start, end, tell=tell), tell=tell)
    before = store.series_file(key)
    data = series_bytes(key, series_of(result), about_run(before))
    found = Reproduction(key[:12], changed, _files([("series.parquet", _unlike("", before, data))]))
    if keep and found.same and not changed:
        store.keep(key, result)
    return found


def _strategy(
    parts: Mapping[str, Any], code: Mapping[str, str], tables: Mapping[str, bytes]
) -> Strategy:
    """Return the strategy of parts, its own code and tables as they were kept."""
    plain = strategy_of(parts)
    if not code and not tables:
        return Strategy.model_validate(plain)
    with temporary_folder("reproduce") as folder:
        # beside the strategy, where a file that it names is looked for
        laid = {name.removeprefix("code/"): text.encode() for name, text in code.items()}
        for name, data in {**laid, **tables, "strategy.json": json.dumps(plain).encode()}.items():
            place = (folder / name).resolve()
            if folder.resolve() not in place.parents:
                raise DataError(f"own code {name!r}: is no path below the folder of a run")
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(data)
        return load_strategy(folder / "strategy.json")


def _changed(earlier: dict[str, Any], now: dict[str, Any]) -> tuple[str, ...]:
    """Return what decides figures and is not as it was, a line each."""
    names = {"market": "data", "version": "versions", "code of quanthedge": "code"}
    found = []
    for name, before in earlier.items():
        words = differences({name: before}, {name: now[name]})
        if words:
            label = names.get(name, name)
            found.append(f"{label}: {words.removeprefix(f'{name} ').removeprefix(f'{name}.')}")
    return tuple(found)


def _files(rows: list[tuple[str, str]]) -> pd.DataFrame:
    return pd.DataFrame(
        [(file, not difference, difference) for file, difference in rows],
        columns=["file", "same", "difference"],
    )


def _unlike(file: str, before: bytes | None, now: bytes | None) -> str:
    """Return the first difference of two versions of a file; empty where there is none."""
    if before is None or now is None:
        return "is not made any more" if now is None else "was not there"
    if before == now:
        return ""
    if file == RunFolder.HEAD:
        return _unlike_heads(json.loads(before), json.loads(now))
    if file.endswith(".json"):
        return differences(json.loads(before), json.loads(now)) or "another order of keys"
    if file and not file.endswith(".parquet"):
        return _unlike_lines(before.decode("utf-8"), now.decode("utf-8"))
    if file:
        frames = [pd.read_parquet(io.BytesIO(data)) for data in (before, now)]
    else:
        frames = [read_series(data, SERIES) for data in (before, now)]
    return _unlike_tables(*frames)


def _unlike_heads(before: dict[str, Any], now: dict[str, Any]) -> str:
    """Return how two ``run.json`` differ beyond what differs by nature and other files say."""
    left_out = {*_BY_NATURE, "files"}
    pair = [{k: v for k, v in one.items() if k not in left_out} for one in (before, now)]
    return differences(*pair)


def _unlike_lines(before: str, now: str) -> str:
    old, new = before.splitlines(), now.splitlines()
    for number, (one, other) in enumerate(zip(old, new, strict=False), 1):
        if one != other:
            return f"line {number}: {one[:60]!r}, now {other[:60]!r}"
    return f"{len(old)} lines, now {len(new)}"


def _unlike_tables(before: pd.DataFrame, now: pd.DataFrame) -> str:
    """Return the first cell that differs in two tables, by rows, and how many rows do."""
    if list(before.columns) != list(now.columns):
        gone = [str(one) for one in before.columns if one not in now.columns]
        new = [str(one) for one in now.columns if one not in before.columns]
        return f"columns: without {', '.join(gone) or 'none'}, new {', '.join(new) or 'none'}"
    both = min(len(before), len(now))
    differing = np.zeros((both, before.shape[1]), bool)
    for place, name in enumerate(before.columns):
        differing[:, place] = list(_unequal(before[name].iloc[:both], now[name].iloc[:both]))
    rows = "" if len(before) == len(now) else f"{len(before):,} rows, now {len(now):,}; "
    if not before.index[:both].equals(now.index[:both]):
        rows += "other days; "
    where = np.flatnonzero(differing.any(axis=1))
    if not where.size:
        return rows.removesuffix("; ") or "the same cells in other bytes"
    row, column = where[0], int(np.argmax(differing[where[0]]))
    at = before.index[row]
    label = f"{at:%Y-%m-%d}" if isinstance(at, pd.Timestamp) else f"row {at}"
    then, later = (_plain(frame.iat[row, column]) for frame in (before, now))  # noqa: PD009
    return (
        f"{rows}{before.columns[column]} of {label}: {then}, now {later} "
        f"({where.size:,} of {both:,} rows differ)"
    )


def _plain(cell: Any) -> str:
    """Return a cell as it is read, every digit of a number."""
    return repr(cell.item()) if isinstance(cell, np.generic) else str(cell)


def _unequal(one: pd.Series, other: pd.Series) -> Iterator[bool]:
    for left, right in zip(one.tolist(), other.tolist(), strict=True):
        missing = pd.isna(left), pd.isna(right)
        yield missing[0] != missing[1] if any(missing) else left != right
