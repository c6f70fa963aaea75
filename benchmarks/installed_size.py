"""What an installation takes: megabytes a package, who asks for it, what would leave with it.

    python -m benchmarks.installed_size PLAIN_ENVIRONMENT ALL_ENVIRONMENT --write

The arguments are the interpreters of two environments: one with the wheel alone, one with its
``[all]``. In the first, a run on the sample market with its reports is made and the packages
that it loads are noted. ``--write`` puts the tables into both pages on installing. Sizes are disk
blocks, as ``du`` counts them, without compiled bytecode: one installer writes it, another does not.
"""

import argparse
import json
import subprocess
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from benchmarks.pages import markdown, write_between

PAGES = {
    "en": Path(__file__).parents[1] / "docs" / "start" / "installing.md",
    "zh": Path(__file__).parents[1] / "docs" / "zh" / "start" / "installing.md",
}
OURS = "quanthedge"
OWNERS = ("numpy", "pandas", "scikit-learn", "statsmodels", "vectorbt")  # named by the owner
SHOWN = 5  # megabytes from which a package has a line of its own
WORDS = {
    "en": {
        "header": ["package", "MB", "leaves with it, MB", "asked for by", "loaded by a run"],
        "extras": ["extra", "packages that it adds", "MB", "largest"],
        "rest": "{count} smaller ones",
        "loaded": {True: "yes", False: "no"},
        "total": "**all {count} packages**",
        "join": ", ",
        "all": "**`[all]`, with the plain one**",
        "owners": "{owners} with what they bring are {count} packages and {megabytes:,.0f} MB; "
        "of the rest pyarrow, which keeps every market, and QuantHedge itself are {own:,.0f} MB, "
        "all others {others:,.0f} MB.",
    },
    "zh": {
        "header": ["软件包", "MB", "不装它可省 MB", "由谁要求", "运行时是否加载"],
        "extras": ["可选组件", "增加的软件包数", "MB", "其中最大的"],
        "rest": "其余 {count} 个较小的",
        "loaded": {True: "是", False: "否"},
        "total": "**共 {count} 个软件包**",
        "join": "、",
        "all": "**`[all]`，连同基本安装**",
        "owners": "{owners} 连同其依赖共 {count} 个软件包、{megabytes:,.0f} MB；"
        "其余之中，保存行情所用的 pyarrow 与 QuantHedge 自身为 {own:,.0f} MB，"
        "其他合计 {others:,.0f} MB。",
    },
}
_ASK = """
import json, platform, sysconfig
print(json.dumps({"paths": sorted({sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}),
    "python_version": ".".join(platform.python_version_tuple()[:2]),
    "python_full_version": platform.python_version()}))
"""
_RUN = """
import json, os, sys
from importlib.metadata import packages_distributions
from pathlib import Path
from quanthedge.cli import main
os._exit = sys.exit  # commands end at once, and then nothing could be written down
sys.argv = ["quanthedge", "demo", "--out", "run", "--language", "en"]
try:
    main()
except SystemExit as end:
    if end.code not in (0, None):
        raise
known = packages_distributions()
tops = {name.partition(".")[0] for name in sys.modules}
Path("loaded.json").write_text(json.dumps(sorted({d for top in tops for d in known.get(top, ())})))
"""


@dataclass(frozen=True)
class Installation:
    """The packages of an environment.

    Attributes
    ----------
    sizes : dict
        Disk blocks of each package, in bytes.
    needs : dict
        What each package asks for there without an extra; of ours: by extra, the empty name for
        none.
    """

    sizes: dict[str, int]
    needs: dict[str, frozenset[str]]
    extras: dict[str, frozenset[str]]

    @cached_property
    def direct(self) -> frozenset[str]:
        """What ours asks for without an extra."""
        return self.needs[OURS]

    def reached(self, start: Iterable[str]) -> set[str]:
        """Return what some packages bring, themselves included."""
        found: set[str] = set()
        ahead = list(start)
        while ahead:
            name = ahead.pop()
            if name not in found and name in self.sizes:
                found.add(name)
                ahead.extend(self.needs[name])
        return found

    def only_by(self, name: str) -> set[str]:
        """Return what would not be there if a package were not asked for by ours.

        What another of our packages asks for stays.
        """
        return self.reached(self.direct) - self.reached(self.direct - {name})

    def added_by(self, extra: str) -> set[str]:
        """Return what an extra adds to a plain installation."""
        return self.reached(self.direct | self.extras[extra]) - self.reached(self.direct)

    def askers(self, name: str) -> list[str]:
        """Return which of our packages bring one, the one that ours asks for itself first."""
        if name in self.direct:
            return [OURS]
        return sorted(one for one in self.direct if name in self.reached([one]))

    def megabytes(self, names: Iterable[str]) -> float:
        """Return what packages take."""
        return sum(self.sizes[name] for name in names) / 2**20


