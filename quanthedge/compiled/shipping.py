"""Puts what is kept of the kernels into the form in which it comes with the package.

    python -m quanthedge.compiled.shipping FOLDER

Run by ``benchmarks.platform_wheel`` after whatever compiles, with the same settings of numba.
"""

import hashlib
import importlib
import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from numba.core.registry import cpu_target
from numba.core.serialize import dumps

from quanthedge.compiled import kept, shipped
from quanthedge.compiled.made_of import made_of
from quanthedge.compiled.reading import pieces

__all__ = ["ship"]

_PACKAGE = Path(__file__).parents[1]
_TOLD = 6  # of the pieces of compiled code: the source with its kinds, for people


def ship(folder: Path, modules: Iterable[str]) -> int:
    """Write a store of the code that modules have kept for this processor.

    Returns
    -------
    int
        How many kernels have code there.
    """
    folder.mkdir(parents=True)
    kernels = {name: _written(store, folder) for name, store in _stores(modules)}
    _, cpu, _ = cpu_target.target_context.codegen().magic_tuple()
    listing = {
        "made_for": shipped.here(),
        "cpu": cpu,
        "features": sorted(shipped.features_here()),
        "kernels": {name: one for name, one in sorted(kernels.items()) if one["code"]},
    }
    text = json.dumps(listing, indent=1)
    (folder / shipped.LISTING).write_text(text + "\n", encoding="utf-8", newline="\n")
    return len(listing["kernels"])


def _stores(modules: Iterable[str]) -> Iterator[tuple[str, kept.Kept]]:
    """Yield the store of each kernel of some modules, by the kernel's name."""
    for module in modules:
        for one in vars(importlib.import_module(module)).values():
            store = getattr(one, "_cache", None)
            if isinstance(store, kept.Kept):
                yield f"{one.py_func.__module__}.{one.py_func.__qualname__}", store


def _modules() -> Iterator[str]:
    """Yield the modules of the package that have something compiled."""
    for path in sorted(_PACKAGE.rglob("*.py")):
        if "\nfrom quanthedge.compiled import njit" in path.read_text(encoding="utf-8"):
            yield ".".join(path.relative_to(_PACKAGE.parent).with_suffix("").parts)


def _written(store: kept.Kept, folder: Path) -> dict[str, Any]:
    """Write the code of a kernel; return what the list says of it."""
    magic = cpu_target.target_context.codegen().magic_tuple()
    code = {}
    for key, file in store._cache_file._load_index().items():
        if key[1] == magic:
            content = _plain(store._cache_file._load_data(file))
            name = hashlib.sha256(content).hexdigest()
            (folder / name).write_bytes(content)
            code[shipped.key(key[0])] = name
    return {"made_of": made_of(store._py_func), "code": code}


def _plain(content: bytes) -> bytes:
    """Return compiled code without the text that is for people, which names the machine's paths."""
    parts = list(pieces(content))
    parts[_TOLD] = ""
    return bytes(dumps(tuple(parts)))


if __name__ == "__main__":
    sys.stdout.write(f"{ship(Path(sys.argv[1]), _modules())} kernels\n")
