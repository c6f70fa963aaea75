"""Code that was compiled ahead and came with the package: which it is, and whether it fits here.

A platform wheel (``benchmarks.platform_wheel``) has a folder ``store`` here: a list, and a file for
each kernel's signature that is called by the digest of what it holds. The list says what the code
was made for. Whatever is not the same here (a version, the text of a source, a feature that the
processor lacks) leaves it unused, and numba compiles. The store is read and never written.
"""

import hashlib
import json
import sys
from collections.abc import Callable, Mapping
from functools import cache, lru_cache
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import llvmlite
import numba
import numpy as np
from numba.core.registry import cpu_target

from quanthedge.compiled.made_of import made_of, spelt
from quanthedge.compiled.reading import rebuilt
from quanthedge.compiled.telling import tell

__all__ = [
    "LISTING",
    "STORE",
    "Shipped",
    "examined",
    "features_here",
    "here",
    "is_there",
    "key",
    "load",
]

STORE = Path(__file__).with_name("store")
LISTING = "store.json"
# what changes the code that numba makes, beside the processor
_SETTINGS = (
    "BOUNDSCHECK", "DEBUGINFO_DEFAULT", "LOOP_VECTORIZE", "OPT", "SLP_VECTORIZE", "USING_SVML",
)  # fmt: skip


class Kernel(NamedTuple):
    """The shipped code of a kernel.

    Attributes
    ----------
    made_of : str
        Digest of what it was made from.
    code : dict
        Digest of its content, and so the name of its file, by the digest of the signature.
    """

    made_of: str
    code: dict[str, str]


class Listing(NamedTuple):
    """What a store says of itself: what it was made for, and the code of each kernel."""

    made_for: dict[str, str]
    cpu: str
    features: frozenset[str]
    kernels: dict[str, Kernel]


class Shipped(NamedTuple):
    """What was shipped, as an examination finds it.

    Attributes
    ----------
    cpu : str
        The processor that it was made for, in LLVM's words.
    kernels : int
        How many have code there.
    misfits : dict
        What is not the same here: what it was made for, and what is here.
    changed : list of str
        Kernels whose source is no longer that of the code.
    damaged : list of str
        Files whose content is not what was written.
    """

    cpu: str
    kernels: int
    misfits: dict[str, tuple[str, str]]
    changed: list[str]
    damaged: list[str]


def load(function: Callable[..., Any], sig: Any, target_context: Any) -> Any:
    """Return the shipped code of a function for arguments of some kinds, None where none fits."""
    kernel = _fitting(function)
    name = kernel and kernel.code.get(key(sig))
    if not name:
        return None
    try:
        content = _content(name)
    except OSError as problem:
        tell(f"code that came with the package cannot be read, it is compiled again: {problem}")
        return None
    return rebuilt(content, target_context)


def is_there(function: Callable[..., Any]) -> bool:
    """Return whether code of a function came with the package and fits."""
    return _fitting(function) is not None


def examined() -> Shipped | None:
    """Return what was shipped and what keeps it from being used; None where nothing was."""
    listing = _listing(STORE)
    if listing is None:
        return None
    changed = [name for name, kernel in listing.kernels.items() if _is_other(name, kernel)]
    files = {file for kernel in listing.kernels.values() for file in kernel.code.values()}
    damaged = sorted(file for file in files if not _is_sound(file))
    return Shipped(listing.cpu, len(listing.kernels), _misfits(listing), changed, damaged)


def key(sig: Any) -> str:
    """Return what a signature is called in the list."""
    return hashlib.sha256(spelt(sig).encode()).hexdigest()


def here() -> dict[str, str]:
    """Return what code has to be made for to be used in this process, the processor apart."""
    triple, _, _ = cpu_target.target_context.codegen().magic_tuple()
    return {
        "numba": numba.__version__,
        "llvmlite": llvmlite.__version__,
        "numpy": ".".join(np.__version__.split(".")[:2]),
        "python": f"{sys.implementation.cache_tag}{getattr(sys, 'abiflags', '')}",
        "machine": triple,
        **{f"NUMBA_{one}": _setting(one) for one in _SETTINGS},
    }


def _setting(name: str) -> str:
    """Return a setting of numba's as it was asked for: 3 and max are one number and two ways."""
    value = getattr(numba.config, name)
    return str(getattr(value, "_raw_value", value))


def features_here() -> frozenset[str]:
    """Return the features of the processor, in LLVM's words, that numba compiles for."""
    _, _, features = cpu_target.target_context.codegen().magic_tuple()
    return frozenset(one[1:] for one in features.split(",") if one.startswith("+"))


def _fitting(function: Callable[..., Any]) -> Kernel | None:
    """Return the shipped code of a function if it is of its source and fits here."""
    listing = _listing(STORE)
    if listing is None:
        return None
    kernel = listing.kernels.get(f"{function.__module__}.{function.__qualname__}")
    if kernel is None or _fails_to_fit(STORE) or kernel.made_of != made_of(function):
        return None
    return kernel


@cache
def _fails_to_fit(store: Path) -> bool:
    listing = _listing(store)
    return listing is None or bool(_misfits(listing))


def _misfits(listing: Listing) -> dict[str, tuple[str, str]]:
    """Return what a store was made for and is not the same here."""
    wrong = {
        name: (listing.made_for.get(name, ""), found)
        for name, found in here().items()
        if listing.made_for.get(name) != found
    }
    lacking = listing.features - features_here()
    if lacking:
        wrong["cpu"] = (listing.cpu, ", ".join(sorted(lacking)))
    return wrong


@lru_cache(maxsize=8)
def _listing(store: Path) -> Listing | None:
    """Return the list of a store, None where there is none or it cannot be read."""
    try:
        told = json.loads((store / LISTING).read_text(encoding="utf-8"))
        return _read(told)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as problem:
        tell(f"code that came with the package cannot be read, it is compiled again: {problem}")
        return None


def _read(told: Mapping[str, Any]) -> Listing:
    kernels = {
        name: Kernel(one["made_of"], dict(one["code"])) for name, one in told["kernels"].items()
    }
    return Listing(dict(told["made_for"]), told["cpu"], frozenset(told["features"]), kernels)


def _content(name: str) -> bytes:
    """Return what a file of the store holds; OSError where it is not what its name says."""
    content = (STORE / name).read_bytes()
    if hashlib.sha256(content).hexdigest() != name:
        raise OSError(f"{STORE / name} is damaged")
    return content


def _is_sound(name: str) -> bool:
    try:
        return bool(_content(name))
    except OSError:
        return False


def _is_other(name: str, kernel: Kernel) -> bool:
    """Return whether the source of a kernel is no longer that of its shipped code."""
    module, _, function = name.rpartition(".")
    there = getattr(import_module(module), function, None)
    return there is None or made_of(there.py_func) != kernel.made_of
