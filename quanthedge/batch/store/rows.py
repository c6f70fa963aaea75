"""What a run is in the catalogue: its figures, its strategy in shared parts, the file of its days.

Runs of a sweep differ in one section of their strategies and have the others in common. A strategy
is therefore kept as parts, one for each section, each of them once in the whole store.
"""

import hashlib
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

import pandas as pd

from quanthedge.backtesting import versions
from quanthedge.batch.variant import SERIES, Outcome, Variant
from quanthedge.errors import DataError
from quanthedge.stages import code_digest
from quanthedge.storage import Budget
from quanthedge.strategy import Strategy

__all__ = [
    "MADE",
    "Entry",
    "about_run",
    "canonical",
    "check_series",
    "figures_text",
    "flat",
    "parts_of",
    "read_series",
    "series_bytes",
    "sha256",
    "strategy_of",
]

MADE = "made"  # the part that says by which versions and which code a run was made
_PLAIN = "strategy"  # the part with the keys of the strategy that are no sections
_SECTION = "strategy."
_ABOUT = b"quanthedge"  # key of the metadata of a series' file


class Entry(NamedTuple):
    """A variant and what came of it, for :meth:`Store.add`.

    Attributes
    ----------
    variant : Variant
    outcome : Outcome
    market : mapping
        ``name`` and ``fingerprint`` of the market.
    sweep : str
        Id of the sweep that it belongs to, or empty.
    label : str
        What a reader calls it; the strategy's name when empty.
    """

    variant: Variant
    outcome: Outcome
    market: Mapping[str, Any]
    sweep: str = ""
    label: str = ""


def sha256(data: bytes) -> str:
    """Return the digest of bytes."""
    return hashlib.sha256(data).hexdigest()


def canonical(plain: Any) -> str:
    """Return plain data as JSON in one form."""
    return json.dumps(plain, ensure_ascii=False, sort_keys=True, allow_nan=False)


def parts_of(
    strategy: Strategy,
    code: Mapping[str, str],
    tables: Mapping[str, bytes],
    start: str | None,
    end: str | None,
) -> list[str]:
    """Return a run's parts as JSON texts ``[name, content]``: sections, and what made it.

    ``strategy`` has its tables read; ``code`` is the user's own and ``tables`` those of
    scores and weights that it names, by their files;
    ``start`` and ``end`` are the days that were asked for.
    """
    plain = strategy.model_dump(mode="json")
    sections = {name: value for name, value in plain.items() if isinstance(value, dict | list)}
    rest = {name: value for name, value in plain.items() if name not in sections}
    made = {
        "versions": _versions(),
        "code": code_digest(),
        "own code": dict(code),
        "own tables": {name: sha256(data) for name, data in tables.items()},
        "start": start,
        "end": end,
    }
    named = [(_PLAIN, rest), *((_SECTION + name, value) for name, value in sections.items())]
    return [canonical([name, content]) for name, content in [*named, (MADE, made)]]


@cache
def _versions() -> dict[str, str]:
    return versions()


def strategy_of(parts: Mapping[str, Any]) -> dict[str, Any]:
    """Return the plain strategy of parts by name."""
    found = dict(parts[_PLAIN])
    for name, content in parts.items():
        if name.startswith(_SECTION):
            found[name.removeprefix(_SECTION)] = content
    return found


def flat(name: str, content: Any) -> dict[str, Any]:
    """Return a part's values by their dotted names; what made a run is no parameter of it.

    >>> flat("strategy.hedge", {"ratio": 0.8, "policy": {"kind": "calendar"}})
    {'hedge.ratio': 0.8, 'hedge.policy.kind': 'calendar'}
    >>> flat("strategy.factors", [{"weight": 1.0}, {"weight": 2.0}])
    {'factors.0.weight': 1.0, 'factors.1.weight': 2.0}
    """
    if name == MADE:
        return {}
    return dict(_flat(name.removeprefix(_SECTION) if name != _PLAIN else "", content))


