"""The pages that run something: when they are read again, and in which order.

They are read again when the package changes, since Sphinx itself looks at a page's text alone. And
Sphinx reads pages in lots, by their names, each lot in one process: all notebooks would be one lot
and most guides another, which one process runs while the other has long ended. Here each lot gets
its share of what is to be run. Chinese pages come last: their commands find what the English ones
made.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from captured import digest_of_code
from sphinx.application import Sphinx
from sphinx.util.parallel import make_chunks

_COMMAND = re.compile(r"^```\{run\}", re.MULTILINE)
_CELLS = "{code-cell}"
_NOTEBOOK = 3  # takes as long as so many commands


def weight(text: str) -> int:
    """Return how much a page runs, in commands."""
    return len(_COMMAND.findall(text)) + _NOTEBOOK * (_CELLS in text)


def dealt(weights: Mapping[str, int], sizes: Sequence[int]) -> list[str]:
    """Return names in an order whose lots, of these sizes, run about as much each."""
    running = sorted(
        (name for name in weights if weights[name]),
        key=lambda name: (name.startswith("zh/"), -weights[name], name),
    )
    silent = iter(name for name in weights if not weights[name])
    lots: list[list[str]] = [[] for _ in sizes]
    share, done = sum(weights.values()) / len(sizes), 0
    for name in running:
        lot = int(done / share)
        while len(lots[lot]) >= sizes[lot]:
            lot = (lot + 1) % len(lots)
        lots[lot].append(name)
        done += weights[name]
    for lot, size in zip(lots, sizes, strict=True):
        lot.extend(next(silent) for _ in range(size - len(lot)))
    return [name for lot in lots for name in lot]


def _weights(app: Sphinx, names: Iterable[str]) -> dict[str, int]:
    return {name: weight(app.env.doc2path(name).read_text(encoding="utf-8")) for name in names}


def _again(app: Sphinx, env: Any, *_changed: set[str]) -> list[str]:
    """Return the pages that ran another code than today's."""
    ran, env.code_that_ran = getattr(env, "code_that_ran", None), digest_of_code()
    if ran in (None, env.code_that_ran):
        return []
    return [name for name, runs in _weights(app, env.all_docs).items() if runs]


def _deal(app: Sphinx, _env: Any, names: list[str]) -> None:
    if len(names) > app.parallel > 1:
        sizes = [len(lot) for lot in make_chunks(names, app.parallel)]
        names[:] = dealt(_weights(app, names), sizes)


def setup(app: Sphinx) -> dict[str, bool]:
    """Choose the pages of a build, and put them in order, before they are read."""
    app.connect("env-get-outdated", _again)
    app.connect("env-before-read-docs", _deal)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
