"""Writes the list of public names, from which Sphinx makes a page of each docstring.

``texts/api.toml`` says what each name is for. A public name in no group is a warning.
"""

import tomllib
from pathlib import Path
from types import ModuleType
from typing import Any

from sphinx.application import Sphinx
from sphinx.util import logging

import quanthedge
from quanthedge.factors import Factor

TELL = logging.getLogger(__name__)
HERE = Path(__file__).parents[1]
_INTRO = """# Python, name by name

`import quanthedge as qh` gives these names. Each is imported when it is first used, so that the
import itself takes a millisecond; a wrong call ends in one line that says what is accepted.
"""


def _list(names: list[str]) -> list[str]:
    lines = ["```{eval-rst}", ".. autosummary::", "   :toctree: .", ""]
    return [*lines, *(f"   {name}" for name in names), "```", ""]


def _own(room: ModuleType) -> list[str]:
    """Return what the face of a room shows; the single factors have a page of their own."""

    def is_factor(found: Any) -> bool:
        return isinstance(found, type) and issubclass(found, Factor) and found is not Factor

    def is_constant(name: str) -> bool:
        return name.replace("_", "").isupper() and not callable(getattr(room, name))

    return [
        name
        for name in room.__all__
        if not is_constant(name)
        and not is_factor(getattr(room, name))
        and name not in quanthedge.__all__
    ]


def _told() -> dict[str, Any]:
    return tomllib.loads((HERE / "texts" / "api.toml").read_text(encoding="utf-8"))


def ungrouped() -> list[str]:
    """Return the public names that stand in no group."""
    grouped = {name for group in _told()["group"] for name in group["names"]}
    return sorted(set(quanthedge.__all__) - {"__version__", *quanthedge._ROOMS} - grouped)


def page() -> str:
    """Return the page of all public names."""
    told = _told()
    public = set(quanthedge.__all__) - {"__version__"}
    lines = [_INTRO]
    for group in told["group"]:
        names = [name for name in group["names"] if name in public]
        lines += [f"## {group['title']}", ""]
        lines += _list([f"quanthedge.{name}" for name in names])
    rooms = sorted(name for name in quanthedge._ROOMS if name in public)
    lines += ["## Whole rooms", "", "Under a short name: `qh.ops.rank(...)`.", ""]
    for name in rooms:
        room = getattr(quanthedge, name)
        first = (room.__doc__ or "").strip().partition("\n")[0]
        lines += [f"### `qh.{name}`", "", first.replace("``", "`"), ""]
        lines += _list([f"{room.__name__}.{one}" for one in _own(room)])
    return "\n".join(lines)


def write(app: Sphinx, _config: Any) -> None:
    """Write the page before Sphinx looks for its files."""
    for name in ungrouped():
        TELL.warning("texts/api.toml: the public name %r stands in no group", name)
    path = Path(app.srcdir) / "reference" / "generated" / "api.md"
    path.parent.mkdir(parents=True, exist_ok=True)
    text = page()
    for stub in path.parent.glob("quanthedge.*"):  # of a name that was public once
        if f"   {stub.stem}\n" not in text or stub.suffix != ".rst":
            stub.unlink()
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")


def setup(app: Sphinx) -> dict[str, bool]:
    """Add the page to a build."""
    app.connect("config-inited", write)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
