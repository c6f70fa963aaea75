"""Download vendors' tables into a folder that `quanthedge import` reads.

What is here serves every vendor: the plan's words, the pace, the folder and its journal. A vendor's
client and plan stand in the vendor's folder, beside the layout that reads its tables.

Tables keep the vendor's own columns and units. A download that was interrupted goes on where it
stopped; days that were not over when they were fetched are fetched again.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from quanthedge.sources.download.clients import vendor_client
    from quanthedge.sources.download.run import download
    from quanthedge.sources.download.summary import Summary

__all__ = ["Summary", "download", "vendor_client"]
_HOMES = {
    "Summary": "quanthedge.sources.download.summary",
    "download": "quanthedge.sources.download.run",
    "vendor_client": "quanthedge.sources.download.clients",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is used, so that the command line starts fast."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)
