"""The code of a user's own classes: found, run once, and kept with the run that used it.

A kind ``my_factors:Mine`` names the class ``Mine`` of ``my_factors.py`` beside the strategy, or of
a module that can be imported. A run folder keeps the text of that file, and of the files beside it
that it imports, in ``code/``; the strategy of a run folder is run with these.
"""

import ast
import hashlib
import importlib
import inspect
import json
import sys
import warnings
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from operator import attrgetter
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any, Literal, NamedTuple

from quanthedge.documents import printable, read_bytes
from quanthedge.errors import QuantHedgeError, StrategyError, StrategyWarning
from quanthedge.kinds.base import HOW_TO_REVIVE, LOADING, Kinded, check_complete, one_of, place_of
from quanthedge.kinds.naming import OWN_NAME
from quanthedge.kinds.parts import parts_in
from quanthedge.storage import WholeFolder

__all__ = ["OwnCode", "SentCode", "load_class"]

_FILES = "__own_files__"  # the texts that a module was loaded from, by their names beside it
_KEPT = "code"  # folder of a run's own code
_MAIN = "__main__"
_loaded: dict[str, ModuleType] = {}


class OwnCode:
    """The own classes of one strategy: those that are loaded, and those to be found when it runs.

    Parameters
    ----------
    folder : Path, optional
        Of the strategy's file; a run folder is recognised by its ``code/``.
    classes : mapping, optional
        Classes that are known already, by kind.
    unloaded : set of str
        Kinds that stay as they are named.
    """

    def __init__(
        self,
        folder: Path | None = None,
        classes: Mapping[str, type[Kinded]] | None = None,
        unloaded: Collection[str] = (),
    ) -> None:
        self.folder = folder
        self.unloaded = frozenset(unloaded)
        self.classes = dict(classes or {})
        self.kept = {} if folder is None else _kept_digests(folder)

    @classmethod
    def of(cls, strategy: Any) -> "OwnCode":
        """Return the own classes of a strategy, or of a part of one, as far as they are loaded."""
        own = [part for part in parts_in(strategy) if part.own]
        return cls(
            classes={part.kind: type(part) for part in own if not part._stand_in},
            unloaded={part.kind for part in own if part._stand_in},
        )

    def find(self, kind: str, root: type[Kinded]) -> type[Kinded]:
        """Return the class that a kind names.

        Raises
        ------
        StrategyError
            There is no such file or module, it cannot be run, or has no such class of that root.
        """
        found = self.classes.get(kind)
        if found is None:
            name, _, inside = kind.partition(":")
            beside = [sys.modules[one.__module__] for key, one in self.classes.items()
                      if key.startswith(f"{name}:")]  # fmt: skip
            module = beside[0] if beside else self._module(name, kind, root)
            there = _named(module, inside, kind, root)
            found = _checked(there, kind, root)
            self.classes[kind] = found
        elif not issubclass(found, root):
            raise StrategyError(_not_a(found, kind, root))
        return found

    def texts(self) -> dict[str, str]:
        """Return the texts of the classes that are known, by their names in a run folder.

        Raises
        ------
        StrategyError
            Two different files of one name.
        """
        found: dict[str, bytes] = {}
        for cls in self.classes.values():
            for name, data in _texts_of(cls).items():
                if name == f"{_KEPT}/{_MAIN}.py":
                    found[name] = found.get(name, b"") + data + b"\n"
                    continue
                if found.get(name, data) != data:
                    raise StrategyError(
                        f"own code: two different files {name.removeprefix('code/')} in one "
                        "strategy; rename one"
                    )
                found[name] = data
        return {name: data.decode("utf-8") for name, data in sorted(found.items())}

    def source(self, kind: str) -> Literal["kept", "shown", "changed", "lost"]:
        """Return what is known of the text of a class.

        kept: the text that runs; shown: that of a class in a notebook or script, which cannot be
        loaded from it; changed: the file is not as it was when it was imported; lost: no text.
        """
        cls = self.classes[kind]
        texts = _texts_of(cls)
        if not texts:
            return "lost"
        if f"{_KEPT}/{_MAIN}.py" in texts:
            return "shown"
        return "changed" if not cls._own_files and _is_stale(cls) else "kept"

    def _module(self, name: str, kind: str, root: type[Kinded]) -> ModuleType:
        """Return the module of a kind: the run's own copy, the file beside, or an import."""
        file = f"{_KEPT}/{name.replace('.', '/')}.py"
        if self.folder is not None and "." not in name and name != _MAIN:
            for path in ([self.folder / file] if self.kept else []) + [self.folder / f"{name}.py"]:
                if path.is_file():
                    module = _load_file(path, name, within=path.parent)
                    self._compare(path.name, getattr(module, _FILES))
                    return module
        missing = f"no module '{name}' that can be imported"
        if self.folder:
            missing = f"{missing}, and no file {name}.py beside the strategy ({self.folder})"
        if name == _MAIN and not hasattr(sys.modules[_MAIN], kind.partition(":")[2].split(".")[0]):
            raise StrategyError(
                f"{root.noun} {kind}: the class was written in a notebook or script; its text is "
                f"kept in {file} of the run folder where it could be; put it in a file of its own "
                "and name that"
            )
        try:
            module = importlib.import_module(name)
        except ModuleNotFoundError as error:
            if error.name is not None and (name == error.name or name.startswith(f"{error.name}.")):
                raise StrategyError(f"{root.noun} {kind}: {missing}") from error
            raise _broken(name, error) from error
        except Exception as error:
            raise _broken(name, error) from error
        if self.kept:
            self._compare(file.removeprefix(f"{_KEPT}/"), _texts_of_import(module, file))
        return module

    def _compare(self, what: str, texts: Mapping[str, bytes]) -> None:
        """Say when the code of a run is not as it was in that run."""
        for name, data in texts.items():
            now, then = _digest(data), self.kept.get(name.removeprefix(f"{_KEPT}/"))
            if then is not None and then != now:
                warnings.warn(
                    f"{name} is not as it was in that run (sha256 {then[:12]} then, {now[:12]} "
                    "now): the figures may differ",
                    StrategyWarning,
                    stacklevel=2,
                )


