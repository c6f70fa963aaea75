"""The licences of everything that an installation of QuantHedge brings with it.

    python -m benchmarks.licences

Follows the hard dependencies, and those of the extras that jobs of ours ask for, as far as they
lead on this machine. GPL and AGPL are refused, LGPL
is named as such, and a package that does not say its licence has to be looked up and stated here.
Exit code 1 when something is refused or not known.
"""

import re
import sys
import tomllib
from importlib.metadata import Distribution, distribution
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]
# of packages whose metadata do not say it: read in the licence file that they come with
STATED = {"vectorbt": "Apache-2.0 with Commons Clause (used for cross-checks and conversion only)"}
COPYLEFT = re.compile(r"\bA?GPL|Affero|GNU General Public", re.IGNORECASE)
LESSER = re.compile(r"\bLGPL|Lesser General Public|Library General Public", re.IGNORECASE)
EXTRAS = ("pdf", "optimise", "garch", "excel")
_LONGEST = 70


def plain(name: str) -> str:
    """Return a name in its plain spelling."""
    return re.sub(r"[-_.]+", "-", name).lower()


def closure(requirements: list[str]) -> dict[str, Distribution]:
    """Return every package that the requirements bring with them, by name."""
    found: dict[str, Distribution] = {}
    waiting = [Requirement(text) for text in requirements]
    while waiting:
        one = waiting.pop()
        applies = one.marker is None or one.marker.evaluate({"extra": ""})
        if not applies or plain(one.name) in found:
            continue
        package = distribution(one.name)
        found[plain(one.name)] = package
        waiting += [Requirement(text) for text in package.requires or []]
    return dict(sorted(found.items()))


def licence(name: str, package: Distribution) -> str:
    """Return what a package says of its licence; empty where it says nothing."""
    if name in STATED:
        return STATED[name]
    about = package.metadata
    expression = about.get("License-Expression")
    if expression:
        return str(expression)
    classified = [
        line.split(" :: ")[-1]
        for line in about.get_all("Classifier") or []
        if line.startswith("License :: ") and not line.endswith("OSI Approved")
    ]
    if classified:
        return " AND ".join(classified)
    text = str(about.get("License") or "").strip()
    return "" if text.upper() in ("", "UNKNOWN") else text.splitlines()[0][:_LONGEST]


def verdict(text: str) -> str:
    """Return what is wrong with a licence, or "" ; LGPL is allowed and said.

    >>> verdict("MIT"), verdict("LGPL-2.1-or-later"), verdict("GPL-3.0-only"), verdict("")
    ('', 'LGPL', 'refused', 'not known')
    """
    if not text:
        return "not known"
    if COPYLEFT.search(LESSER.sub("", text)):
        return "refused"
    return "LGPL" if LESSER.search(text) else ""


def requirements() -> list[str]:
    """Return what an installation asks for, and what our own jobs need beyond that."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    return [*project["dependencies"], *(one for name in EXTRAS for one in extras[name])]


def main() -> int:
    """Print a line a package; return 1 when one is refused or not known."""
    wrong = 0
    for name, package in closure(requirements()).items():
        text = licence(name, package)
        said = verdict(text)
        wrong += said in ("refused", "not known")
        print(f"{name:<28} {package.version:<14} {text}{f'  <- {said}' if said else ''}")
    print(f"{wrong} refused or not known" if wrong else "no GPL or AGPL among them")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
