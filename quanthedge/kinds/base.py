"""Parts of a strategy that are chosen by their ``kind``, ours and a user's own alike.

A root such as :class:`quanthedge.factors.Factor` stands for every class derived from it. Where a
field is of a root, it takes an object of such a class, or its values as a file gives them:
``{"kind": "book_yield"}`` for one of ours, ``{"kind": "my_factors:Mine", "window": 20}`` for a
class of the user's own. Own classes are looked for only where somebody runs the strategy
(:class:`quanthedge.kinds.OwnCode` in the context of the check); everywhere else their values are
kept as they are, in a stand-in that runs no code.
"""

import traceback
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Annotated, Any, ClassVar, Literal, Union

import numpy as np
from numpy.typing import NDArray
from pydantic import (
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    TypeAdapter,
    ValidationError,
    ValidationInfo,
)
from pydantic.fields import FieldInfo
from pydantic_core import CoreSchema, PydanticSerializationError
from pydantic_core.core_schema import with_info_plain_validator_function

from quanthedge.documents import printable
from quanthedge.errors import QuantHedgeError, StrategyError
from quanthedge.kinds.catalogue import read_catalogue
from quanthedge.kinds.naming import accepted_kind, is_own, kind_of
from quanthedge.plain import Plain, one_line

__all__ = [
    "HOW_TO_REVIVE",
    "LOADING",
    "Except",
    "Kinded",
    "check_complete",
    "one_of",
    "place_of",
]

# A class's own ``name`` may be a plain attribute or a field, whichever its author likes.
warnings.filterwarnings("ignore", message='Field name "name(_zh)?" in .* shadows an attribute')

_ROOT = Path(__file__).parents[1]
LOADING: dict[str, bytes] = {}  # texts of the own file that is being run just now, by name


# Where a class of a user's file lies, and how another process makes its objects; set by `code`.
HOW_TO_REVIVE: list[tuple[Callable[[Any], tuple[str, ...]], Callable[..., Any]]] = []


