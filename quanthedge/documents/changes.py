"""Changes of single keys in a document: `a.b.0.c=value`, as `--set` writes them."""

from collections.abc import Iterable
from typing import Any

from quanthedge.documents.written import check_plain, parse_value, printable
from quanthedge.errors import StrategyError

__all__ = ["apply_changes", "place_value"]

_DEEPEST_CHANGE = 12  # tables that a --set may go down


def apply_changes(document: dict[str, Any], changes: Iterable[str] | str) -> None:
    """Write ``a.b.0.c=value`` changes into a document, or raise StrategyError."""
    for change in [changes] if isinstance(changes, str) else changes:
        key, separator, text = str(change).partition("=")
        shown = printable(repr(change))
        if not separator or not key.strip():
            raise StrategyError(f"--set {shown}: expected key=value, for instance selector.n=50")
        place_value(document, key.strip(), parse_value(text.strip()), f"--set {shown}")
    check_plain(document, "--set")


def place_value(document: dict[str, Any], key: str, value: Any, told: str = "") -> None:
    """Write a value at a dotted key of a document; ``told`` begins the message of an error."""
    told = told or f"change {printable(repr(key))}"
    parts = key.split(".")
    if not all(map(str.strip, parts)):
        raise StrategyError(f"{told}: expected key=value, for instance selector.n=50")
    if len(parts) > _DEEPEST_CHANGE:
        raise StrategyError(f"{told}: goes down {len(parts)} tables; no strategy does")
    node: Any = document
    for part in parts[:-1]:
        if isinstance(node, dict):
            node = node.setdefault(part, {})
        else:
            node = node[_entry(node, part, told)]
    if isinstance(node, dict):
        node[parts[-1]] = value
    else:
        node[_entry(node, parts[-1], told)] = value


def _entry(node: Any, part: str, told: str) -> int:
    """Return the place in a list that a part of a key names."""
    if isinstance(node, list):
        for number in range(len(node)):
            if part == str(number):
                return number
    raise StrategyError(f"{told}: {printable(part)!r} leads nowhere in the strategy")
