"""Lets the notebooks of the project stand in the site as they are, executed in their own folder.

``docs/notebooks`` is a link to ``notebooks`` that each build makes where it is missing, so that
what a notebook reads beside itself is there. Of a notebook that is kept as text and as ``.ipynb``
the text is taken. What its cells gave is kept in ``build`` as long as they and the package stay.
"""

import json
import os
import re
import shutil
import sys
from pathlib import Path
from typing import Any

from captured import ROOT, digest_of_code
from docutils import nodes
from sphinx.application import Sphinx

NOTEBOOKS = ROOT / "notebooks"
KERNELS = ROOT / "build" / "jupyter"
_FORMULAS = re.compile(r'<script src="https://[^"]*/mathjax/[^"]*"></script>')


def _link(app: Sphinx, config: Any) -> None:
    place = Path(app.srcdir) / "notebooks"
    if not place.exists():
        place.symlink_to(NOTEBOOKS, target_is_directory=True)
    for text in NOTEBOOKS.glob("*.md"):
        if text.with_suffix(".ipynb").exists():
            config.exclude_patterns.append(f"notebooks/{text.stem}.ipynb")


def _own_kernel(*_: Any) -> None:
    """Let cells run in this very Python, which says nothing of its own."""
    place = KERNELS / "kernels" / "python3" / "kernel.json"
    place.parent.mkdir(parents=True, exist_ok=True)
    started = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    told = {"argv": [*started, "--IPKernelApp.log_level=ERROR"], "language": "python"}
    place.write_text(json.dumps(told | {"display_name": "Python 3"}), encoding="utf-8")
    os.environ["JUPYTER_PATH"] = str(KERNELS)


def _forget(_app: Sphinx, config: Any) -> None:
    """Drop what cells gave under another code: the cache looks at the cells alone."""
    kept = Path(config.nb_execution_cache_path)
    ran = kept / "code.txt"
    if not ran.is_file() or ran.read_text(encoding="utf-8") != digest_of_code():
        shutil.rmtree(kept, ignore_errors=True)
        kept.mkdir(parents=True)
        ran.write_text(digest_of_code(), encoding="utf-8")


def _fetch_nothing(_app: Sphinx, page: nodes.document) -> None:
    """Leave out the library of formulas that Plotly's figures would fetch and ours do not need."""
    for part in page.findall(nodes.raw):
        text = _FORMULAS.sub("", part.astext())
        if text != part.astext():
            part.rawsource, part.children = text, [nodes.Text(text)]


def setup(app: Sphinx) -> dict[str, bool]:
    """Bring the notebooks in before Sphinx looks for its files."""
    for step in (_link, _own_kernel, _forget):
        app.connect("config-inited", step)
    app.connect("doctree-read", _fetch_nothing)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
