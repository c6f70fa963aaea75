"""Where each engine's python is: given by hand, found in a folder, or made there with pip."""

import re
import subprocess
import sys
import venv
from pathlib import Path

from benchmarks.peers.cases import ENVIRONMENTS, LIVES_IN

__all__ = ["pins", "python_of", "pythons"]

REQUIREMENTS = Path(__file__).with_name("requirements.txt")
_PLACES = ("bin/python", "Scripts/python.exe")


def pins() -> dict[str, str]:
    """Return the pinned version of each peer that has an environment of its own."""
    found = {}
    for line in REQUIREMENTS.read_text(encoding="utf-8").splitlines():
        pin = re.fullmatch(r"([A-Za-z0-9._-]+)==(\S+)", line.split("#")[0].strip())
        if pin:
            found[pin[1]] = pin[2]
    return found


def _made(folder: Path, packages: tuple[str, ...]) -> Path | None:
    """Return the python of an environment in a folder, made when it is not there."""
    for place in _PLACES:
        if (folder / place).exists():
            return folder / place
    print(f"making {folder.name}: {', '.join(packages)}", file=sys.stderr)
    venv.create(folder, with_pip=True)
    python = next(folder / place for place in _PLACES if (folder / place).exists())
    wanted = [f"{name}=={pins()[name]}" for name in packages]
    command = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    if subprocess.run([*command, *wanted], check=False).returncode:
        print(f"{folder.name}: pip could not install {', '.join(wanted)}", file=sys.stderr)
        return None
    return python


def pythons(folder: Path | None, given: list[str]) -> dict[str, Path]:
    """Return environment -> python.

    Parameters
    ----------
    folder : Path or None
        Holds an environment a folder; those that lack are made.
    given : list of str
        ``NAME=PATH`` each, which go first.
    """
    found = {}
    for text in given:
        name, equals, path = text.partition("=")
        if not equals or name not in ENVIRONMENTS or not Path(path).exists():
            raise SystemExit(
                f"--python {text}: accepted: NAME=PATH of a python that is there, NAME one of "
                f"{', '.join(ENVIRONMENTS)}"
            )
        found[name] = Path(path)
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        for name, packages in ENVIRONMENTS.items():
            made = None if name in found else _made(folder / name, packages)
            if made is not None:
                found[name] = made
    return found


def python_of(engine: str, found: dict[str, Path]) -> Path | None:
    """Return the python that runs an engine; None when its environment is not there."""
    if engine not in LIVES_IN:
        return Path(sys.executable)
    return found.get(LIVES_IN[engine])
