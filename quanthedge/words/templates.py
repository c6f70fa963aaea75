"""Pages made of templates, which lie beside the code that speaks, in folders ``templates``."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jinja2 import Environment

__all__ = ["templates"]


def templates(*packages: str) -> "Environment":
    """Return the templates of packages, the first that has one of a name before the others.

    What is filled in is escaped, and what a template asks for and is not given is an error.
    """
    from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

    return Environment(
        loader=ChoiceLoader([PackageLoader(one, "templates") for one in packages]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
