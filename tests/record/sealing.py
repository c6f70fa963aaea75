"""A run folder whose digests fit what is in it, whatever that is."""

import json
from pathlib import Path

from quanthedge.record.head import RUN_FILE
from quanthedge.record.sealed import digest_of, head_bytes


def seal(folder: Path) -> None:
    """Write the digests of a run folder anew, as if the program had written what is in it."""
    document = json.loads((folder / RUN_FILE).read_bytes())
    for name in document["files"]:
        if (folder / name).is_file():
            document["files"][name] = digest_of((folder / name).read_bytes())
    (folder / RUN_FILE).write_bytes(head_bytes(document))