def _named(module: ModuleType, name: str, kind: str, root: type[Kinded]) -> Any:
    """Return what a name means in a module, or raise StrategyError with what there is."""
    if "<" in name:
        raise StrategyError(
            f"{root.noun} {kind}: the class was made inside a function and cannot be found again; "
            "define it at the top of a file"
        )
    found: Any = module
    for part in name.split("."):
        if not hasattr(found, part):
            there = [
                key for key, one in vars(module).items()
                if isinstance(one, type) and issubclass(one, root)
                and one.__module__ == module.__name__
            ]  # fmt: skip
            listed = ", ".join(there) or f"no {root.noun} at all"
            raise StrategyError(f"{root.noun} {kind}: no '{name}' in the file; there are: {listed}")
        found = getattr(found, part)
    return found


def _checked(found: Any, kind: str, root: type[Kinded]) -> type[Kinded]:
    """Return a class when it is one of the root's and complete."""
    if not isinstance(found, type) or not issubclass(found, root):
        raise StrategyError(_not_a(found, kind, root))
    if found.__module__.partition(".")[0] == "quanthedge":
        known = next((name for name, one in root.builtin().items() if one is found), "")
        hint = f"its kind is '{known}'" if known else f"derive your class from {root.__name__}"
        raise StrategyError(f"{root.noun} {kind}: a class of QuantHedge; {hint}")
    check_complete(found, root)
    return found


def _not_a(found: Any, kind: str, root: type[Kinded]) -> str:
    what = "a class" if isinstance(found, type) else f"of type {type(found).__name__}"
    return (
        f"{root.noun} {kind}: is {what}, not {one_of(root)}; derive it from "
        f"{root.__module__.rsplit('.', 1)[0]}.{root.__name__}"
    )


def load_class(path: Path, name: str) -> Any:
    """Return an object of a Python file by its name, and run the file for it.

    Raises
    ------
    StrategyError
        There is no such file or object, or the file cannot be run.
    """
    module = _load_file(path, path.stem)
    if not hasattr(module, name):
        there = ", ".join(key for key in vars(module) if not key.startswith("_"))
        raise StrategyError(f"{path}: no object '{name}'; there are {there}")
    return getattr(module, name)


def _load_file(path: Path, name: str, *, within: Path | None = None) -> ModuleType:
    """Return a Python file as a module; one that has not changed is run once.

    Raises
    ------
    StrategyError
        It is missing, lies outside the folder, or cannot be run.
    """
    place = path.resolve()
    if within is not None and not place.is_relative_to(within.resolve()):
        raise StrategyError(f"{path}: lies outside the strategy's folder; put the file into it")
    if not place.is_file():
        raise StrategyError(f"{path}: no such file")
    texts = _with_siblings(place)
    parts = [str(place), *(f"{file} {_digest(data)}" for file, data in sorted(texts.items()))]
    unique = f"_own_{_digest(chr(10).join(parts).encode())[:16]}_{name}"
    if unique not in _loaded:
        _loaded[unique] = _run(place, name, unique, texts)
    return _loaded[unique]


