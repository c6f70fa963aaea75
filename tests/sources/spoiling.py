"""Spoil files at random: whatever comes of it must be one DataError or a market."""

import shutil

from hypothesis import strategies as st

from quanthedge.errors import DataError
from quanthedge.market.checks import Collector
from quanthedge.market.writer import NewDataset

CUT, FLIP, EMPTY, DOUBLE, REMOVE = "cut", "flip", "empty", "double", "remove"
DAMAGE = st.tuples(
    st.sampled_from([CUT, FLIP, FLIP, EMPTY, DOUBLE, REMOVE]),
    st.floats(0, 1, exclude_max=True),  # which file
    st.floats(0, 1, exclude_max=True),  # where in it
    st.integers(1, 255),
)


def contents(folder):
    """All files of a folder by their path in it."""
    return {
        path.relative_to(folder): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def lay_out(files, folder):
    shutil.rmtree(folder, ignore_errors=True)
    for path, stored in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(stored)


def spoilt(files, damages):
    files = dict(files)
    for kind, which, where, bits in damages:
        path = list(files)[int(which * len(files))]
        stored = files[path]
        place = int(where * max(len(stored), 1))
        if kind == CUT:
            files[path] = stored[:place]
        elif kind == FLIP and stored:
            files[path] = stored[:place] + bytes([stored[place] ^ bits]) + stored[place + 1 :]
        elif kind == EMPTY:
            files[path] = b""
        elif kind == DOUBLE:
            files[path] = stored + stored[place:]
        elif kind == REMOVE and len(files) > 1:
            del files[path]
    return files


def import_or_refuse(layout, source, target):
    """Import; return the refusal's text, None when a market came of it."""
    shutil.rmtree(target, ignore_errors=True)
    collector = Collector()
    try:
        found = layout.read(source, collector)
        NewDataset(target, "m", "s").write(found.tables, found.bars, collector=collector)
    except DataError as problem:
        assert not target.exists()
        return str(problem)
    assert (target / "manifest.json").is_file()
    return None
