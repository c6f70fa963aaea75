"""The command `quanthedge doctor`."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING

import typer

from quanthedge.cli.language import AnyLanguage, language_asked
from quanthedge.cli.manner import AsJson, print_json

if TYPE_CHECKING:
    from quanthedge.doctor import Finding
    from quanthedge.typing import Language

__all__ = ["command"]

_STATE_COLUMNS = 6  # of the terminal; a Chinese letter takes two


def command(
    language: AnyLanguage = None,
    as_json: AsJson = False,
) -> None:
    """Say what is installed, compiled, cached and writable here, and what to do about it.

    Exit code 1 where the main job cannot run; what only some jobs need is a note.

    Example: quanthedge doctor --language en
    """
    from quanthedge.doctor import examine

    chosen = language_asked(language)
    found = examine()
    well = all(one.state != "bad" for one in found)
    if as_json:
        print_json({"command": "doctor", "well": well, "findings": [asdict(one) for one in found]})
    else:
        for line in _told(found, chosen, well=well):
            typer.echo(line)
    if not well:
        raise typer.Exit(1)


def _told(found: "list[Finding]", language: "Language", *, well: bool) -> Iterator[str]:
    """Yield a line for each finding, one for what to do about it, and one for the whole."""
    from rich.cells import set_cell_size

    from quanthedge.words import texts

    words = texts("quanthedge.doctor", "words")
    for one in found:
        state = set_cell_size(words["shown"][one.state][language], _STATE_COLUMNS)
        names = words["names"].get(one.name)
        name = one.name if names is None else names[language]
        yield f"{state}{name}: {one.said[language]}"
        if one.cure[language]:
            yield f"{'':{_STATE_COLUMNS}}-> {one.cure[language]}"
    yield words["shown"]["all_well" if well else "not_well"][language]