def _place_of_class(cls: type[Kinded]) -> tuple[str, str, str, str]:
    """Return where a class of a user's file is found again: path, name, module, name in it."""
    module = sys.modules[cls.__module__]
    return str(module.__file__), str(getattr(module, OWN_NAME)), module.__name__, cls.__qualname__


def _revived(path: str, name: str, unique: str, inside: str) -> Kinded:
    """Return an empty object of a class of a user's file, in another process.

    Raises
    ------
    StrategyError
        The file is no longer the one that the object was made from.
    """
    module = _load_file(Path(path), name)
    if module.__name__ != unique:
        raise StrategyError(f"{path}: changed while a strategy that uses it was on its way")
    cls: type[Kinded] = attrgetter(inside)(module)
    return cls.__new__(cls)


HOW_TO_REVIVE.append((_place_of_class, _revived))


class SentCode(NamedTuple):
    """An own class on its way to another process.

    Attributes
    ----------
    place
        Where the class is found again: path, name, module, name in it.
    texts
        Of its file and of those beside it that it imports, for where that file is not.
    """

    place: tuple[str, str, str, str]
    texts: Mapping[str, bytes]

    @classmethod
    def of(cls, part: Kinded) -> "SentCode":
        """Return the code of a part whose class came from a file beside its strategy."""
        files = part._own_files.items()
        texts = {name.removeprefix(f"{_KEPT}/"): data for name, data in files}
        return cls(_place_of_class(type(part)), texts)

    def revived(self, folder: Path) -> Any:
        """Return an empty object of the class from its file, or from its texts in a folder.

        Parameters
        ----------
        folder : Path
            Where the texts are written on a machine that has not that file, or has another one.
        """
        with suppress(StrategyError):
            return _revived(*self.place)
        path, name, unique, inside = self.place
        copy = folder / unique / Path(path).name
        if not copy.exists():
            with WholeFolder(folder / unique).replacing() as new:
                for file, data in self.texts.items():
                    (new / file).parent.mkdir(parents=True, exist_ok=True)
                    (new / file).write_bytes(data)
        cls: type[Kinded] = attrgetter(inside)(_load_file(copy, name))
        return cls.__new__(cls)


def _run(path: Path, name: str, unique: str, texts: dict[str, bytes]) -> ModuleType:
    module = ModuleType(unique)
    module.__file__ = str(path)
    named = {f"{_KEPT}/{file}": data for file, data in texts.items()}
    vars(module).update({OWN_NAME: name, _FILES: named})
    sys.modules[unique] = module  # annotations are looked up there, and texts of classes
    try:
        code = compile(texts[path.name], str(path), "exec", dont_inherit=True)
        with _beside(path.parent, texts), _noting(named):
            exec(code, vars(module))  # the user's own file, when he runs a strategy that names it
    except QuantHedgeError:
        del sys.modules[unique]
        raise
    except Exception as error:
        del sys.modules[unique]
        raise _broken(str(path), error) from error
    return module


@contextmanager
def _noting(texts: Mapping[str, bytes]) -> Iterator[None]:
    """Let every class that is made meanwhile know the texts that it came with."""
    before = dict(LOADING)
    LOADING.clear()
    LOADING.update(texts)
    try:
        yield
    finally:
        LOADING.clear()
        LOADING.update(before)


@contextmanager
def _beside(folder: Path, texts: Mapping[str, bytes]) -> Iterator[None]:
    """Let a file import those beside it, and others' files of the same names stay as they were."""
    names = {Path(file).parts[0].removesuffix(".py") for file in texts}
    hidden = {
        name: sys.modules.pop(name) for name in list(sys.modules) if name.partition(".")[0] in names
    }
    sys.path.insert(0, str(folder))
    importlib.invalidate_caches()
    try:
        yield
    finally:
        sys.path.remove(str(folder))
        for name in [one for one in sys.modules if one.partition(".")[0] in names]:
            del sys.modules[name]
        sys.modules.update(hidden)


