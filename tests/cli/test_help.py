"""`--help` stands in both languages for every command and option, within 80 columns."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import typer
from wcwidth import wcswidth

from quanthedge.cli.app import app
from quanthedge.cli.helping import chinese_of
from quanthedge.words import LANGUAGES, texts

CHINESE = re.compile("[\u3400-\u9fff]")
COMMANDS = typer.main.get_command(app)


def every(command: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every command with the words that lead to it."""
    yield path, command
    for name, one in getattr(command, "commands", {}).items():
        yield from every(one, f"{path} {name}".strip())


ALL = dict(every(COMMANDS))


@pytest.mark.parametrize("path", ALL)
def test_a_command_and_its_options_say_what_they_are_in_both_languages(path: str) -> None:
    command = ALL[path]
    assert command.help
    assert CHINESE.search(chinese_of(path, "help") or ""), path
    for option in command.params:
        assert getattr(option, "help", None), f"{path} {option.name} in English"
        chinese = chinese_of(path, option.name)
        assert CHINESE.search(chinese or ""), f"{path} {option.name} in Chinese"


def test_no_chinese_help_is_of_an_option_that_is_gone() -> None:
    known = {path or "app": {"help", *(one.name for one in made.params)}
             for path, made in ALL.items()}  # fmt: skip
    for path, entries in texts("quanthedge.cli", "help_chinese").items():
        if path in known:
            assert set(entries) <= known[path], path


def spoken(*words: str, language: str, **more: str) -> str:
    environment = {**os.environ, "QUANTHEDGE_LANGUAGE": language, "COLUMNS": "80", **more}
    code = "import sys; from quanthedge.cli.app import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code, *words], check=True, capture_output=True, env=environment
    )
    return done.stdout.decode("utf-8")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("words", [(), ("--help",), ("run", "--help"), ("runs", "list", "--help")])
def test_help_fits_a_terminal_and_is_not_cut(words: tuple[str, ...], language: str) -> None:
    text = spoken(*words, language=language)
    assert all(wcswidth(line) <= 80 for line in text.splitlines())
    assert "\x1b" not in text
    assert bool(CHINESE.search(text)) == (language == "zh")
    if language == "zh":
        assert "…" not in text
        assert not re.search(r"Usage|Options|Arguments|Commands|default|required", text)


def test_no_colour_means_no_escape_codes_at_all() -> None:
    assert "\x1b" in spoken("--help", language="en", FORCE_COLOR="1")
    assert "\x1b" not in spoken("--help", language="en", FORCE_COLOR="1", NO_COLOR="1")


def test_without_arguments_three_commands_are_shown() -> None:
    for language in LANGUAGES:
        lines = spoken(language=language).splitlines()
        assert sum(line.startswith("  quanthedge ") for line in lines) == 3
        assert len(lines) <= 8
