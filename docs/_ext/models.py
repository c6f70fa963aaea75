"""What a strategy file may say, read from the models that check it.

A part of a strategy is a pydantic model; a root such as ``Factor`` stands for every class derived
from it, told apart by ``kind``. Nothing here knows a section or a kind by name.
"""

import inspect
import re
import types
import typing
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any, Literal

from annotated_types import Ge, Gt, Le, Lt, MaxLen, MinLen
from numpydoc.docscrape import NumpyDocString
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from quanthedge.kinds import Kinded

__all__ = ["Key", "choices_of", "keys_of", "kinds_of", "paragraph", "parts_inside", "words_of"]

_WHICH = "Which of them it is."
_SIGNS = {Ge: "≥", Gt: ">", Le: "≤", Lt: "<"}


@dataclass(frozen=True)
class Key:
    """A key of a part: what a reference says of it."""

    name: str
    types: tuple[str, ...]  # words of TOML: number, text, date, list of ...
    default: str  # as TOML; empty: it must be given
    range: str
    meaning: str
    parts: tuple[type[BaseModel], ...]  # the tables that may stand there
    required: bool


def _unwrapped(annotation: Any) -> Any:
    """Return a type without its notes and its alias."""
    while True:
        if isinstance(annotation, typing.TypeAliasType if hasattr(typing, "TypeAliasType") else ()):
            annotation = annotation.__value__
        elif typing.get_origin(annotation) is typing.Annotated:
            annotation = typing.get_args(annotation)[0]
        else:
            return annotation


def parts_inside(annotation: Any) -> Iterator[type[BaseModel]]:
    """Yield the models that a type names, however deep."""
    annotation = _unwrapped(annotation)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for one in typing.get_args(annotation):
        yield from parts_inside(one)


def kinds_of(root: type[Kinded]) -> dict[str, type[Kinded]]:
    """Return the classes of ours that a root stands for, by kind."""
    return root.builtin()


def choices_of(annotation: Any) -> list[str]:
    """Return the words that a type accepts, as TOML writes them."""
    annotation = _unwrapped(annotation)
    if typing.get_origin(annotation) is Literal:
        return [toml(one) for one in typing.get_args(annotation)]
    found = []
    if _is_union(annotation):
        for one in typing.get_args(annotation):
            found += choices_of(one)
    return found


def _is_union(annotation: Any) -> bool:
    return typing.get_origin(annotation) in (typing.Union, types.UnionType)


def words_of(annotation: Any) -> list[str]:
    """Return the types of TOML that a type takes."""
    bare = _unwrapped(annotation)
    if _is_union(bare):
        found = [word for one in typing.get_args(bare) for word in words_of(one)]
        return list(dict.fromkeys(found))
    origin = typing.get_origin(bare)
    if origin is Literal:
        return ["choice"]
    if origin in (list, tuple, set, frozenset) or str(origin).endswith("Sequence'>"):
        inner = [one for one in typing.get_args(bare) if one is not Ellipsis]
        words = list(dict.fromkeys(word for one in inner for word in words_of(one)))
        return [f"list of {' or '.join(words)}"] if words else ["list"]
    if origin is dict or str(origin).endswith("Mapping'>"):
        return ["table"]
    if bare is None or bare is type(None):
        return []
    if isinstance(bare, type) and issubclass(bare, BaseModel):
        return ["table"]
    names = {"float": "number", "int": "whole number", "str": "text", "bool": "true or false"}
    name = getattr(bare, "__name__", str(bare))
    return [names.get(name, {"date": "date", "Path": "file", "datetime64": "date"}.get(name, name))]


def _limits(notes: Any) -> list[str]:
    """Return what the notes of a type allow."""
    found = []
    for note in notes:
        for kind, sign in _SIGNS.items():
            if isinstance(note, kind):
                found.append(f"{sign} {getattr(note, kind.__name__.lower()):g}")
        if isinstance(note, MinLen) and note.min_length:
            found.append(f"length ≥ {note.min_length}")
        if isinstance(note, MaxLen):
            found.append(f"length ≤ {note.max_length}")
        pattern = getattr(note, "pattern", None)
        if pattern:
            found.append(f"/{pattern}/")
        if isinstance(note, FieldInfo):
            found += _limits(note.metadata)
    return found


def _range(field: FieldInfo) -> str:
    """Return the range of a key: limits, or the words that it takes."""
    limits = _limits(field.metadata)
    words: list[str] = []

    def inner(annotation: Any) -> None:
        if typing.get_origin(annotation) is typing.Annotated:
            limits.extend(_limits(typing.get_args(annotation)[1:]))
        bare = _unwrapped(annotation)
        if typing.get_origin(bare) is Literal:
            words.extend(toml(one) for one in typing.get_args(bare))
            return
        for one in typing.get_args(bare):
            if one is not Ellipsis:
                inner(one)

    inner(field.annotation)
    parts = [", ".join(dict.fromkeys(limits)), ", ".join(dict.fromkeys(words))]
    return "; ".join(part for part in parts if part)


def toml(value: Any) -> str:
    """Return a value as a strategy file writes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Enum):
        return toml(value.value)
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, float):
        return "inf" if value == float("inf") else f"{value:.15g}"
    if isinstance(value, BaseModel):
        given = value.model_dump(exclude_defaults=True)
        if not isinstance(given, dict):  # a part that writes itself as a word
            return toml(given)
        kind = getattr(value, "kind", "")
        inside = ([f'kind = "{kind}"'] if kind else []) + [
            f"{key} = {toml(one)}" for key, one in given.items() if key != "kind"
        ]
        return "{ " + ", ".join(inside) + " }" if inside else "{}"
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {toml(one)}" for key, one in value.items()) + " }"
    if isinstance(value, list | tuple | set | frozenset):
        return "[" + ", ".join(toml(one) for one in value) + "]"
    return str(value)


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return ""
    value = field.get_default(call_default_factory=True)
    if value is None:
        return "none"
    return toml(value)


def paragraph(cls: type) -> str:
    """Return the first paragraph of a class's docstring as one line."""
    text = inspect.cleandoc(cls.__doc__ or "").partition("\n\n")[0]
    return " ".join(text.split())


def _told(cls: type) -> dict[str, str]:
    """Return what the docstrings of a class and of its bases say of each attribute."""
    found: dict[str, str] = {}
    for one in reversed(cls.__mro__):
        if one.__doc__ and one.__module__.startswith("quanthedge"):
            document = NumpyDocString(inspect.cleandoc(one.__doc__))
            for entry in [*document["Attributes"], *document["Parameters"]]:
                text = re.sub(r"\s+", " ", " ".join(entry.desc)).strip()
                for name in entry.name.split(","):
                    found[name.strip()] = text
    return found


def keys_of(cls: type[BaseModel]) -> list[Key]:
    """Return the keys of a part; its kind only where one class has several."""
    told = _told(cls)
    found = []
    for name, field in cls.model_fields.items():
        if field.exclude or (name == "kind" and len(choices_of(field.annotation)) < 2):
            continue
        parts = tuple(dict.fromkeys(parts_inside(field.annotation)))
        meaning = (
            field.description
            or (_WHICH if name == "kind" else "")
            or told.get(name)
            or (paragraph(parts[0]) if parts else "")
        )
        found.append(
            Key(
                name=field.alias or name,
                types=tuple(words_of(field.annotation)),
                default=_default(field),
                range=_range(field),
                meaning=" ".join(meaning.split()),
                parts=parts,
                required=field.is_required(),
            )
        )
    return found
