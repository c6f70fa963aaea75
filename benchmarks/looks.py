"""Keeps pictures of everything that somebody looks at: terminal, pages, PDF, notebook.

    python -m benchmarks.looks pictures/           # all, on the sample market, in zh and en
    python -m benchmarks.looks pictures/ --only terminal,pdf

The terminal is tmux with 80 columns; pages and JupyterLab are opened in Debian's chromium; a PDF is
drawn by poppler, its pages side by side. What a machine lacks (tmux, chromium, poppler-utils,
jupyterlab) is named, and the rest is made. The exit code is 1 when something could not be made.
"""

import argparse
import json
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import NamedTuple

from playwright.sync_api import Page, expect

from benchmarks.in_browser import browser, chromium, looked_at
from benchmarks.looks_notebook import CELLS

ROOT = Path(__file__).parents[1]
COMMAND = f"{shlex.quote(sys.executable)} -m quanthedge"
SPAN = "--start 2014-09-17 --end 2015-07-31"
RUN = f"quanthedge run strategies/market_neutral.toml --set selector.n=30 {SPAN} --out {{out}}/run"
COLUMNS, LINES = 80, 400
_KERNEL = ".jp-Notebook-ExecutionIndicator"


class Look(NamedTuple):
    """A command whose output is looked at."""

    name: str
    command: str


TERMINAL = (
    Look("start", "quanthedge"),
    Look("help_run", "quanthedge run --help"),
    Look("run", RUN + " --again"),
    Look("report", "quanthedge report {out}/run --format html,pdf --edition client"),
    Look("compare", "quanthedge compare {out}/run --fixed trust=0.08"),
    Look("bridge", "quanthedge bridge {out}/run --by month"),
    Look("check", "quanthedge check data/sample"),
    Look("rules", "quanthedge rules 2015-09-07"),
    Look("basis", "quanthedge basis data/sample --date 2015-03-04 --product IF"),
    Look("stress", "quanthedge stress strategies/market_neutral.toml --date 2015-06-01"),
    Look("factors", "quanthedge factors"),
    Look("doctor", "quanthedge doctor"),
    Look("wrong", "quanthedge run strategies/market_neutral.toml --set selector.m=5"),
)
PAGES = (
    Look("full", "quanthedge report {out}/run --edition full --format html,pdf --language {lang}"),
    Look(
        "client",
        "quanthedge report {out}/run --edition client --format html,pdf --language {lang}"
        " --out {out}/client",
    ),
    Look(
        "risk",
        "quanthedge report {out}/run --edition risk --format html,pdf --language {lang}"
        " --out {out}/risk",
    ),
)


def quanthedge(command: str, out: Path, language: str) -> str:
    """Return a command as a shell line that starts this tree's code."""
    filled = command.format(out=shlex.quote(str(out)), lang=language)
    return filled.replace("quanthedge", COMMAND, 1)


def environment(language: str) -> dict[str, str]:
    """Return what a user of a language has in his environment."""
    place = {"zh": "zh_CN.UTF-8", "en": "en_US.UTF-8"}[language]
    return {
        **os.environ, "QUANTHEDGE_LANGUAGE": language, "LANG": place, "LC_ALL": "C.UTF-8",
        "PYTHONPATH": str(ROOT), "QUANTHEDGE_TRIALS": "off",
    }  # fmt: skip


def terminal(out: Path, work: Path, language: str) -> list[str]:
    """Run commands in a terminal of 80 columns and draw what stands there at the end."""
    from rich.console import Console
    from rich.terminal_theme import SVG_EXPORT_THEME as theme
    from rich.text import Text

    made = []
    for look in TERMINAL:
        shown = in_tmux(quanthedge(look.command, work, language), language)
        width = max((Text.from_ansi(line).cell_len for line in shown.splitlines()), default=0)
        console = Console(record=True, width=COLUMNS, file=open(os.devnull, "w"))  # noqa: SIM115
        console.print(Text.from_ansi("\n".join(["$ " + look.command.format(out="runs"), shown])))
        drawing = work / f"{look.name}_{language}.html"
        drawing.write_text(in_cells(console.export_html(theme=theme)), encoding="utf-8")
        picture = out / f"terminal_{look.name}_{language}.png"
        draw(drawing, picture)
        lines = len(shown.rstrip().splitlines())
        made.append(f"{picture.name}: {lines} lines, {width} columns at most")
    return made