def installation(found: Iterable[Distribution], environment: Mapping[str, str]) -> Installation:
    """Return the packages of an environment, of which some markers' values are given."""
    packages = {canonicalize_name(one.metadata["Name"]): one for one in found}
    if OURS not in packages:
        raise SystemExit(f"{OURS} is not installed there")
    asked = {
        name: [Requirement(line) for line in one.requires or []] for name, one in packages.items()
    }
    extras_asked: dict[str, set[str]] = {}  # of others' packages, as in `requests[socks]`

    def wanted(name: str, extras: Iterable[str]) -> frozenset[str]:
        got = set()
        for one in asked[name]:
            if any(holds(one, extra) for extra in ("", *extras)):
                target = canonicalize_name(one.name)
                got.add(str(target))
                extras_asked.setdefault(target, set()).update(one.extras)
        return frozenset(got)

    def holds(one: Requirement, extra: str) -> bool:
        return one.marker is None or one.marker.evaluate({**environment, "extra": extra})

    offered = packages[OURS].metadata.get_all("Provides-Extra") or []
    plain = wanted(OURS, ())
    extras = {
        extra: wanted(OURS, [extra]) - plain
        for extra in offered
        if extra not in ("all", "dev", "docs")
    }
    for name in packages:  # so that every extra asked of another's package is known
        wanted(name, ())
    needs = {name: wanted(name, extras_asked.get(name, ())) for name in packages if name != OURS}
    sizes = {name: size(one) for name, one in packages.items()}
    return Installation(sizes, needs | {OURS: plain}, extras)


def size(package: Distribution) -> int:
    """Return the disk blocks of a package's files; bytecode depends on what has run there."""
    places = {Path(str(package.locate_file(file))).resolve() for file in package.files or []}
    return sum(
        place.stat().st_blocks * 512
        for place in places
        if place.is_file() and place.suffix != ".pyc"
    )


def look(python: str) -> Installation:
    """Return the packages of the environment of an interpreter."""
    told = json.loads(subprocess.run([python, "-c", _ASK], check=True, capture_output=True).stdout)
    found = distributions(path=told.pop("paths"))
    return installation(found, told)


def loaded_by_a_run(python: str) -> set[str]:
    """Return the packages that a run on the sample market with its HTML report loads."""
    with tempfile.TemporaryDirectory() as folder:
        command = [python, "-c", _RUN]
        subprocess.run(command, check=True, cwd=folder, stdout=subprocess.DEVNULL)
        names: list[str] = json.loads((Path(folder) / "loaded.json").read_text())
    return {canonicalize_name(name) for name in names}


def plain_table(there: Installation, loaded: set[str], language: str) -> str:
    """Return the table of the packages of a plain installation, the largest first."""
    words: dict[str, Any] = WORDS[language]
    ranked = sorted(there.reached([OURS]), key=lambda name: -there.sizes[name])
    large = [name for name in ranked if there.megabytes([name]) >= SHOWN]
    small = ranked[len(large) :]
    rows = []
    for name in large:
        leaves = f"{there.megabytes(there.only_by(name)):,.0f}" if name in there.direct else ""
        asked = words["join"].join(there.askers(name)) if name != OURS else ""
        used = words["loaded"][name in loaded]
        rows.append([name, f"{there.megabytes([name]):,.0f}", leaves, asked, used])
    unused = [name for name in small if name in there.direct and name not in loaded]
    rest = words["rest"].format(count=len(small))
    rows.append([rest, f"{there.megabytes(small):,.0f}", "", "", ""])
    total = words["total"].format(count=len(ranked))
    rows.append([total, f"**{there.megabytes(ranked):,.0f}**", "", "", ""])
    print("asked for by ours, small and not loaded:", ", ".join(unused) or "none")
    return f"{markdown(words['header'], rows)}\n\n{_bounds(there, words)}"


def _bounds(there: Installation, words: dict[str, Any]) -> str:
    """Return the sentence on how little could still be left out."""
    owners = there.reached(OWNERS)
    own = there.reached([OURS]) - owners
    large = own & {"pyarrow", OURS}
    return str(words["owners"]).format(
        owners=words["join"].join(OWNERS),
        count=len(owners),
        megabytes=there.megabytes(owners),
        own=there.megabytes(large),
        others=there.megabytes(own - large),
    )


def extras_table(there: Installation, language: str) -> str:
    """Return the table of what each extra adds to a plain installation."""
    words: dict[str, Any] = WORDS[language]
    rows = []
    for extra in there.extras:
        brought = sorted(there.added_by(extra), key=lambda name: -there.sizes[name])
        largest = words["join"].join(brought[:3])
        rows.append([f"`{extra}`", f"{len(brought)}", f"{there.megabytes(brought):,.0f}", largest])
    everything = there.reached([OURS, *set().union(*there.extras.values())])
    total = f"**{there.megabytes(everything):,.0f}**"
    rows.append([words["all"], f"**{len(everything)}**", total, ""])
    return markdown(words["extras"], rows)


def main() -> None:
    """Look at two environments, print their tables and write them where it is asked for."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("plain", help="interpreter of an environment with the wheel alone")
    parser.add_argument("everything", help="interpreter of an environment with its [all]")
    parser.add_argument("--write", action="store_true", help="write docs/start/installing.md")
    asked = parser.parse_args()
    plain, everything = look(asked.plain), look(asked.everything)
    loaded = loaded_by_a_run(asked.plain)
    for language, page in PAGES.items():
        tables = {
            "plain installation": plain_table(plain, loaded, language),
            "extras": extras_table(everything, language),
        }
        for name, table in tables.items():
            print(table, end="\n\n")
            if asked.write:
                write_between(page, name, table)


if __name__ == "__main__":
    main()
