"""`--help` in the language of the environment: the same commands with their texts in Chinese."""

import os
import re
from typing import TYPE_CHECKING, Any, Final

from quanthedge.begin import strategy_names
from quanthedge.words import error_said, texts

if TYPE_CHECKING:
    from collections.abc import Callable

    from quanthedge.typing import Language

__all__ = ["chinese_of", "in_language"]

_EXAMPLE: Final = re.compile(r"^Examples?: ")
_HEADINGS: Final = {
    "ARGUMENTS_PANEL_TITLE": "参数",
    "OPTIONS_PANEL_TITLE": "选项",
    "COMMANDS_PANEL_TITLE": "命令",
    "DEFAULT_STRING": "[默认：{}]",
    "ENVVAR_STRING": "[环境变量：{}]",
    "REQUIRED_LONG_STRING": "[必填]",
    "ERRORS_PANEL_TITLE": "错误",
    "RICH_HELP": "用法见 [blue]{command_path} {help_option}[/]",
}
_SAMPLE = "the sample that comes along"


def in_language(command: Any, language: "Language") -> Any:
    """Return a command line with its help in a language; English is what the code says itself."""
    _without_colour()
    if language == "zh":
        from rich.console import Group
        from rich.table import Table
        from typer import rich_utils

        looks: Any = rich_utils
        looks.Table = _folding(Table)
        looks.rich_format_error = _told_in_chinese(looks.rich_format_error)
        looks.Columns = lambda parts: Group(*parts)
        for name, text in _HEADINGS.items():
            setattr(rich_utils, name, text)
        _translate(command, "")
        command.commands.treat = lambda name, one: _translate(one, name)
    return command


def _folding(table: Any) -> Any:
    """Return a table that breaks long words: Chinese has no blanks, and would be cut off."""

    class Folding(table):  # type: ignore[misc]
        def add_row(self, *cells: Any, **how: Any) -> None:
            super().add_row(*cells, **how)
            for column in self.columns:
                column.overflow = "fold"

    return Folding


def _told_in_chinese(show: "Callable[[Any], None]") -> "Callable[[Any], None]":
    """Return what shows a wrong use of a command, its sentence in Chinese where it is known."""

    def told(error: Any) -> None:
        sentence = error.format_message()
        error.format_message = lambda: error_said(" ".join(sentence.split()), "zh")
        show(error)

    return told


def _without_colour() -> None:
    """Let help have no escape codes at all where NO_COLOR asks for none."""
    if os.environ.get("NO_COLOR"):
        from typer import rich_utils

        rich_utils.COLOR_SYSTEM = None


def _translate(command: Any, path: str) -> None:
    text = chinese_of(path, "help")
    if text:
        examples = [part for part in (command.help or "").split("\n\n") if _is_example(part)]
        told = [_EXAMPLE.sub("示例：", part) for part in examples]
        command.help, command.short_help = "\n\n".join([text, *told]), None
    for option in command.params:
        _translate_option(option, path)
    _in_chinese_usage(command)
    if path:
        for name, one in getattr(command, "commands", {}).items():
            _translate(one, f"{path} {name}")


def _is_example(part: str) -> bool:
    return bool(_EXAMPLE.match(part)) or part.strip().startswith("quanthedge ")


def _translate_option(option: Any, path: str) -> None:
    found = chinese_of(path, option.name or "")
    if found:
        option.help = found
    if getattr(option, "show_default", None) == _SAMPLE:
        option.show_default = "自带样本"


def _in_chinese_usage(command: Any) -> None:
    """Let a command begin its usage, and name its own help, in Chinese."""
    usage, asked = command.get_usage, command.get_help_option

    def get_usage(context: Any) -> str:
        return str(usage(context)).replace("Usage:", "用法：", 1)

    def get_help_option(context: Any) -> Any:
        option = asked(context)
        if option is not None:
            option.help = chinese_of("", "help_option")
        return option

    command.get_usage, command.get_help_option = get_usage, get_help_option


def chinese_of(path: str, name: str) -> str | None:
    """Return what a parameter of a command is in Chinese; "help" is the command itself."""
    known = texts("quanthedge.cli", "help_chinese")
    own = known.get(path or "app", {})
    text = own.get(name) or (None if name == "help" else known["shared"].get(name))
    return None if text is None else str(text).replace("{strategies}", ", ".join(strategy_names()))
