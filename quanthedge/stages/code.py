"""The code that results come from, as a digest: that of the whole package.

Which files decide a result is not said anywhere: a list by hand forgets one, and what imports lead
to is nearly everything. So a result that is kept is another's as soon as any code or any fact that
comes with the package is another.
"""

import hashlib
from functools import cache
from importlib.resources import files
from pathlib import Path

__all__ = ["code_digest"]

_PACKAGE = Path(str(files("quanthedge")))
_KINDS = (".py", ".toml", ".csv")  # code, and the facts and catalogues that it reads


@cache
def code_digest(root: Path = _PACKAGE) -> str:
    """Return a digest of all code and facts of the package: names and contents."""
    found = hashlib.sha256()
    for file in sorted(root.rglob("*")):
        if file.suffix in _KINDS:
            found.update(file.relative_to(root).as_posix().encode() + b"\0")
            found.update(hashlib.sha256(file.read_bytes()).digest())
    return found.hexdigest()