class Kinded(Plain):
    """A frozen part with a ``kind``; a root names what it stands for: ``noun="factor"``.

    Attributes
    ----------
    kind : str
        Of ours: a word. Of a user's own class: ``module:Class``, set by the class itself.
    name, name_zh : str
        What reports call an object of a user's own class; an attribute of the class, or a field.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: str = ""
    name: ClassVar[str] = ""
    name_zh: ClassVar[str] = ""

    noun: ClassVar[str] = ""
    needed: ClassVar[tuple[str, ...]] = ()  # what an own class must define; "a|b": one of them
    default_kind: ClassVar[str] = ""  # taken where a file gives none
    _root_class: ClassVar[type["Kinded"] | None] = None
    _registered: ClassVar[dict[str, type["Kinded"]]]
    _catalogue: ClassVar[str] = ""  # the package whose catalogue names its classes, if any
    _stand_in: ClassVar[bool] = False
    _own_files: ClassVar[dict[str, bytes]] = {}  # texts of the files that an own class came with

    def __init_subclass__(cls, *, noun: str = "", catalogue: str = "", **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if noun:  # before pydantic asks for the schema
            cls.noun, cls._root_class, cls._registered = noun, cls, {}
            cls._catalogue = catalogue

    @classmethod
    def __pydantic_init_subclass__(
        cls, *, noun: str = "", catalogue: str = "", **kwargs: Any
    ) -> None:
        """Register a class of ours; give a user's own class its kind."""
        super().__pydantic_init_subclass__(**kwargs)
        if cls._root_class not in (None, cls) and not cls._stand_in:
            if cls.__module__.partition(".")[0] == "quanthedge":
                kind = cls.model_fields["kind"].default
                if kind:
                    cls._registered[kind] = cls
            else:
                _make_own(cls)
                cls.check_class()

    @classmethod
    def check_class(cls) -> None:
        """Refuse an own class whose attributes cannot be meant; roots say which."""

    @classmethod
    def builtin(cls) -> dict[str, type["Kinded"]]:
        """Return the classes of ours by kind."""
        return read_catalogue(cls._catalogue).classes() if cls._catalogue else {**cls._registered}

    @classmethod
    def of_kind(cls, kind: str) -> type["Kinded"] | None:
        """Return the class of ours of a kind, loading no other one; None where there is none."""
        if not cls._catalogue:
            return cls.builtin().get(kind)
        listed = read_catalogue(cls._catalogue)
        return listed.class_of(kind) if kind in listed.entries else cls._registered.get(kind)

    def __reduce_ex__(self, protocol: Any) -> Any:
        """Let another process find an own class by its file, not by a module's name."""
        if not type(self)._own_files or not HOW_TO_REVIVE:
            return super().__reduce_ex__(protocol)
        place_of_class, revived = HOW_TO_REVIVE[0]
        return revived, place_of_class(type(self)), self.__getstate__()

    @property
    def own(self) -> bool:
        """Whether the class is a user's own."""
        return is_own(self.kind)

    def check_parameters(self) -> None:
        """Refuse an own class's parameters that no file of a run can hold.

        Raises
        ------
        StrategyError
            They are not numbers, texts, dates, lists and tables.
        """
        if not self.own:
            return
        try:
            self.model_dump(mode="json")
        except PydanticSerializationError as error:
            raise StrategyError(
                f"{self.noun} {self.kind}: a parameter is not plain ({printable(error)}); "
                "accepted: numbers, texts, dates, lists and tables of them"
            ) from error

    @contextmanager
    def own_errors(self, doing: str) -> Iterator[None]:
        """Turn what goes wrong in a user's own class into one line that names its place.

        Raises
        ------
        StrategyError
            With the file and line of the user's code that raised.
        """
        if not self.own:
            yield
            return
        try:
            yield
        except QuantHedgeError:
            raise
        except Exception as error:
            place = place_of(error.__traceback__)
            raise StrategyError(
                f"{self.noun} {self.kind}: {doing} raised {type(error).__name__}: "
                f"{printable(error)}{place}"
            ) from error

    def own_numbers(
        self, what: str, found: Any, shape: tuple[int, ...], meaning: str
    ) -> NDArray[np.float64]:
        """Return what an own class gave as float64 of a shape.

        Raises
        ------
        StrategyError
            It is no array of numbers, or of another shape.
        """
        where = f"{self.noun} {self.kind}: {what}"
        if not isinstance(found, np.ndarray) or found.dtype.kind not in "fiub":
            what = f"an array of {found.dtype}" if isinstance(found, np.ndarray) else _shown(found)
            raise StrategyError(f"{where} is {what}; accepted: a numpy array of numbers {shape}")
        if found.shape != shape:
            raise StrategyError(f"{where} has shape {found.shape}; accepted: {shape}, {meaning}")
        return np.asarray(found, dtype=np.float64)

    def own_flags(
        self, what: str, found: Any, shape: tuple[int, ...], beside: str = ""
    ) -> NDArray[np.bool_]:
        """Return what an own class answered, bool of a shape.

        Parameters
        ----------
        beside
            How the words of an error end.

        Raises
        ------
        StrategyError
            It is no array of truth values, or of another shape.
        """
        if isinstance(found, np.ndarray) and found.dtype == np.bool_ and found.shape == shape:
            return found
        shown = f"a {type(found).__name__}"
        if isinstance(found, np.ndarray):
            shown = f"an array of {found.dtype} {found.shape}"
        raise StrategyError(
            f"{self.noun} {self.kind}: {what} gave {shown}; accepted: a bool array {shape}{beside}"
        )

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Let a root stand for all of its classes."""
        if cls._root_class is cls:
            return with_info_plain_validator_function(cls._one)
        return handler(source)

    @classmethod
    def _one(cls, value: Any, info: ValidationInfo, without: tuple[str, ...] = ()) -> Any:
        """Return the part that a value means."""
        if isinstance(value, cls):
            if type(value) is cls or value.kind in without:
                raise ValueError(f"{one_of(cls)} is needed, found {type(value).__name__}")
            check_complete(type(value), cls)
            return value
        kind = value.get("kind") if isinstance(value, Mapping) else None
        if isinstance(kind, str) and is_own(kind):
            return _own_part(cls, kind, value, info)
        if not isinstance(value, Mapping):
            raise ValueError(  # noqa: TRY004 -- pydantic takes a ValueError for a wrong value
                f"{one_of(cls)} is needed: an object of a class derived from {cls.__name__}, or "
                f"its values with a kind; found {_shown(value)}"
            )
        if (
            kind in (None, cls.default_kind)
            and cls.default_kind
            and cls.default_kind not in without
        ):
            # by itself, so that messages name the key as it was written, without its kind
            made = cls.of_kind(cls.default_kind)
            return made.model_validate(  # type: ignore[union-attr]  # a default is one of ours
                {"kind": cls.default_kind, **value}, context=info.context
            )
        if isinstance(kind, str) and kind not in without and (made := cls.of_kind(kind)):
            with suppress(
                ValidationError
            ):  # what is wrong is told below, with the kind in its path
                return made.model_validate(value, context=info.context)
        return _adapter(cls, without).validator.validate_python(value, context=info.context)


class Except:
    """Narrows a root in an annotation: every class but these kinds of ours."""

    def __init__(self, *kinds: str) -> None:
        self.kinds = kinds

    def __get_pydantic_core_schema__(
        self, source: type[Kinded], handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """Return the root's check with the kinds left out."""

        def one(value: Any, info: ValidationInfo) -> Any:
            return source._one(value, info, self.kinds)

        return with_info_plain_validator_function(one)