def _with_siblings(path: Path) -> dict[str, bytes]:
    """Return the texts of a file and of those beside it that it imports, by their names there."""
    folder, found, waiting = path.parent, dict[str, bytes](), [path]
    while waiting:
        file = waiting.pop()
        name = file.relative_to(folder).as_posix()
        if name in found:
            continue
        found[name] = _utf8(file, read_bytes(file, "own code"))
        for one in _imported(found[name]):
            package = folder / one
            if (folder / f"{one}.py").is_file():
                waiting.append(folder / f"{one}.py")
            elif (package / "__init__.py").is_file():
                waiting += sorted(package.rglob("*.py"))
    return found


def _utf8(path: Path, data: bytes) -> bytes:
    """Return a text's bytes, or raise StrategyError where they are not UTF-8."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise StrategyError(f"{path}: not UTF-8; save the file as UTF-8") from error
    return data


def _imported(text: bytes) -> set[str]:
    """Return the first names of the modules that a text imports."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return set()  # told when it is run
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.partition(".")[0])
    return names


def _broken(what: str, error: Exception) -> StrategyError:
    where = place_of(error.__traceback__)
    if isinstance(error, SyntaxError):
        where = f" (line {error.lineno})"
    return StrategyError(
        f"{what}: cannot be run: {type(error).__name__}: {printable(error)}{where}"
    )


# -- what a run keeps


def _is_stale(cls: type) -> bool:
    """Return whether a class's methods are not those that its file has now."""
    module = sys.modules[cls.__module__]
    try:
        text = Path(str(module.__file__)).read_bytes()
        code = compile(text, str(module.__file__), "exec", dont_inherit=True)
    except (OSError, SyntaxError, ValueError):
        return True
    for part in cls.__qualname__.split("."):
        found = [one for one in code.co_consts if isinstance(one, CodeType) and one.co_name == part]
        if len(found) != 1:
            return part != "<locals>" and not found
        code = found[0]
    origin = _made_from(cls)
    if origin is not None:
        ran = origin.__code__
        return code.co_code != ran.co_code or _plain(code) != _plain(ran)
    now = {one.co_name: one for one in code.co_consts if isinstance(one, CodeType)}
    for member in vars(cls).values():
        function = member.fget if isinstance(member, property) else member
        if isinstance(function, FunctionType) and function.__code__.co_filename == module.__file__:
            one = now.get(function.__code__.co_name)
            if one is None or one.co_code != function.__code__.co_code:
                return True
            if _plain(one) != _plain(function.__code__):
                return True
    return False


def _made_from(cls: type) -> FunctionType | None:
    """Return the function that a class was made from by a decorator; None for a class as such."""
    found = vars(cls).get("function_of")
    function = found.__func__ if isinstance(found, staticmethod) else None
    return function if isinstance(function, FunctionType) else None


def _plain(code: CodeType) -> list[str]:
    return [repr(one) for one in code.co_consts if not isinstance(one, CodeType)]


def _texts_of(cls: type) -> dict[str, bytes]:
    """Return the texts that a class was made from; none where they cannot be had."""
    found: dict[str, bytes] = {}
    for base in cls.__mro__:
        module = sys.modules.get(base.__module__)
        if issubclass(base, Kinded) and base.__module__.partition(".")[0] != "quanthedge":
            found |= _texts_in(base, module)
    return found


def _texts_in(cls: type[Kinded], module: ModuleType | None) -> dict[str, bytes]:
    loaded = cls.__dict__.get("_own_files") or getattr(module, _FILES, None)
    if loaded:
        return dict(loaded)
    if module is not None and module.__name__ != _MAIN:
        name = module.__name__.replace(".", "/")
        return _texts_of_import(module, f"{_KEPT}/{name}.py")
    try:
        written = _made_from(cls) or cls
        return {f"{_KEPT}/{_MAIN}.py": inspect.getsource(written).encode()}
    except (OSError, TypeError):
        return {}


def _texts_of_import(module: ModuleType, name: str) -> dict[str, bytes]:
    file = getattr(module, "__file__", None)
    if module.__name__ == _MAIN or file is None or not Path(file).is_file():
        return {}
    return {name: _utf8(Path(file), Path(file).read_bytes())} if file.endswith(".py") else {}


def _kept_digests(folder: Path) -> dict[str, str]:
    """Return the digests of the own code that a run folder was written with; none elsewhere."""
    try:
        head = json.loads(read_bytes(folder / "run.json", "run", 64 * 2**20))
        kept = head["request"]["own_code"]
        return {str(name).removeprefix(f"{_KEPT}/"): str(one) for name, one in kept.items()}
    except (QuantHedgeError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return {}


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
