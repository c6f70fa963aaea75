"""What a store holds of each run, but for the moment and the seconds of its work."""

import hashlib
import json
from pathlib import Path

import pyarrow.parquet as pq

__all__ = ["series_of"]


def series_of(store: Path) -> dict[str, str]:
    """Return a digest of each run's days, figures and parts, by the run's key.

    Every byte of every column counts, and everything that the file says of the run but for when and
    how long it was worked out.
    """
    return {path.parent.name: _digest(path) for path in store.glob("runs/*/*/series.parquet")}


def _digest(path: Path) -> str:
    table = pq.read_table(path)
    head = json.loads(table.schema.metadata[b"quanthedge"])
    del head["when"], head["seconds"]
    found = hashlib.sha256(json.dumps(head, sort_keys=True).encode())
    for name in table.column_names:
        values = table.column(name).to_numpy()
        texts = values.dtype == object  # whose bytes are places in memory
        found.update(
            name.encode() + (repr(values.tolist()).encode() if texts else values.tobytes())
        )
    return found.hexdigest()