def in_cells(page: str) -> str:
    """Return a terminal's text as a page in which a wide letter takes two columns.

    >>> "<b>价</b>" in in_cells("<head></head><pre>价 1</pre>")
    True
    """
    wide = re.sub(r"[\u2e80-\u9fff\uf900-\ufaff\uff00-\uff60]", r"<b>\g<0></b>", page)
    return wide.replace("</head>", f"<style>{_CELLS}</style></head>", 1)


_CELLS = (
    "body{margin:0} pre{display:inline-block;margin:0;padding:14px 18px;border-radius:8px;"
    "background:#292929;color:#c5c8c6;font:15px/1.35 'Noto Sans Mono',monospace!important;"
    "min-width:80ch} b{display:inline-block;width:2ch;font-weight:inherit;text-align:center;"
    "white-space:pre;overflow:visible}"
)


def in_tmux(command: str, language: str) -> str:
    """Return what a terminal of 80 columns shows after a command, with its colours."""
    name = f"looks{os.getpid()}"
    script = f"{command}; echo; tmux wait-for -S {name}; sleep 600"
    subprocess.run(
        ["tmux", "-u", "-L", name, "new-session", "-d", "-x", str(COLUMNS), "-y", str(LINES),
         "sh", "-c", script.replace("tmux wait-for", f"tmux -L {name} wait-for")],
        check=True, env=environment(language), cwd=ROOT,
    )  # fmt: skip
    try:
        subprocess.run(["tmux", "-L", name, "wait-for", name], check=True, timeout=900)
        shown = subprocess.run(
            ["tmux", "-L", name, "capture-pane", "-e", "-p", "-t", "0"],
            check=True, capture_output=True, text=True, encoding="utf-8",
        ).stdout  # fmt: skip
    finally:
        subprocess.run(["tmux", "-L", name, "kill-server"], check=False)
    return shown.rstrip()


def draw(source: Path, picture: Path) -> None:
    """Draw the text of a terminal, a page of it, as a picture."""
    with browser() as found:
        page = found.new_page(viewport={"width": 1000, "height": 400})
        page.goto(source.resolve().as_uri())
        page.wait_for_timeout(300)
        part = page.locator("pre").first
        part.screenshot(path=picture)


def pages(out: Path, work: Path, language: str) -> list[str]:
    """Make reports and take pictures of the pages at three widths."""
    made = []
    reports(work, language)
    with browser() as found:
        for page in sorted(work.glob(f"*/*_{language}.html")):
            for width in (360, 1280):
                name = f"page_{page.parent.name}_{page.stem}_{width}.png"
                told = looked_at(found, page.as_uri(), width, rules=False, picture=out / name)
                made.append(f"{name}: {len(told.wider) or 'nothing'} wider than the window")
    return made


def pdf(out: Path, work: Path, language: str) -> list[str]:
    """Make reports and draw the pages of their PDF side by side, four in a row."""
    made = []
    reports(work, language)
    for document in sorted(work.glob(f"*/*_{language}.pdf")):
        name = f"pdf_{document.parent.name}_{document.stem}.png"
        count = sheet(document, out / name)
        made.append(f"{name}: {count} pages")
    return made


def reports(work: Path, language: str) -> None:
    """Write all editions of the run; those that are there stay."""
    for look in PAGES:
        line = quanthedge(look.command, work, language)
        subprocess.run(line, shell=True, check=True, cwd=ROOT, env=environment(language))


