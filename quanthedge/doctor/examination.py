"""The examination of an installation: a finding for each thing that a run depends on.

Each check stands alone and is caught when it fails, because what is examined may be broken; so
nothing heavy is imported before its own check.
"""

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib import import_module
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import Any, Final, Literal

from quanthedge.words import LANGUAGES, Bilingual, in_both, texts

__all__ = ["Finding", "examine"]

State = Literal["ok", "note", "bad"]

_OLDEST: Final = (3, 11)
_TRIED: Final = ("3.11", "3.12", "3.13")
_LEAST_MEMORY: Final = 2 * 2**30  # bytes free, of a run of ten years of all stocks
_LEAST_DISK: Final = 2**30
_GIGABYTE: Final = 2**30
_EXTRAS_OF_WORK: Final = ("pdf", "optimise", "garch", "excel")  # the others belong to one service


@dataclass(frozen=True)
class Finding:
    """What was found of one thing.

    Attributes
    ----------
    name : str
        Which, as a key that stays the same.
    state : {"ok", "note", "bad"}
        ``note``: something that only some jobs need, or that only takes time; ``bad``: the main job
        does not run.
    said, cure : dict
        In words, by language; ``cure`` is empty where there is nothing to do.
    facts : dict
        The same as numbers and paths.
    """

    name: str
    state: State
    said: Bilingual
    cure: Bilingual = field(default_factory=lambda: dict.fromkeys(LANGUAGES, ""))
    facts: dict[str, Any] = field(default_factory=dict)


def examine() -> list[Finding]:
    """Return what was found, in the order in which one thing needs another.

    Examples
    --------
    >>> [finding.name for finding in examine()][:2]
    ['python', 'quanthedge']
    """
    found: list[Finding] = []
    for name, check in _CHECKS.items():
        try:
            found.extend(check())
        except Exception as problem:  # whatever a broken installation does
            why = f"{type(problem).__name__}: {' '.join(str(problem).split())[:200]}"
            found.append(_finding(name, "bad", "broken", "reinstall", why=why))
    return found


def _finding(
    name: str,
    state: State,
    said: str,
    cure: str = "",
    facts: dict[str, Any] | None = None,
    **values: object,
) -> Finding:
    words = texts("quanthedge.doctor", "words")
    told = in_both(words["said"][said], **values)
    none = dict.fromkeys(map(str, LANGUAGES), "")
    help_ = in_both(words["cure"][cure], **values) if cure else none
    return Finding(name, state, told, help_, values | (facts or {}))


def _python() -> Iterator[Finding]:
    version, running = ".".join(map(str, sys.version_info[:3])), sys.executable
    if sys.version_info < _OLDEST:
        yield _finding("python", "bad", "python", "python_old", version=version, path=running)
    elif f"{sys.version_info[0]}.{sys.version_info[1]}" not in _TRIED:
        tried = ", ".join(_TRIED)
        yield _finding(
            "python", "note", "python", "python_new", version=version, path=running, tried=tried
        )
    else:
        yield _finding("python", "ok", "python", version=version, path=running)


def _package() -> Iterator[Finding]:
    from quanthedge import __version__

    place = Path(__file__).parents[1]
    yield _finding("quanthedge", "ok", "quanthedge", version=__version__, path=str(place))


def _packages() -> Iterator[Finding]:
    """Whether what every job needs is there, in the versions that are asked for."""
    wrong = [told for told in map(_wrong, _wanted("")) if told]
    count = len(_wanted(""))
    if wrong:
        yield _finding("packages", "bad", "packages_wrong", "reinstall", wrong="; ".join(wrong))
    else:
        yield _finding("packages", "ok", "packages", count=count)


