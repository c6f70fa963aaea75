"""The commands by name, each imported when it is asked for: who reports waits for no other one."""

from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from typing import Any, Final

import typer
from typer.core import TyperGroup

__all__ = ["Commands", "Group"]

# in the order in which --help lists them; the file is called as the command is
_NAMES: Final = (
    "demo", "new", "doctor", "import", "download", "factors", "basis", "bridge", "stress", "token",
    "compare", "capacity", "statement", "update", "simulate", "check", "audit", "evaluate",
    "explain", "rules", "run", "sweep", "judge", "orders", "report", "reproduce", "trials",
    "overfit", "cache", "runs",
)  # fmt: skip
_FILES: Final = {"import": "import_"}  # a word of Python's own
_GROUPS: Final = ("runs",)  # with commands of their own

Treatment = Callable[[str, Any], None]


class Commands(Mapping[str, Any]):
    """Typer's commands by name, made on first ask.

    Attributes
    ----------
    treat : callable
        What is done to each command when it is made, given its name and itself.
    """

    def __init__(self) -> None:
        self._made: dict[str, Any] = {}
        self.treat: Treatment = lambda name, command: None

    def __getitem__(self, name: str) -> Any:
        if name not in _NAMES:
            raise KeyError(name)
        if name not in self._made:
            made = _command(name)
            self.treat(name, made)
            self._made[name] = made
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(_NAMES)

    def __len__(self) -> int:
        return len(_NAMES)


class Group(TyperGroup):
    """The command line itself, whose commands come when they are asked for."""

    def __init__(self, *, commands: object = None, **attributes: Any) -> None:
        super().__init__(**attributes)
        self.commands = Commands()  # type: ignore[assignment]  # nothing is added to it


def _command(name: str) -> Any:
    module = import_module(f"{__package__}.{_FILES.get(name, name)}")
    if name in _GROUPS:
        return typer.main.get_command(module.app)
    alone = typer.Typer(
        add_completion=False, rich_markup_mode="markdown", pretty_exceptions_enable=False
    )
    alone.command(name)(module.command)
    return typer.main.get_command(alone)
