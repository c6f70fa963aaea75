"""The code that decides a result: files and rooms of the package, with all that they import.

Whoever keeps a result names the files that work it out; what these import is found in their text,
so that nobody has to know it by heart. An import from a room's face stands for the whole room,
because a face may hand out its names as they are asked for.
"""

import hashlib
import re
from collections.abc import Callable, Iterable
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

__all__ = ["code_digest", "reached", "written_in"]

_ROOT = Path(str(files("quanthedge")))
_KINDS = (".py", ".toml", ".csv")  # code, and the facts and catalogues that it reads
# begun by what a search finds quickly; before it stands one word, an example's prompt does not
_IMPORT = re.compile(rb"quanthedge(?:\.([\w.]+)(?<=[^.]))?(?: import (\([^)]*\)|[^\n]*))?")
_BEFORE = (b"from", b"import")


@cache
def code_digest(places: tuple[str, ...]) -> str:
    """Return a digest of the files that places of the package consist of and import.

    Parameters
    ----------
    places : tuple of str
        Rooms ("market"), or files without their suffix ("risk/index_weights").

    Raises
    ------
    ValueError
        There is no such place.
    """
    found = hashlib.sha256()
    for file in sorted(reached(places)):
        found.update(file.encode() + b"\0" + _read(file)[0])
    return found.hexdigest()


def written_in(work: Callable[[], Any]) -> str:
    """Return the place of the file in which a function is written, outside the package itself.

    What is not of the package (a test's own work) is held to nothing by its code.
    """
    file = Path(work.__code__.co_filename)
    if not file.is_relative_to(_ROOT):
        return "stages/code"
    return file.relative_to(_ROOT).with_suffix("").as_posix()


def reached(places: Iterable[str]) -> set[str]:
    """Return the files of places, of all that they import, and so on, below the package."""
    found: set[str] = set()
    waiting = [file for place in places for file in _inside(place)]
    while waiting:
        file = waiting.pop()
        if file not in found:
            found.add(file)
            waiting.extend(one for place in _read(file)[1] for one in _inside(place))
    return found


@cache
def _inside(place: str) -> tuple[str, ...]:
    """Return the files of a place."""
    path = _ROOT / place
    if path.is_dir():
        inside = [one for one in path.rglob("*") if one.suffix in _KINDS]
    elif path.with_suffix(".py").is_file():
        inside = [path.with_suffix(".py"), *path.parent.glob("*.toml"), *path.parent.glob("*.csv")]
    else:
        raise ValueError(f"the package has no {place}")
    if path.parent == _ROOT and not path.is_dir():
        inside = inside[:1]  # what lies loose at the top is read by name
    return tuple(one.relative_to(_ROOT).as_posix() for one in inside)


@cache
def _read(file: str) -> tuple[bytes, tuple[str, ...]]:
    """Return the digest of a file, and the places that it imports."""
    text = (_ROOT / file).read_bytes()
    places: set[str] = set()
    if file.endswith(".py"):
        for one in _IMPORT.finditer(text):
            if text[text.rfind(b"\n", 0, one.start()) + 1 : one.start()].strip() in _BEFORE:
                names = re.findall(r"\w+", (one[2] or b"").decode())
                module = (one[1] or b"").decode().replace(".", "/")
                places.update(_imported(module, names))
    return hashlib.sha256(text).digest(), tuple(sorted(places))


def _imported(place: str, names: list[str]) -> set[str]:
    """Return the file of a module, or of a room the modules that are named; else the room."""
    if place and not (_ROOT / place).is_dir():
        return {place} if (_ROOT / f"{place}.py").is_file() else set()  # a word of a text
    inside = {(Path(place) / name).as_posix() for name in names}
    modules = {one for one in inside if (_ROOT / f"{one}.py").is_file()}
    if not place:  # the package's own face hands out what its rooms are asked for by name
        return modules | {one for one in inside if (_ROOT / one).is_dir()}
    return modules if modules and modules == inside else {place}