def _extras() -> Iterator[Finding]:
    """Whether what only some jobs need is there, extra by extra; those of one service together."""
    there: list[str] = []
    absent: list[str] = []
    for extra in distribution("quanthedge").metadata.get_all("Provides-Extra") or []:
        wanted = _wanted(extra)
        if extra in ("all", "dev") or not wanted:
            continue
        wrong = [told for told in map(_wrong, wanted) if told]
        if wrong and extra in _EXTRAS_OF_WORK:
            told = "; ".join(wrong)
            yield _finding(extra, "note", "extra_missing", "extra", extra=extra, wrong=told)
        else:
            (absent if wrong else there).append(extra)
    if there:
        yield _finding("extras", "ok", "extras", extras=", ".join(there))
    if absent:
        yield _finding("other extras", "ok", "extras_unused", extras=", ".join(absent))


def _wanted(extra: str) -> list[Any]:
    """Return what the package, or one of its extras, asks for directly."""
    from packaging.requirements import Requirement

    known = [Requirement(line) for line in distribution("quanthedge").requires or []]
    if not extra:
        return [one for one in known if one.marker is None or one.marker.evaluate({"extra": ""})]
    return [
        one
        for one in known
        if one.marker is not None
        and one.marker.evaluate({"extra": extra})
        and not one.marker.evaluate({"extra": ""})
    ]


def _wrong(wanted: Any) -> str:
    """Return what is wrong with a package that is asked for; empty where nothing is."""
    try:
        there: Distribution = distribution(wanted.name)
    except PackageNotFoundError:
        return f"{wanted.name} is missing"
    if wanted.specifier.contains(there.version, prereleases=True):
        return ""
    return f"{wanted.name} {there.version}, asked for {wanted.specifier}"


def _sample() -> Iterator[Finding]:
    from quanthedge.begin import sample_folder, strategy_names

    folder = sample_folder()
    if (folder / "manifest.json").is_file():
        yield _finding("sample", "ok", "sample", path=str(folder), count=len(strategy_names()))
    else:
        yield _finding("sample", "bad", "sample_missing", "reinstall", path=str(folder))


def _panels() -> Iterator[Finding]:
    from quanthedge.begin import sample_folder
    from quanthedge.market import Market

    yield _cache("panels", Market.cache_place(sample_folder()), "user_cache")


def _compiled() -> Iterator[Finding]:
    """Where compiled code is kept, and whether that of a run is."""
    from quanthedge.ledger import is_compiled

    named = os.environ.get("NUMBA_CACHE_DIR")
    place = Path(named) if named else Path(__file__).parents[1]
    files = [path for kind in ("*.nbi", "*.nbc") for path in place.rglob(kind)]
    yield _cache("compiled code", place, "numba_cache", sum(map(_size, files)))
    if is_compiled():
        yield _finding("kernels", "ok", "compiled", count=len(files))
    else:
        yield _finding("kernels", "note", "not_compiled", "first_run")


def _shipped() -> Iterator[Finding]:
    """Whether code that was compiled ahead came with the package, and why it is not used if so."""
    from quanthedge.compiled import what_was_shipped

    found = what_was_shipped()
    if found is None:
        yield _finding("compiled ahead", "ok", "not_shipped")
        return
    faults = [*_faults_of(found)]
    yield from faults
    if not faults:
        yield _finding("compiled ahead", "ok", "shipped", count=found.kernels, cpu=found.cpu)


def _faults_of(found: Any) -> Iterator[Finding]:
    """Yield each reason for which compiled code that came with the package is not used."""
    for name, (wanted, here) in found.misfits.items():
        said = "shipped_cpu" if name == "cpu" else "shipped_other"
        values = {"what": name, "wanted": wanted, "here": here}
        yield _finding("compiled ahead", "note", said, "shipped_unused", **values)
    if found.changed:
        facts, changed = {"changed": found.changed}, len(found.changed)
        counts = {"count": changed, "kernels": found.kernels}
        yield _finding(
            "compiled ahead", "note", "shipped_changed", "shipped_unused", facts, **counts
        )
    if found.damaged:
        damaged = len(found.damaged)
        yield _finding("compiled ahead", "note", "shipped_damaged", "reinstall", count=damaged)


