"""The library that draws a page's figures, compressed as the page embeds it.

Little is imported here, so that a command can begin to compress while the rest is loaded.
"""

import base64
import gzip
from contextlib import suppress
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from threading import Lock, Thread

from quanthedge.errors import DataError

__all__ = ["begin_library", "library", "packed"]


def begin_library() -> None:
    """Compress the library on another thread, outside Python's lock, while a page is worked out."""

    def work() -> None:
        with suppress(DataError):  # told when the page asks for it
            library()

    Thread(target=work, daemon=True).start()  # nobody waits for it who needs no page


def library() -> str:
    """Return the plotly library, compressed and in base64.

    Raises
    ------
    DataError
        The file is missing.
    """
    with _ONE_AT_A_TIME:
        return _library_anew()


_ONE_AT_A_TIME = Lock()


@cache
def _library_anew() -> str:
    found = find_spec("plotly")  # where it lies: nothing of it is run
    place = Path(str(found.origin if found else "plotly")).parent
    source = place / "package_data" / "plotly.min.js"
    try:
        code = source.read_bytes()
    except OSError as error:
        raise DataError(
            f"report: plotly's library is missing at {source}; reinstall plotly"
        ) from error
    return packed(code)


def packed(content: bytes) -> str:
    """Return the bytes compressed and in base64, the same on every run."""
    return base64.b64encode(gzip.compress(content, compresslevel=6, mtime=0)).decode("ascii")
