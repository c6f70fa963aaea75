"""A package's catalogue: which kinds there are, the class of each, and what it is called.

``catalogue.toml`` of a package has one table a kind, with ``class = "file:Class"``, the names
``en`` and ``zh``, and whatever else the package asks for. Nothing else lists the classes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import import_module
from typing import Any

from quanthedge.typing import Language
from quanthedge.words import texts

__all__ = ["Catalogue", "read_catalogue"]


@dataclass(frozen=True)
class Catalogue:
    """The kinds of a package.

    Attributes
    ----------
    package : str
    entries : mapping
        What the file says of each kind.
    """

    package: str
    entries: Mapping[str, Mapping[str, Any]]

    @cached_property
    def places(self) -> dict[str, str]:
        """The module of each class, by the class's name."""
        found = {}
        for entry in self.entries.values():
            file, _, name = str(entry["class"]).partition(":")
            found[name] = f"{self.package}.{file}"
        return found

    def load(self, name: str) -> Any:
        """Return a class by its name."""
        return getattr(import_module(self.places[name]), name)

    def classes(self) -> dict[str, Any]:
        """Return the class of each kind."""
        return {kind: self.class_of(kind) for kind in self.entries}

    def class_of(self, kind: str) -> Any:
        """Return the class of a kind."""
        return self.load(str(self.entries[kind]["class"]).partition(":")[2])

    def name(self, kind: str, language: Language) -> str:
        """Return what a kind is called."""
        return str(self.entries[kind][language])


@cache
def read_catalogue(package: str) -> Catalogue:
    """Return the catalogue of a package.

    >>> read_catalogue("quanthedge.factors").name("book_yield", "zh")
    '账面市值比'
    """
    return Catalogue(package, texts(package, "catalogue"))