def sheet(document: Path, picture: Path, across: int = 4) -> int:
    """Draw all pages of a PDF on one picture; return how many there are."""
    from PIL import Image

    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(
            ["pdftoppm", "-r", "60", "-png", str(document), f"{folder}/page"], check=True
        )
        images = [Image.open(one).convert("RGB") for one in sorted(Path(folder).iterdir())]
    width, height = max(i.width for i in images), max(i.height for i in images)
    rows = -(-len(images) // across)
    whole = Image.new("RGB", (min(across, len(images)) * (width + 8), rows * (height + 8)), "#888")
    for number, image in enumerate(images):
        row, column = divmod(number, across)
        whole.paste(image, (column * (width + 8), row * (height + 8)))
    whole.save(picture, optimize=True)
    return len(images)


def notebook(out: Path, work: Path, language: str) -> list[str]:
    """Run a notebook in JupyterLab and take a picture of what its reader sees, by day and night."""
    source = work / f"first_{language}.ipynb"
    subprocess.run(
        [sys.executable, "-m", "benchmarks.looks_notebook", str(source)],
        check=True, cwd=ROOT, env=environment(language),
    )  # fmt: skip
    made = []
    for theme in ("Light", "Dark"):
        picture = out / f"notebook_{theme.lower()}_{language}.png"
        with jupyterlab(work, language, theme) as address:
            take(f"{address}/doc/tree/{source.name}?reset", picture)
        made.append(f"{picture.name}: in JupyterLab")
    return made


def take(address: str, picture: Path) -> None:
    """Run all cells of the notebook at an address and keep a picture of the whole."""
    with browser() as found:
        page = found.new_page(viewport={"width": 1100, "height": 1400})
        page.set_default_timeout(300_000)  # a page of many scripts on a busy machine
        wait_for(lambda: page.goto(address))
        run_all_cells(page)
        page.set_viewport_size({"width": 1100, "height": 2500})
        page.wait_for_timeout(3000)
        page.screenshot(path=picture)


@contextmanager
def jupyterlab(work: Path, language: str, theme: str) -> Iterator[str]:
    """Serve a folder in JupyterLab, which asks its reader nothing; return the address."""
    for name, told in (
        ("apputils-extension/themes", {"theme": f"JupyterLab {theme}"}),
        ("apputils-extension/notification", {"fetchNews": "false", "checkForUpdates": False}),
        ("notebook-extension/tracker", {"windowingMode": "none"}),  # all cells are on the page
    ):
        place = work / "settings" / "@jupyterlab" / f"{name}.jupyterlab-settings"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(json.dumps(told), encoding="utf-8")
    kernel = work / "share" / "kernels" / "python3" / "kernel.json"  # JupyterLab may live elsewhere
    kernel.parent.mkdir(parents=True, exist_ok=True)
    started = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    told = {"argv": started, "display_name": "Python 3", "language": "python"}
    kernel.write_text(json.dumps(told), encoding="utf-8")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    lab = subprocess.Popen(
        ["jupyter-lab", "--no-browser", "--allow-root", f"--port={port}",
         "--ServerApp.token=", "--ServerApp.password=", f"--ServerApp.root_dir={work}",
         f"--LabApp.user_settings_dir={work / 'settings'}",
         f"--LabApp.workspaces_dir={work / 'workspaces'}"],
        env=environment(language) | {"JUPYTER_PATH": str(work / "share")},
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        lab.terminate()
        lab.wait(timeout=30)


def run_all_cells(page: Page) -> None:
    """Run the cells of the notebook that is open, one after the other, and wait for the last."""
    wait_for(lambda: expect(page.locator(f"{_KERNEL}[data-status=idle]")).to_have_count(1))
    wait_for(lambda: expect(page.locator(".jp-InputPrompt")).to_have_count(len(CELLS)))
    for place in range(len(CELLS)):
        wait_for(partial(run_cell, page, place))
    numbered = page.locator(".jp-InputPrompt").filter(has_text=re.compile("[0-9]"))
    wait_for(lambda: expect(numbered).to_have_count(len(CELLS)), seconds=900.0)  # it may compile


def run_cell(page: Page, place: int) -> None:
    """Run a cell; an error when JupyterLab was not ready to take the key."""
    page.locator(".jp-Notebook-cell .cm-content").nth(place).click()
    page.keyboard.press("Shift+Enter")
    expect(page.locator(".jp-InputPrompt").nth(place)).to_have_text(re.compile("[0-9*]"))


def wait_for(action: Callable[[], object], seconds: float = 300.0) -> None:
    """Try until it works."""
    end = time.monotonic() + seconds
    while True:
        try:
            action()
        except Exception:
            if time.monotonic() > end:
                raise
            time.sleep(1.0)
        else:
            return


KINDS: dict[str, tuple[Callable[[Path, Path, str], list[str]], tuple[str, ...]]] = {
    "terminal": (terminal, ("tmux",)),
    "pages": (pages, ()),
    "pdf": (pdf, ("pdftoppm",)),
    "notebook": (notebook, ("jupyter-lab",)),
}


def main() -> int:
    """Make the pictures; 1 when some could not be made."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--only", default=",".join(KINDS), help=", ".join(KINDS))
    parser.add_argument("--languages", default="zh,en")
    asked = parser.parse_args()
    asked.out.mkdir(parents=True, exist_ok=True)
    if chromium() is None:
        print("no Chromium on this machine (Debian package chromium)")
        return 1
    missing = 0
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        first = quanthedge(RUN + " --quiet", work, "en")
        subprocess.run(first, shell=True, check=True, cwd=ROOT, env=environment("en"))
        for kind in asked.only.split(","):
            make, needs = KINDS[kind]
            absent = [one for one in needs if shutil.which(one) is None]
            if absent:
                print(f"{kind}: not made, this machine has no {', '.join(absent)}")
                missing += 1
                continue
            for language in asked.languages.split(","):
                print("\n".join(make(asked.out, work, language)), flush=True)
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
