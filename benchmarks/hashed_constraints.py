"""The pinned versions with the SHA-256 of their files: written, and held against constraints.txt.

    python -m benchmarks.hashed_constraints --check   # no network: do the two files agree?
    python -m benchmarks.hashed_constraints --write   # after constraints.txt was changed; needs uv

``constraints-hashed.txt`` names no host: `pip install --require-hashes -r constraints-hashed.txt`
asks whatever index is set up, and takes nothing but the files that these digests are of.
"""

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
PINNED, HASHED = ROOT / "constraints.txt", ROOT / "constraints-hashed.txt"
HEAD = "# Versions of constraints.txt with the SHA-256 of their files, written by\n" \
       "# `python -m benchmarks.hashed_constraints --write`.\n"  # fmt: skip
PIN = re.compile(r"([A-Za-z0-9._-]+)==([A-Za-z0-9.+!_-]+)")
HASH = re.compile(r"    --hash=sha256:[0-9a-f]{64}")


def pinned(text: str) -> set[tuple[str, str]]:
    """Return the names (in their plain spelling) and versions of a constraints file."""
    lines = (line.split("#")[0].strip() for line in text.splitlines())
    found = [PIN.fullmatch(line) for line in lines if line]
    if None in found:
        raise SystemExit(f"{PINNED.name}: a line that is no NAME==VERSION")
    return {(plain(one[1]), one[2]) for one in found if one is not None}


def plain(name: str) -> str:
    """Return a name in its plain spelling."""
    return re.sub(r"[-_.]+", "-", name).lower()


def hashed(text: str) -> dict[tuple[str, str], int]:
    """Return the number of digests of each version; SystemExit at anything else in the file."""
    found: dict[tuple[str, str], int] = {}
    last: tuple[str, str] | None = None
    for number, line in enumerate(text.splitlines(), start=1):
        if line.startswith("#"):
            continue
        bare = line.removesuffix(" \\")
        if pin := PIN.fullmatch(bare):
            last = plain(pin[1]), pin[2]
            found[last] = 0
        elif HASH.fullmatch(bare) and last is not None:
            found[last] += 1
        else:
            raise SystemExit(f"{HASHED.name}, line {number}: neither a version nor a digest")
    return found


def faults() -> list[str]:
    """Return what does not agree between the two files."""
    wanted = pinned(PINNED.read_text(encoding="utf-8"))
    there = hashed(HASHED.read_text(encoding="utf-8"))
    told = [f"{name}=={version} has no digest" for name, version in sorted(wanted - set(there))]
    told += [f"{name}=={version} is not pinned" for name, version in sorted(set(there) - wanted)]
    return told + [f"{name} has no digest" for (name, _), count in there.items() if not count]


def write() -> None:
    """Ask the index for the digests of every pinned version."""
    uv = shutil.which("uv")
    if uv is None:
        raise SystemExit("uv is needed to write the file: pip install uv, in any environment")
    with tempfile.TemporaryDirectory() as name:
        found = Path(name) / "hashed.txt"
        command = [
            uv, "pip", "compile", "--generate-hashes", "--no-deps", "--no-annotate", "--no-header",
            "--no-emit-index-url", "--quiet", "--python", sys.executable, str(PINNED),
            "--output-file", str(found),
        ]  # fmt: skip
        subprocess.run(command, check=True)
        HASHED.write_text(HEAD + found.read_text(encoding="utf-8"), encoding="utf-8")


def main() -> None:
    """Write the file where asked to, then hold the two against each other."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--check", action="store_true")
    if parser.parse_args().write:
        write()
    told = faults()
    if told:
        raise SystemExit(f"{HASHED.name}: {'; '.join(told)}; write it anew (--write)")
    there = hashed(HASHED.read_text(encoding="utf-8"))
    print(f"{HASHED.name}: {len(there)} versions, {sum(there.values()):,} digests, as pinned")


if __name__ == "__main__":
    main()
