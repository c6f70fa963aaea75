"""Writes the page of commands from the commands themselves, in both languages."""

import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer
from models import choices_of, words_of
from reference import FOLDERS, LANGUAGES, Words, cell, plain, table
from sphinx.application import Sphinx

from quanthedge.cli.app import app as typer_app
from quanthedge.cli.helping import chinese_of


def _commands(group: Any, name: str) -> Iterator[tuple[str, Any]]:
    for word, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from _commands(command, f"{name} {word}")
        elif not command.hidden:
            yield f"{name} {word}", command


def _type(option: Any, words: Words) -> str:
    """Return what an option takes; a switch takes nothing."""
    annotation = option.type_descriptor.annotation
    choices = choices_of(annotation)
    if choices:
        return ", ".join(one.strip('"') for one in choices)
    return "" if annotation is bool else words.types(words_of(annotation))


def _default(option: Any) -> str:
    shown, value = option.show_default, option.default
    if isinstance(shown, str):
        return cell(shown)
    if not shown or value in (None, False, True, "") or callable(value):
        return " "
    return f"`{cell(getattr(value, 'value', value))}`"


def _said(path: str, name: str, english: str, words: Words) -> str:
    """Return what a command says of itself or of an option in a language."""
    return (words.language == "zh" and chinese_of(path, name)) or english


def _rows(command: Any, path: str, words: Words) -> list[list[str]]:
    rows = []
    for one in command.params:
        if one.name == "help" or getattr(one, "hidden", False):
            continue
        called = (
            ", ".join(one.opts)
            if one.opts[0].startswith("-")
            else (one.metavar or str(one.name).upper()).strip("[]{}")
        )
        must = f" *({words['required']})*" if one.required else ""
        told = plain(cell(_said(path, str(one.name), one.help or "", words)))
        rows.append([f"`{called}`", cell(_type(one, words)), _default(one), f"{told}{must}"])
    return rows


def _told(command: Any, path: str, words: Words) -> list[str]:
    """Return a command's help as paragraphs, and its examples as they are typed."""
    english = inspect.cleandoc(command.help or "").replace("\f", "")
    text = inspect.cleandoc(_said(path, "help", english, words))
    told = [one for one in text.split("\n\n") if not _example(one)]
    examples = [_example(one) for one in english.split("\n\n") if _example(one)]
    lines = [line for one in told for line in (plain(one), "")]
    for example in examples:
        first, *more = example.splitlines()
        lines += [f"    {first}", *(f"        {line.strip()}" for line in more)]
    return [*lines, ""]


def _example(paragraph: str) -> str:
    """Return the command of a paragraph that shows one, or nothing."""
    head, colon, rest = paragraph.partition(": ")
    if colon and head in ("Example", "Examples"):
        return rest
    return paragraph if paragraph.startswith("quanthedge ") else ""


def page(words: Words) -> str:
    """Return the page of one language."""
    command = typer.main.get_command(typer_app)
    lines = [f"# {words['commands title']}", "", words["commands intro"], ""]
    head = [words[name] for name in ("option", "type", "default", "meaning")]
    lines += [table(head, _rows(command, "", words)), ""]
    for name, one in sorted(_commands(command, "quanthedge")):
        path = name.removeprefix("quanthedge ")
        lines += [f"## `{name}`", "", *_told(one, path, words)]
        lines += [table(head, _rows(one, path, words)), ""]
    return "\n".join(lines)


def write(app: Sphinx, _config: Any) -> None:
    """Write the pages before Sphinx looks for its files."""
    for language in LANGUAGES:
        path = Path(app.srcdir) / FOLDERS[language] / "commands.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        text = page(Words(language)) + "\n"
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")


def setup(app: Sphinx) -> dict[str, bool]:
    """Add the pages to a build."""
    app.connect("config-inited", write)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