def _stages() -> Iterator[Finding]:
    named = os.environ.get("QUANTHEDGE_CACHE")
    if named:
        yield _cache("stages", Path(named), "stage_cache")
    else:
        yield _finding("stages", "ok", "no_stages")


def _trials() -> Iterator[Finding]:
    from quanthedge.trials import registry_folder

    folder = registry_folder()
    if folder is None:
        yield _finding("trials", "ok", "no_trials")
    else:
        yield _cache("trials", folder, "trials_folder")


def _cache(name: str, place: Path, cure: str, size: int | None = None) -> Finding:
    """Return where something is kept, how large it is, and whether it can be written."""
    taken = sum(map(_size, place.rglob("*"))) if size is None and place.is_dir() else size or 0
    facts = {"bytes": taken, "writable": _writable(place)}
    megabytes = f"{taken / 1e6:,.1f}"
    if facts["writable"]:
        return _finding(name, "ok", "kept", facts=facts, path=str(place), megabytes=megabytes)
    return _finding(name, "note", "not_writable", cure, facts, path=str(place), megabytes=megabytes)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size if path.is_file() else 0
    except OSError:  # gone in between
        return 0


def _writable(place: Path) -> bool:
    """Whether a folder, or the nearest one above that is there, may be written."""
    there = next(one for one in (place, *place.absolute().parents) if one.exists())
    return there.is_dir() and os.access(there, os.W_OK)


def _fonts() -> Iterator[Finding]:
    folder = Path(__file__).parents[1] / "report" / "fonts"
    names = sorted(path.name for path in folder.glob("*.otf"))
    if names:
        yield _finding("fonts", "ok", "fonts", count=len(names), path=str(folder))
    else:
        yield _finding("fonts", "bad", "fonts_missing", "reinstall", path=str(folder))


def _pdf() -> Iterator[Finding]:
    """Whether a page can be set: no browser is needed."""
    try:
        import_module("typst")
    except ImportError:
        yield _finding("pdf pages", "note", "no_pdf", "extra", extra="pdf")
    else:
        yield _finding("pdf pages", "ok", "pdf")


def _memory() -> Iterator[Finding]:
    free, cores = _free_memory(), os.cpu_count() or 1
    if free is None:
        yield _finding("memory", "ok", "memory_unknown", cores=cores)
        return
    told = f"{free / _GIGABYTE:,.1f}"
    enough = free >= _LEAST_MEMORY
    yield _finding(
        "memory",
        "ok" if enough else "note",
        "memory",
        "" if enough else "memory",
        {"bytes": free},
        gigabytes=told,
        cores=cores,
    )


def _free_memory() -> int | None:
    """Return the bytes that a process may still take; None where the system does not say."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    told = dict(line.split(":", 1) for line in lines if ":" in line)
    number = told.get("MemAvailable", "").split()
    return int(number[0]) * 1024 if number else None


def _disk() -> Iterator[Finding]:
    here = Path.cwd()
    free = shutil.disk_usage(here).free
    told = f"{free / _GIGABYTE:,.1f}"
    facts = {"bytes": free, "writable": _writable(here)}
    if not facts["writable"]:
        yield _finding("disk", "note", "disk_closed", "disk_closed", facts, path=str(here))
    else:
        low = free < _LEAST_DISK
        yield _finding(
            "disk", "note" if low else "ok", "disk", "disk" if low else "", facts,
            path=str(here), gigabytes=told,
        )  # fmt: skip


_CHECKS: Final[dict[str, Callable[[], Iterator[Finding]]]] = {
    "python": _python,
    "quanthedge": _package,
    "packages": _packages,
    "extras": _extras,
    "sample": _sample,
    "panels": _panels,
    "compiled code": _compiled,
    "compiled ahead": _shipped,
    "stages": _stages,
    "trials": _trials,
    "fonts": _fonts,
    "pdf pages": _pdf,
    "memory": _memory,
    "disk": _disk,
}
