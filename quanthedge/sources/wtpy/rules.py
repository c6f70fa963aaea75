"""WonderTrader's rule files: which contract a continuous series was, and stocks' factors.

`hots.json`: ``{"CFFEX": {"IF": [{"date": 20200917, "from": "IF2009", "to": "IF2010", "oldclose":
6353.6, "newclose": 6267.0}, ...]}}``: from that day on the series is `to`; the closes are those of
the trading day before. `adjfactors.json`: ``{"SSE": {"600000": [{"date": 20140624, "factor":
1.0667}, ...]}}``: from that day on the factor holds; before the first one it is 1.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from quanthedge.errors import DataError
from quanthedge.market import Code
from quanthedge.sources.files import as_dates
from quanthedge.storage import PlainFile, claim

__all__ = ["Switch", "factors_of", "switches_of"]

Array = np.ndarray[Any, Any]
_LARGEST = 64 << 20


@dataclass(frozen=True)
class Switch:
    """One change of contract of a continuous series.

    Attributes
    ----------
    date
        First day of the new contract.
    contract
        The new contract.
    before
        The contract before; None when the file does not say.
    last_close
        Close of the contract before on the day before; NaN when the file does not say.
    """

    date: np.datetime64
    contract: str
    before: str | None
    last_close: float


def switches_of(path: Path, product: str) -> list[Switch]:
    """Return the changes of contract of a CFFEX product in order, [] when the file has none."""
    entries = _entries(_json(path), "CFFEX", product)
    dates = _dates(path, entries)
    switches = []
    for entry, date in zip(entries, dates, strict=True):
        contract, before = (_contract(path, entry.get(key)) for key in ("to", "from"))
        if contract is None:
            raise DataError(f"{path}: the entry of {product} on {date} has no contract in 'to'")
        close = entry.get("oldclose")
        known = isinstance(close, (int, float)) and not isinstance(close, bool) and close > 0
        switches.append(Switch(date, contract, before, float(close) if known else float("nan")))  # type: ignore[arg-type]
    _check_order(path, product, dates)
    return switches


def factors_of(path: Path) -> dict[str, tuple[Array, Array]]:
    """Return dates (datetime64[D]) and factors of each stock, in order of the dates."""
    found: dict[str, tuple[Array, Array]] = {}
    root = _json(path)
    for exchange, stocks in root.items():
        if exchange not in ("SSE", "SZSE", "BSE") or not isinstance(stocks, dict):
            continue
        for name in stocks:
            word = str(name).rpartition(".")[2]
            try:
                code = Code(f"{word}.{exchange}").stock()
            except DataError:
                continue  # funds and bonds
            entries = _entries(root, exchange, name)
            dates = _dates(path, entries)
            factors = [entry.get("factor") for entry in entries]
            if not all(isinstance(f, (int, float)) and 0 < f < 1e9 for f in factors):
                raise DataError(f"{path}: {exchange} {name} has a factor that is no number above 0")
            _check_order(path, str(name), dates)
            values = np.array(factors, dtype=np.float64)
            if code in found and not (
                np.array_equal(found[code][0], dates) and np.array_equal(found[code][1], values)
            ):
                raise DataError(f"{path}: {code} is there twice with other factors; keep one")
            found[code] = (dates, values)
    return found


def _json(path: Path) -> dict[str, Any]:
    try:
        claim(path, bytes=path.stat().st_size)
        root = PlainFile(path, _LARGEST).json()
    except OSError as problem:
        raise DataError(f"{path}: unreadable ({problem.strerror})") from problem
    except ValueError as problem:
        raise DataError(f"{path}: unreadable as JSON ({str(problem)[:100]})") from problem
    if not isinstance(root, dict):
        raise DataError(f"{path}: accepted: an object by exchange, then by product or stock")
    return root


def _entries(root: dict[str, Any], exchange: str, name: str) -> list[dict[str, Any]]:
    """Return the entries of a product or stock in order of their dates."""
    products = root.get(exchange, {})
    entries = products.get(name, []) if isinstance(products, dict) else []
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise DataError(f"{exchange} {name}: accepted: a list of entries with a date")
    return sorted(entries, key=lambda entry: str(entry.get("date")))


def _dates(path: Path, entries: list[dict[str, Any]]) -> Array:
    words = [str(entry.get("date")) for entry in entries]
    if not words:
        return np.empty(0, dtype="datetime64[D]")
    days = as_dates(pa.array(words, pa.string()), f"{path}: date")
    if days.null_count:
        raise DataError(f"{path}: an entry has no date; accepted: 20140917")
    return np.asarray(days.to_numpy(zero_copy_only=False)).astype("datetime64[D]")


def _contract(path: Path, word: Any) -> str | None:
    if word is None or word == "":
        return None
    try:
        return Code(str(word)).contract()
    except DataError as problem:
        raise DataError(f"{path}: {problem}") from problem


def _check_order(path: Path, name: str, dates: Array) -> None:
    again = np.flatnonzero(np.diff(dates).astype(int) == 0)
    if len(again):
        raise DataError(f"{path}: {name} has two entries on {dates[again[0]]}; keep one")
