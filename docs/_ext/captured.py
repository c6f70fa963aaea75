"""Commands on a page are run while the site is built, and what they print is what is shown.

A page has a folder of its own, in which its commands run in their order; it begins empty, as a
reader's folder does::

    ```{file} my_factors.py
    the text is shown, and written into the folder
    ```

    ```{run}
    :lines: 12
    quanthedge run market_neutral --out runs/first
    ```

    ```{kept} runs/first/report_en.html
    The report of this run
    ```

``lines`` shows the first lines of the output and counts the rest; ``last`` the last ones; ``exit``
names the exit code that is expected where it is not 0: another one is a warning. ``hidden`` runs
and shows nothing. What was printed is kept under ``build/captured`` until a command, a file before
it on the page, or the package changes. ``sphinx-build -D captured_draft=1`` runs nothing, to see a
page's words at once.
"""

import hashlib
import json
import os
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective
from sphinx.util.osutil import relative_uri

ROOT = Path(__file__).parents[2]
BUILT = ROOT / "build" / "captured"
TELL = logging.getLogger(__name__)
_TIMEOUT = 600
_COMMAND = "import sys; sys.argv[0] = 'quanthedge'; from quanthedge.cli import main; main()"
_LANGUAGES = {"zh": "zh", "en": "en"}