def _flat(place: str, content: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(content, dict | list) and content:
        inner = content.items() if isinstance(content, dict) else enumerate(content)
        for key, value in inner:
            yield from _flat(f"{place}.{key}" if place else str(key), value)
    elif isinstance(content, dict | list):
        yield place, None
    else:
        yield place, content


def figures_text(figures: Mapping[str, float]) -> str:
    """Return figures as JSON; what is no number is null.

    Raises
    ------
    DataError
        A figure has no name or is something else than a number.
    """
    plain: dict[str, float | None] = {}
    for name, value in figures.items():
        try:
            number = math.nan if value is None else float(value)
        except (TypeError, ValueError) as error:
            raise DataError(f"store: the figure {name!r} is {value!r}, no number") from error
        plain[str(name)] = number if math.isfinite(number) else None
    return json.dumps(plain, ensure_ascii=False, allow_nan=False)


def check_series(key: str, series: pd.DataFrame) -> None:
    """Refuse a series that lacks a column, or whose rows are not days in ascending order.

    Raises
    ------
    DataError
        Says which.
    """
    missing = [name for name in SERIES if name not in series.columns]
    days = pd.DatetimeIndex(series.index)
    if missing or len(days) < 2 or not (days.is_unique and days.is_monotonic_increasing):
        wrong = f"no column {missing[0]}" if missing else "days are not in ascending order"
        raise DataError(f"store: the series of run {key[:8]}: {wrong}")


def series_bytes(key: str, series: pd.DataFrame, about: Mapping[str, Any]) -> bytes:
    """Return the Parquet file of a run's days: ``run``, ``date`` and the columns of ``SERIES``.

    ``about`` is what the catalogue says of the run; it stands in the file's metadata with a digest
    of the days, so that the catalogue can be made again from the files.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    days = pd.DatetimeIndex(series.index)
    run = pa.DictionaryArray.from_arrays(pa.array([0] * len(days), pa.int32()), pa.array([key]))
    columns = {
        "run": run,
        "date": pa.array(days.to_numpy().astype("datetime64[D]")),
        **{name: pa.array(series[name].to_numpy("float64")) for name in SERIES},
    }
    head = canonical({**about, "key": key, "digest": _digest(series)})
    table = pa.table(columns).replace_schema_metadata({_ABOUT: head.encode("utf-8")})
    page = pa.BufferOutputStream()
    pq.write_table(table, page, compression="zstd", use_dictionary=["run"])
    return bytes(page.getvalue().to_pybytes())


def _digest(series: pd.DataFrame) -> str:
    found = hashlib.sha256(series.index.to_numpy().astype("datetime64[D]").tobytes())
    for name in SERIES:
        found.update(series[name].to_numpy("float64").tobytes())
    return found.hexdigest()


def about_run(data: bytes) -> dict[str, Any]:
    """Return what the file of a run's days says of the run, when its days are those it was told of.

    Raises
    ------
    ValueError
        The bytes are no such file, or damaged.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    series = read_series(data, SERIES)
    metadata = pq.read_schema(pa.BufferReader(data)).metadata or {}
    try:
        about = json.loads(metadata[_ABOUT])
        found = about.pop("digest")
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError("it does not say of which run") from error
    if found != _digest(series):
        raise ValueError("its days are not those that were written")
    plain: dict[str, Any] = about
    return plain


def read_series(data: bytes, columns: Sequence[str]) -> pd.DataFrame:
    """Return columns of a series' file, indexed by date as the ledger's tables are.

    Raises
    ------
    ValueError
        The bytes are no such file.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(pa.BufferReader(data))
        if file.metadata.num_rows * len(SERIES) * 8 > Budget.now().file_bytes:
            raise ValueError(f"{file.metadata.num_rows:,} rows")
        table = file.read(["date", *columns])
        days = table["date"].to_numpy().astype("datetime64[ms]")
        values = {name: table[name].to_numpy() for name in columns}
    except (pa.ArrowException, KeyError, OSError, TypeError) as error:
        raise ValueError(" ".join(str(error).split())) from error
    return pd.DataFrame(values, index=pd.DatetimeIndex(days, name="date"))
