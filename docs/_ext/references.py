"""Links of docstrings to objects by any of their names.

A docstring may name an object where it is defined, as ``quanthedge.comparison.compare_funds``, or
by its short name in its own module. Where the object has a page under another name the link goes
there; where it has none the name is printed as code. A name that nothing has stays an error.
"""

import importlib
import inspect
from typing import Any

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.util.nodes import make_refnode

_LIST = "reference/generated/api"  # its summaries stand, and are checked, on the pages themselves
_PAGES: dict[int, str] = {}


def _found(name: str) -> Any:
    """Return what a dotted name means, or None."""
    parts = name.split(".")
    for cut in range(len(parts), 0, -1):
        try:
            found: Any = importlib.import_module(".".join(parts[:cut]))
        except ImportError:
            continue
        for part in parts[cut:]:
            found = getattr(found, part, None) if not _field(found, part) else found
        return inspect.unwrap(found) if callable(found) else found
    return None


def _field(owner: Any, name: str) -> bool:
    """Return whether a name is a field of a model, which is no attribute of its class."""
    return name in getattr(owner, "model_fields", {})


def _meant(node: pending_xref) -> Any:
    """Return the object that a reference means: in full, or from where it stands."""
    target = node["reftarget"].lstrip(".~")
    module, owner = node.get("py:module"), node.get("py:class")
    homes = [""]
    if module and owner:
        page = _found(f"{module}.{owner}")
        homes += [f"{module}.{owner}.", f"{getattr(page, '__module__', module)}."]
    if module:
        homes.append(f"{module}.")
    for home in homes:
        found = _found(home + target)
        if found is not None:
            return found
    return None


def _documented(env: Any) -> dict[int, str]:
    if not _PAGES:
        for name in env.get_domain("py").objects:
            found = _found(name)
            if found is not None:
                _PAGES.setdefault(id(found), name)
    return _PAGES


def resolve(app: Sphinx, env: Any, node: pending_xref, contnode: nodes.Node) -> nodes.Node | None:
    """Return the link, the name as code, or None where nothing has the name."""
    if node.get("refdomain") != "py":
        return None
    if node["refdoc"] == _LIST:
        return contnode
    found = _meant(node) or _beside(node)
    if found is None:
        return None
    name = _documented(env).get(id(found))
    if name is None:
        return contnode
    entry = env.get_domain("py").objects[name]
    return make_refnode(app.builder, node["refdoc"], entry.docname, entry.node_id, contnode, name)


def _beside(node: pending_xref) -> Any:
    """Return what the docstring's own file calls by a short name."""
    source = str(node.source or "")
    place = source.partition("docstring of ")[2].partition(":")[0]
    parts = place.split(".")
    for cut in range(len(parts) - 1, 0, -1):
        found = _found(f"{'.'.join(parts[:cut])}.{node['reftarget']}")
        if found is not None:
            return found
    return None


def setup(app: Sphinx) -> dict[str, bool]:
    """Resolve what Sphinx does not find by itself."""
    app.connect("missing-reference", resolve)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
