"""Makes the platform wheel: the package with its kernels compiled ahead.

    python -m benchmarks.platform_wheel WHEEL OUT [INTERPRETER]

WHEEL is the one for every platform (``python -m build --wheel``), OUT a folder. In a fresh
environment with that wheel and the pinned versions (INTERPRETER: that of one which is there) all
that a beginner runs is run once, compiled not for this processor but for one of a kind that others
have too. What was compiled goes into the wheel, which gets the tags of numba's own: it fits where
that numba does, for this version of Python. Where it does not fit, numba compiles as ever and
``quanthedge doctor`` says why.
"""

import argparse
import base64
import hashlib
import os
import platform
import shlex
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from benchmarks.first_ten_minutes import ENTERS, STEPS

PINNED = Path(__file__).parents[1] / "constraints.txt"
STORE = "quanthedge/compiled/store"
# LLVM's name of a processor, and what one has to have to run its code: Haswell and Zen, and later
_V3 = (
    "x86-64-v3",
    "avx avx2 bmi bmi2 cmov crc32 cx16 cx8 f16c fma fxsr lzcnt mmx movbe popcnt sahf sse sse2 sse3 "
    "sse4.1 sse4.2 ssse3 xsave",
)
PROCESSORS = {"x86_64": _V3, "AMD64": _V3}
_PLAIN = ("generic", "")  # what every processor of the machine's kind has
# the job of `first_run`, the demo, and a beginner's folder step by step
_JOBS = (
    "quanthedge demo --language en,zh",
    "quanthedge run market_neutral --out runs/whole --report zh",
    *STEPS,
)
_TAGS = "import importlib.metadata as m; print(m.distribution('numba').read_text('WHEEL'))"


def main() -> None:
    """Make the wheel and say what it is called."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("wheel", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("interpreter", type=Path, nargs="?")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="quanthedge-") as folder:
        scratch = Path(folder)
        python = asked.interpreter or environment(scratch / "environment", asked.wheel)
        store = compiled(python.absolute(), scratch)
        made = packed(asked.wheel, store, tags(python), asked.out)
    print(
        f"{made}: {made.stat().st_size / 1e6:.1f} MB, {asked.wheel.stat().st_size / 1e6:.1f} before"
    )


def environment(folder: Path, wheel: Path) -> Path:
    """Return the interpreter of a fresh environment with a wheel and the pinned versions."""
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    python = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
    asked = ["install", "--quiet", "--disable-pip-version-check", "-c", PINNED, wheel]
    subprocess.run([python, "-m", "pip", *asked], check=True)
    return python


def compiled(python: Path, scratch: Path) -> Path:
    """Run what is to be compiled; return the folder with the code of all of it."""
    cpu, features = PROCESSORS.get(platform.machine(), _PLAIN)
    own = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    own |= {
        "PATH": f"{python.parent}{os.pathsep}{os.environ['PATH']}",
        "NUMBA_CACHE_DIR": str(scratch / "kept"),
        "NUMBA_CPU_NAME": cpu,
        "NUMBA_CPU_FEATURES": ",".join(f"+{one}" for one in features.split()),
        "XDG_CACHE_HOME": str(scratch / "cache"),
        "QUANTHEDGE_TRIALS": "off",
    }
    _work(own, scratch / "work")
    store = scratch / "store"
    shipping = [str(python), "-m", "quanthedge.compiled.shipping", str(store)]
    subprocess.run(shipping, check=True, env=own, cwd=scratch)
    return store


def _work(own: Mapping[str, str], here: Path) -> None:
    """Run everything that a beginner runs, in a folder that is empty."""
    here.mkdir()
    for job in _JOBS:
        print(job, flush=True)
        words = shlex.split(job)
        subprocess.run(words, check=True, env=own, cwd=here, stdout=subprocess.DEVNULL)
        if words[1] == ENTERS:
            here /= "my_fund"


def tags(python: Path) -> list[str]:
    """Return the tags of the numba that is installed in an environment."""
    told = subprocess.run([python, "-c", _TAGS], check=True, capture_output=True, text=True).stdout
    return [line.removeprefix("Tag: ") for line in told.splitlines() if line.startswith("Tag: ")]


def packed(wheel: Path, store: Path, wanted: list[str], out: Path) -> Path:
    """Write a wheel with a store of compiled code and other tags; return its path."""
    name, version, *_ = wheel.stem.split("-")
    made = out / f"{name}-{version}-{_compressed(wanted)}.whl"
    out.mkdir(parents=True, exist_ok=True)
    record = []
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as into:
        for path, content in _contents(wheel, store, wanted):
            _put(into, path, content)
            digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=")
            record.append(f"{path},sha256={digest.decode()},{len(content)}\n")
        place = f"{name}-{version}.dist-info/RECORD"
        _put(into, place, "".join([*record, f"{place},,\n"]).encode())
    return made


def _compressed(wanted: list[str]) -> str:
    """Return tags as a file name has them: each part once, with points between."""
    parts = zip(*(one.split("-") for one in wanted), strict=True)
    return "-".join(".".join(dict.fromkeys(part)) for part in parts)


def _put(into: zipfile.ZipFile, path: str, content: bytes) -> None:
    """Write a file as every build writes it: no date, read by all."""
    entry = zipfile.ZipInfo(path, (2020, 2, 2, 0, 0, 0))
    entry.external_attr = 0o100644 << 16
    into.writestr(entry, content, zipfile.ZIP_DEFLATED)


def _contents(wheel: Path, store: Path, wanted: list[str]) -> Iterator[tuple[str, bytes]]:
    """Yield every file of the new wheel but its list of files."""
    with zipfile.ZipFile(wheel) as old:
        for path in old.namelist():
            content = old.read(path)
            if path.endswith(".dist-info/WHEEL"):
                content = _about(content.decode(), wanted).encode()
            if path.endswith(".dist-info/METADATA"):  # after the package, as in the old one
                yield from ((f"{STORE}/{one.name}", one.read_bytes()) for one in _files(store))
            if not path.endswith(("/", ".dist-info/RECORD")):
                yield path, content


def _files(store: Path) -> list[Path]:
    return sorted(store.iterdir())


def _about(text: str, wanted: list[str]) -> str:
    """Return what a wheel says of itself, with other tags and as one of a platform."""
    kept = [line for line in text.splitlines() if line and not line.startswith(("Tag:", "Root"))]
    return "\n".join([*kept, "Root-Is-Purelib: false", *(f"Tag: {one}" for one in wanted), ""])


if __name__ == "__main__":
    main()
