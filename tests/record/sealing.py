"""A run folder whose digests fit what is in it, whatever that is."""

import json
from pathlib import Path

from quanthedge.record.folder import RUN_FILE, _digest, _head_bytes


def seal(folder: Path) -> None:
    """Write the digests of a run folder anew, as if the program had written what is in it."""
    document = json.loads((folder / RUN_FILE).read_bytes())
    for name in document["files"]:
        if (folder / name).is_file():
            document["files"][name] = _digest((folder / name).read_bytes())
    (folder / RUN_FILE).write_bytes(_head_bytes(document))
