"""A folder to begin in: a strategy, a factor of one's own, a notebook, a test, a page of steps."""

import json
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from quanthedge.errors import StrategyError
from quanthedge.words import texts

if TYPE_CHECKING:  # numpy, which the command line starts without
    from quanthedge.typing import Language

__all__ = ["new_folder"]

_CELL = "# %%"
_FILES = {  # name in the folder: name of the template, without the language where it has one
    "README.md": "README.{language}.md",
    "strategy.toml": "strategy.toml.txt",
    "my_factor.py": "my_factor.py.txt",
    "first_steps.py": "first_steps.{language}.txt",
    "test_fund.py": "test_fund.py.txt",
}


def new_folder(path: str | Path, language: "Language" = "en") -> list[Path]:
    """Write a folder that runs as it stands, and return its files.

    Parameters
    ----------
    path : str or Path
        Made when it is missing; its last part becomes the fund's name.
    language : "en" or "zh"
        Of what the files say.

    Raises
    ------
    StrategyError
        Something is there already.
    DataError
        A file could not be written.

    Examples
    --------
    >>> import tempfile
    >>> place = Path(tempfile.mkdtemp()) / "my_fund"
    >>> sorted(file.name for file in new_folder(place))
    ['README.md', 'first_steps.ipynb', 'first_steps.py', 'my_factor.py', 'strategy.toml',
    'test_fund.py']
    """
    from quanthedge.storage import write_page

    path = Path(path)
    name = path.resolve().name
    if not name or not name.isprintable():
        raise StrategyError(f"new {str(path)!r}: accepted: a folder whose name can be printed")
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise StrategyError(f"{path}: is there and not empty; accepted: a new or an empty folder")
    written = {
        file: _filled(template.format(language=language), name, language)
        for file, template in _FILES.items()
    }
    written["first_steps.ipynb"] = _notebook(written["first_steps.py"])
    for file, text in written.items():
        write_page(path / file, text, "file of a new folder")
    return [path / file for file in written]


def _filled(template: str, name: str, language: "Language") -> str:
    """Return a template's text with the folder's name and the words of a language."""
    source = files("quanthedge.begin").joinpath("folder", template)
    text = source.read_text(encoding="utf-8")
    for key, words in texts("quanthedge.begin", "words")["folder"].items():
        text = text.replace(f"@{key}@", words[language])
    quoted = json.dumps(name, ensure_ascii=False)  # TOML's basic strings are JSON's
    return text.replace("@NAME@", quoted).replace("@TITLE@", name)


def _notebook(text: str) -> str:
    """Return the notebook of a text in which each cell begins with a line `# %%`."""
    cells = [_cell(number, part) for number, part in enumerate(text.split(_CELL)[1:])]
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    about = {"kernelspec": kernel, "language_info": {"name": "python"}}
    whole = {"cells": cells, "metadata": about, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(whole, ensure_ascii=False, indent=1) + "\n"


def _cell(number: int, part: str) -> dict[str, Any]:
    kind, _, body = part.partition("\n")
    lines = body.strip().split("\n")
    cell: dict[str, Any] = {"cell_type": "code", "id": f"step-{number}", "metadata": {}}
    if kind.strip() == "[markdown]":
        cell["cell_type"] = "markdown"
        lines = [line.removeprefix("#").removeprefix(" ") for line in lines]
    else:
        cell |= {"execution_count": None, "outputs": []}
    return cell | {"source": "\n".join(lines)}
