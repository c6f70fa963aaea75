"""Plain data with fields of a kind: what strategies and their parts are made of.

A copy with changes is checked like anything else that is given: pydantic itself would keep a
misspelt field in silence, and it would change nothing.
"""

import difflib
from collections.abc import Mapping
from typing import Any, Self, get_args

from pydantic import (
    BaseModel,
    ConfigDict,
    GetCoreSchemaHandler,
    ValidationError,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
)
from pydantic_core import CoreSchema
from pydantic_core.core_schema import with_info_wrap_validator_function

from quanthedge.documents import printable
from quanthedge.errors import StrategyError

__all__ = ["Plain", "Told", "one_line"]

_LONGEST_FOUND = 200  # letters of a value that a message repeats
_MOST_FAULTS = 8  # that a message names


class Plain(BaseModel):
    """Frozen data whose copies are checked."""

    # a check is built when something is checked first: most kinds of a command never are
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """Return a copy with other values of some fields.

        Raises
        ------
        StrategyError
            When a field is unknown (a dotted key belongs to :meth:`quanthedge.Strategy.change`), or
            the values do not go together.
        """
        kind = type(self)
        for name in update or ():
            if name in kind.model_fields:
                continue
            near = difflib.get_close_matches(name, kind.model_fields, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"accepted: {_listed(kind)}"
            if "." in name:
                hint = f"a key inside another is changed by strategy.change('{name}=...')"
            raise StrategyError(f"{kind.__name__}.model_copy: unknown field {name!r}; {hint}")
        copied = super().model_copy(update=update, deep=deep)
        if not update:
            return copied
        try:
            checked = kind.model_validate(dict(copied))
        except ValidationError as error:
            raise StrategyError(one_line(error, f"{kind.__name__}.model_copy", kind)) from error
        checked.__pydantic_fields_set__ = copied.model_fields_set
        checked.__pydantic_private__ = copied.__pydantic_private__
        return checked

    def copy(  # type: ignore[override]
        self, *, update: Mapping[str, Any] | None = None, deep: bool = False
    ) -> Self:
        """Return what :meth:`model_copy` returns: pydantic's own of this name checks nothing."""
        return self.model_copy(update=update, deep=deep)

    def __setattr__(self, name: str, value: Any) -> None:
        """Refuse to change a field; what a class keeps for itself (``_name``) it may set."""
        try:
            super().__setattr__(name, value)
        except ValidationError as error:
            raise StrategyError(_no_place(type(self), name)) from error

    def __delattr__(self, name: str) -> None:
        """Refuse to take a field away."""
        try:
            super().__delattr__(name)
        except ValidationError as error:
            raise StrategyError(_no_place(type(self), name)) from error


class Told(Plain):
    """Plain data that users write themselves: a wrong field ends in one line, a StrategyError.

    ``context={"origin": {"Strategy": "strategy mine.toml"}}`` of ``model_validate`` says where the
    data of a class come from; otherwise the line begins with the class.
    """

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: type[BaseModel], handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """Put the translation of errors around every check of the class, also of its heirs."""
        return with_info_wrap_validator_function(cls._in_one_line, handler(source))

    @classmethod
    def _in_one_line(
        cls, data: Any, handler: ValidatorFunctionWrapHandler, info: ValidationInfo
    ) -> Any:
        try:
            return handler(data)
        except ValidationError as error:
            origin = (info.context or {}).get("origin", {}).get(cls.__name__, cls.__name__)
            raise StrategyError(one_line(error, origin, cls)) from error


def one_line(error: ValidationError, origin: str, model: type[BaseModel]) -> str:
    """Return one sentence a fault: key path, what was found, what is accepted."""
    faults = []
    for item in error.errors(include_url=False):
        path = printable(".".join(str(part) for part in item["loc"] if not _of_pydantic(part)))
        message = item["msg"].removeprefix("Value error, ")
        if item["type"] == "extra_forbidden":
            models = _models_at(item["loc"], model)
            key = str(item["loc"][-1])
            accepted = sorted({name for one in models for name in one.model_fields})
            owners = [f"'{_tag(one)}'" for one in models if key in one.model_fields]
            close = difflib.get_close_matches(key, accepted, n=1)
            message = "unknown key"
            if owners:
                message = f"unknown key, it belongs to kind {' or '.join(owners)}"
            elif close:
                message = f"unknown key, did you mean '{close[0]}'?"
            elif accepted:
                message += f"; accepted here: {', '.join(accepted)}"
        elif item["type"] not in {"missing", "union_tag_not_found", "union_tag_invalid"}:
            found = repr(item["input"])
            # a rule between several keys is told of the whole table: the sentence names the keys
            said = len(found) > _LONGEST_FOUND or f"found {found}" in message
            message += "" if said else f" (found {found})"
        faults.append(f"{path}: {message}" if path else message)
    more = len(faults) - _MOST_FAULTS
    told = faults[:_MOST_FAULTS] + ([f"and {more} more"] if more > 0 else [])
    return f"{origin}: " + "; ".join(told)


def _of_pydantic(part: int | str) -> bool:
    """Return whether a part of a key's path is pydantic's own: of which kinds one was tried."""
    return isinstance(part, str) and ("[" in part or part.startswith("constrained-"))


def _no_place(kind: type[BaseModel], name: str) -> str:
    return (
        f"{kind.__name__}.{name}: cannot be changed in place; strategy.change('key=value') returns "
        "a changed strategy, and model_copy(update={'field': value}) a changed part"
    )


def _listed(model: type[BaseModel]) -> str:
    return ", ".join(model.model_fields)


def _models_at(location: tuple[int | str, ...], model: type[BaseModel]) -> list[Any]:
    """Return the models of which one stood where the misspelt key did."""
    models: list[Any] = [model]
    for part in location[:-1]:
        if isinstance(part, int):
            continue
        tagged = [m for m in models if _tag(m) == part]
        if tagged:
            models = tagged
            continue
        fields = [m.model_fields[part].annotation for m in models if part in m.model_fields]
        models = [model for annotation in fields for model in _models_in(annotation)]
    return models


def _models_in(annotation: Any) -> list[Any]:
    """Return the models that an annotation such as ``list[A | B]`` is made of."""
    builtin = getattr(annotation, "builtin", None)  # a root stands for all of its classes
    if builtin is not None and annotation._root_class is annotation:
        return list(builtin().values())
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for inner in get_args(annotation) for model in _models_in(inner)]


def _tag(model: Any) -> object:
    """Return the ``kind`` that chooses the model in a union."""
    kind = model.model_fields.get("kind")
    return kind.default if kind is not None else None