@dataclass
class _Folder:
    """The folder of a page: what was done in it, and what is still to be done."""

    path: Path
    language: str
    key: str
    waiting: list[tuple[str, str, str]] = field(default_factory=list)  # kind, name, text
    begun: bool = False

    def grow(self, *what: str) -> None:
        """Let the key tell of a further step."""
        self.key = hashlib.sha256("\0".join((self.key, *what)).encode()).hexdigest()

    def write(self, name: str, text: str) -> None:
        """Have a file written before the next command runs."""
        self.grow("file", name, text)
        self.waiting.append(("file", name, text))

    def run(self, command: str, *, draft: bool = False) -> dict[str, Any] | None:
        """Return the exit code and what a command printed, from an earlier build where it is.

        A draft runs nothing: None where no earlier build has it.
        """
        self.grow("run", command)
        kept = BUILT / "kept" / f"{self.key}.json"
        if kept.is_file():
            self.waiting.append(("run", command, ""))
            return dict(json.loads(kept.read_text(encoding="utf-8")))
        if draft:
            return None
        self.catch_up()
        found = self._run(command)
        kept.parent.mkdir(parents=True, exist_ok=True)
        partial = kept.with_suffix(f".{os.getpid()}")
        partial.write_text(json.dumps(found), encoding="utf-8")
        partial.replace(kept)
        return found

    def catch_up(self) -> None:
        """Do what an earlier build had kept the outcome of."""
        if not self.begun:
            shutil.rmtree(self.path, ignore_errors=True)
            self.path.mkdir(parents=True)
            self.begun = True
        for kind, name, text in self.waiting:
            if kind == "file":
                place = self.path / name
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_text(text, encoding="utf-8")
            else:
                self._run(name)
        self.waiting.clear()

    def _run(self, command: str) -> dict[str, Any]:
        words = shlex.split(command)
        if words[0] == "quanthedge":
            words[:1] = [sys.executable, "-c", _COMMAND]
        elif words[0] == "python":
            words[0] = sys.executable
        environment = {
            **{key: one for key, one in os.environ.items() if not key.startswith("QUANTHEDGE_")},
            "PYTHONPATH": str(ROOT),
            "QUANTHEDGE_LANGUAGE": self.language,
            "QUANTHEDGE_TRIALS": str(self.path / "trials"),
            "QUANTHEDGE_CACHE": str(BUILT / "stages"),
            "COLUMNS": "80",
            "NO_COLOR": "1",
            "PYTHONIOENCODING": "utf-8",
            "TZ": "Asia/Shanghai",
        }
        done = subprocess.run(
            words, cwd=self.path, env=environment, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, timeout=_TIMEOUT, check=False, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        text = done.stdout.decode("utf-8", "replace")
        for place in (str(self.path), str(ROOT)):
            text = text.replace(place + os.sep, "").replace(place, ".")
        lines = [line.rpartition("\r")[2].rstrip() for line in text.splitlines()]
        return {"code": done.returncode, "text": "\n".join(lines).strip("\n")}


_FOLDERS: dict[str, _Folder] = {}


@cache
def digest_of_code() -> str:
    """Return the digest of all that a command's output depends on."""
    made = hashlib.sha256()
    for folder in ("quanthedge", "strategies"):
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in {".py", ".toml", ".csv", ".j2", ".typ", ".css"} and path.is_file():
                made.update(path.relative_to(ROOT).as_posix().encode())
                made.update(path.read_bytes())
    made.update((ROOT / "data" / "sample" / "manifest.json").read_bytes())
    return made.hexdigest()


def _folder(page: str) -> _Folder:
    if page not in _FOLDERS:
        language = _LANGUAGES.get(page.partition("/")[0], "en")
        path = BUILT / "folders" / page.replace("/", "-")
        _FOLDERS[page] = _Folder(path, language, f"{digest_of_code()} {language}")
    return _FOLDERS[page]


def _block(text: str, *classes: str, language: str = "none") -> nodes.literal_block:
    found = nodes.literal_block(text, text, classes=list(classes))
    found["language"] = language
    return found


class Run(SphinxDirective):
    """Runs the command of its body and shows what it printed."""

    has_content = True
    option_spec: ClassVar[dict[str, Any]] = {
        "lines": directives.positive_int,
        "last": directives.positive_int,
        "exit": directives.nonnegative_int,
        "hidden": directives.flag,
    }

    def run(self) -> list[nodes.Node]:
        """Return the command and its output as two blocks."""
        text = "\n".join(self.content)
        command = text.replace("\\\n", " ")
        folder = _folder(self.env.docname)
        found = folder.run(" ".join(command.split()), draft=self.config.captured_draft)
        if found is None:
            return [_block(f"$ {text}", "command")]
        if found["code"] != self.options.get("exit", 0):
            TELL.warning(
                "`%s` ended with exit code %s:\n%s", command, found["code"], found["text"],
                location=self.get_location(),
            )  # fmt: skip
        if "hidden" in self.options:
            return []
        shown = _block(f"$ {text}", "command")
        blocks: list[nodes.Node] = [shown]
        if found["text"]:
            blocks.append(_block(self._cut(found["text"]), "output"))
        return [nodes.container("", *blocks, classes=["captured"])]

    def _cut(self, text: str) -> str:
        lines = text.splitlines()
        first, last = self.options.get("lines"), self.options.get("last")
        if first is None and last is None:
            return text
        head = lines[:first] if first else []
        tail = lines[-last:] if last else []
        left = len(lines) - len(head) - len(tail)
        if left <= 1:
            return text
        chinese = _folder(self.env.docname).language == "zh"
        gap = f"……（略去 {left} 行）" if chinese else f"... ({left} more lines)"
        return "\n".join([*head, gap, *tail])


class File(SphinxDirective):
    """Shows a file and writes it into the folder of the page."""

    required_arguments = 1
    has_content = True

    def run(self) -> list[nodes.Node]:
        """Return the file's name and text."""
        name, text = self.arguments[0], "\n".join(self.content) + "\n"
        _folder(self.env.docname).write(name, text)
        languages = {".py": "python", ".toml": "toml", ".csv": "none", ".md": "markdown"}
        caption = nodes.paragraph("", "", nodes.literal("", name), classes=["file-name"])
        shown = _block(text.rstrip("\n"), language=languages.get(Path(name).suffix, "none"))
        return [nodes.container("", caption, shown, classes=["file"])]


class Kept(SphinxDirective):
    """Links to a file that the commands of the page have written, as it is."""

    required_arguments = 1
    has_content = True

    def run(self) -> list[nodes.Node]:
        """Return a paragraph with the link."""
        folder = _folder(self.env.docname)
        folder.grow("keep", self.arguments[0])
        place = BUILT / "files" / folder.key[:16] / Path(self.arguments[0]).name
        if not place.is_file():
            if self.config.captured_draft:
                return []
            folder.catch_up()
            made = folder.path / self.arguments[0]
            if not made.is_file():
                TELL.warning("no file %s was written", made, location=self.get_location())
                return []
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(made, place)
        target = f"_kept/{place.parent.name}/{place.name}"
        kept: dict[str, str] = getattr(self.env, "kept_files", {})
        self.env.kept_files = {**kept, target: str(place)}
        uri = relative_uri(self.env.app.builder.get_target_uri(self.env.docname), target)
        link = nodes.reference("", " ".join(self.content), refuri=uri, internal=True)
        return [nodes.paragraph("", "", link, classes=["kept"])]


def _begin(_app: Sphinx, docname: str, _source: list[str]) -> None:
    """Let a page that is read anew begin in an empty folder."""
    _FOLDERS.pop(docname, None)


def _copy(app: Sphinx, error: Exception | None) -> None:
    """Put the files that pages link to beside them."""
    if error is None and app.builder.format == "html":
        for target, place in getattr(app.env, "kept_files", {}).items():
            made = Path(app.outdir) / target
            made.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(place, made)


def _merge(_app: Sphinx, env: Any, _names: list[str], other: Any) -> None:
    """Take over what another process of a build has kept."""
    env.kept_files = {**getattr(env, "kept_files", {}), **getattr(other, "kept_files", {})}


def setup(app: Sphinx) -> dict[str, bool]:
    """Add the directives ``run``, ``file`` and ``kept``."""
    app.add_config_value("captured_draft", False, "env", bool)
    app.add_directive("run", Run)
    app.add_directive("file", File)
    app.add_directive("kept", Kept)
    app.connect("source-read", _begin)
    app.connect("env-merge-info", _merge)
    app.connect("build-finished", _copy, priority=400)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
