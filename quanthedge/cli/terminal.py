"""What the command line does whatever happens: one line for each error, the right exit code.

A console may speak an encoding without half of our letters, the reader of a pipe may have gone,
the disk behind a redirected output may be full, memory may be limited. None of it is a reason for
a traceback, and none of it changes what the exit code says of the work.
"""

import atexit
import errno
import io
import os
import re
import sys
import threading
import traceback
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from quanthedge.cli.language import speak_as_the_environment, spoken
from quanthedge.documents import visible
from quanthedge.errors import DataError, LedgerError, QuantHedgeError
from quanthedge.words import error_said

if TYPE_CHECKING:
    from quanthedge.typing import Language

__all__ = ["answer", "leave", "prepare_streams"]

TRACEBACK = "QUANTHEDGE_TRACEBACK"  # environment variable: show where a fault of ours comes from
_GONE = (errno.EPIPE, errno.EINVAL)  # EINVAL: so Windows says that the reader of a pipe has gone
_LEAST_MEMORY = 2 * 2**30  # bytes of addresses, most of them never used
_MEMORY = (
    "Cannot allocate memory",
    "failed to map segment",
    "can't start new thread",
    "Could not find/load shared object file",
)  # the last: llvmlite


def answer(command: Callable[[], Any]) -> int:
    """Run a command line and return its exit code; every error ends in one line.

    0 done; 1 and others as the command says; 2 wrong use or input, or a machine that has no room
    for the work; 3 a fault of QuantHedge itself; 130 interrupted.
    """
    speak_as_the_environment()
    try:
        _check_memory()
        code = _code(command)
        sys.stdout.flush()
    except KeyboardInterrupt:
        _say(_said("interrupted; nothing was written"))
        return 130
    except Exception as error:
        line, code = _told(error)
        _say(f"{'错误：' if _language() == 'zh' else 'error: '}{line}")
    return code


def leave(code: int) -> NoReturn:
    """End the process: all is written, so the system may take its memory as it stands.

    Python would take apart a million objects one by one first, half a second after a run. It still
    does where a thread is at work, or a profiler or debugger waits for the end.
    """
    busy = [one for one in threading.enumerate() if one is not threading.main_thread()]
    watched = sys.getprofile() is not None or sys.gettrace() is not None
    if watched or not all(one.daemon for one in busy):
        sys.exit(code)
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError, AttributeError, DataError):  # None, closed, a full disk
            stream.flush()
    os._exit(code)


def _language() -> "Language":
    """Return the language that the command speaks; English where the environment names none."""
    try:
        return spoken()
    except QuantHedgeError:
        return "en"


def _said(line: str) -> str:
    return error_said(line, _language())


def _told(error: Exception) -> tuple[str, int]:
    """Return what an error is in one line, and its exit code."""
    if isinstance(error, QuantHedgeError):
        # a list of findings has indented lines; any other break came out of somebody's file
        line = re.sub(r"[\r\n]+(?!  )", " ", error_said(error, _language()))
        return line, 3 if isinstance(error, LedgerError) else 2
    if isinstance(error, MemoryError) or any(words in str(error) for words in _MEMORY):
        return _said(_NO_MEMORY), 2
    if isinstance(error, OSError):
        return _said(_of_system(error)), 2
    if isinstance(error, RuntimeError) and str(error).startswith("Symlink loop"):  # Path.resolve
        return _said(f"{str(error).partition(' from ')[2]}: links that lead round in a circle"), 2
    return _fault(error), 3


_NO_MEMORY = (
    "not enough memory for this (or a limit on it, ulimit -v); choose fewer days, stocks or "
    "processes, or free some"
)


def _check_memory() -> None:
    """Refuse a limit under which libraries of linear algebra hang or crash before they say so."""
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return
    limit = resource.getrlimit(resource.RLIMIT_AS)[0]
    if limit not in (-1, resource.RLIM_INFINITY) and limit < _LEAST_MEMORY:
        raise DataError(
            f"memory is limited to {limit / 2**30:.1f} GB of addresses (ulimit -v); "
            f"{_LEAST_MEMORY / 2**30:.0f} GB are the least that the libraries need"
        )


def _code(command: Callable[[], Any]) -> int:
    try:
        command()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 0 if end.code is None else 2
    return 0


def _say(text: str) -> None:
    with suppress(OSError, DataError):
        sys.stdout.flush()
    print(visible(text), file=sys.stderr)


def _of_system(error: OSError) -> str:
    """Return what the system refuses, in a line."""
    if error.errno in (errno.ENOMEM, errno.EAGAIN):
        return _NO_MEMORY
    where = f"{error.filename}: " if error.filename else ""
    why = {
        errno.ENOSPC: "the disk is full",
        errno.EDQUOT: "the disk quota is used up",
        errno.EFBIG: "a file grew beyond what this system allows one to be (ulimit -f)",
        errno.EMFILE: "too many open files (ulimit -n)",
        errno.ENAMETOOLONG: "the name is too long",
        errno.ELOOP: "links that lead round in a circle",
    }.get(error.errno or 0, error.strerror or str(error))
    return f"{where}{why}"


def _fault(error: Exception) -> str:
    """Return what went wrong inside, and where; all of it where it is asked for."""
    if os.environ.get(TRACEBACK):
        traceback.print_exception(error)
    ours = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if f"{os.sep}quanthedge{os.sep}" in frame.filename
    ]
    place = f", {Path(ours[-1].filename).name} line {ours[-1].lineno}" if ours else ""
    text = " ".join(str(error).split())[:300]
    return (
        f"a fault of QuantHedge itself ({type(error).__name__}{place}: {text}); please report it "
        f"with what {TRACEBACK}=1 in the environment shows"
    )


def prepare_streams() -> None:
    """Let output replace what the console cannot print, and go on when nobody reads it."""
    sys.unraisablehook = _unraisable
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:  # closed by who started us
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115
        elif type(stream) is io.TextIOWrapper:
            stream.reconfigure(errors="replace")
            # PYTHONUNBUFFERED leaves the buffer out
            if type(getattr(stream.buffer, "raw", stream.buffer)) is io.FileIO:
                setattr(sys, name, _patient(stream))


def _unraisable(about: Any) -> None:
    """Leave out what a full disk does to files that are closed after the error was told."""
    if not isinstance(about.exc_value, OSError | MemoryError):
        sys.__unraisablehook__(about)


def _patient(stream: io.TextIOWrapper) -> io.TextIOWrapper:
    """Return a stream to the same file that does not mind when the other end has gone."""
    stream.flush()
    raw = _Patient(stream.fileno(), "wb", closefd=False)
    return io.TextIOWrapper(
        io.BufferedWriter(raw),
        encoding=stream.encoding,
        errors="replace",
        line_buffering=stream.line_buffering,
        write_through=stream.write_through,
    )


class _Patient(io.FileIO):
    """A file that is written to as long as somebody takes it."""

    gone = False

    def write(self, data: Any, /) -> int:
        """Write bytes; all of them count as written once nobody reads."""
        size = memoryview(data).nbytes
        if self.gone:
            return size
        try:
            return super().write(data)
        except OSError as error:
            self.gone = True
            if error.errno in _GONE:
                return size
            raise DataError(f"the output could not be written ({error.strerror})") from error