@cache
def _adapter(root: type[Kinded], without: tuple[str, ...]) -> TypeAdapter[Any]:
    """Return the check of values for classes of ours."""
    classes = tuple(one for kind, one in root.builtin().items() if kind not in without)
    if len(classes) == 1:
        return TypeAdapter(classes[0])
    union: Any = Union[classes]  # noqa: UP007 -- of classes that are known when it runs only
    return TypeAdapter(Annotated[union, Field(discriminator="kind")])


def _make_own(cls: type[Kinded]) -> None:
    """Give a user's own class its kind, and fields for its names."""
    kind = kind_of(cls)
    fields = cls.model_fields
    cls._own_files = dict(LOADING)
    fields["kind"] = FieldInfo(annotation=Literal[kind], default=kind)  # type: ignore[arg-type]
    for name in ("name", "name_zh"):
        given = getattr(cls, name, "")
        if name not in fields and isinstance(given, str):
            fields[name] = FieldInfo(annotation=str, default=given)
    cls.model_rebuild(force=True, raise_errors=False)


def _own_part(root: type[Kinded], kind: str, value: Mapping[str, Any], info: ValidationInfo) -> Any:
    """Return an object of a user's own class, or the stand-in where none is to be loaded."""
    if not accepted_kind(kind):
        raise ValueError(
            f"kind {printable(kind)!r}; accepted for an own class: 'my_file:Class', a file "
            "my_file.py beside the strategy or a module that can be imported, without a path"
        )
    code = (info.context or {}).get("own")
    if code is None or kind in code.unloaded:
        return _stand_in_for(root).model_validate(value)
    cls = code.find(kind, root)
    try:
        return cls.model_validate({key: one for key, one in value.items() if key != "kind"})
    except ValidationError as error:
        told = (info.context or {}).get("origin", {}).get("Strategy", "")
        where = f"{told}: {root.noun} {kind}" if told else f"{root.noun} {kind}"
        raise StrategyError(one_line(error, where, cls)) from error


@cache
def _stand_in_for(root: type[Kinded]) -> type[Kinded]:
    """Return the class of own parts that are not loaded: values as they are, and no code."""

    class _StandIn(root):  # type: ignore[valid-type,misc]
        model_config = ConfigDict(frozen=True, extra="allow", protected_namespaces=())
        _stand_in: ClassVar[bool] = True

    def refuse(self: Any, *values: Any, **named: Any) -> Any:
        raise StrategyError(
            f"{root.noun} {self.kind}: its code is not loaded: run folders and plain data are read "
            "without running anything; load_strategy loads it with the strategy's file, or "
            "strategy.loaded(folder)"
        )

    for name in "|".join(root.needed).split("|"):
        whole = isinstance(getattr(root, name, None), property)
        setattr(_StandIn, name, property(refuse) if whole else refuse)
    _StandIn.__name__ = _StandIn.__qualname__ = f"Unloaded{root.__name__}"
    _StandIn.__abstractmethods__ = frozenset()
    return _StandIn


def check_complete(cls: type[Kinded], root: type[Kinded]) -> None:
    """Refuse an own class that lacks what its root asks for.

    Raises
    ------
    StrategyError
        Names what is missing.
    """
    for names in root.needed if is_own(cls.model_fields["kind"].default) else ():
        if all(getattr(cls, name) is getattr(root, name) for name in names.split("|")):
            raise StrategyError(
                f"{root.noun} {cls.model_fields['kind'].default}: the class defines no "
                f"{names.replace('|', ' or ')}; see {root.__name__}.{names.split('|')[0]}"
            )


def one_of(cls: type[Kinded]) -> str:
    """Return what a root stands for, with its article."""
    return f"{'an' if cls.noun[0] in 'aeiou' else 'a'} {cls.noun}"


def _shown(value: Any) -> str:
    if isinstance(value, type):
        return f"the class {value.__name__} itself (call it)"
    if value is None or isinstance(value, bool | int | float | str):
        return printable(repr(value))
    return f"{'an' if type(value).__name__[0] in 'AEIOaeio' else 'a'} {type(value).__name__}"


def place_of(trace: TracebackType | None) -> str:
    """Return the last place of an error that is not in this package: ", file line n"."""
    for frame in reversed(traceback.extract_tb(trace)):
        file = Path(frame.filename)
        library = "site-packages" in file.parts or str(file).startswith("<")
        if not library and not file.is_relative_to(_ROOT):
            return f" ({file.name}, line {frame.lineno})"
    return ""
