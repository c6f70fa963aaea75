"""Opens pages in a real browser and says what a reader would stumble over.

    python -m benchmarks.in_browser runs/demo/report_zh.html docs/_build/html/index.html
    python -m benchmarks.in_browser runs/demo/report_zh.html --pictures pictures

For each page and width: errors of its scripts, what is wider than the window, what axe-core finds
(WCAG 2 A and AA: contrast, names, structure), and whether the keyboard reaches every link and
control and shows where it is. The exit code is 1 when anything is found. Needs Debian's chromium.
"""

import argparse
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

__all__ = ["WIDTHS", "Findings", "browser", "chromium", "looked_at"]

WIDTHS = (360, 768, 1280)
_QUIET = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update",
)  # fmt: skip
_DRAWN_MS = 120_000  # a page of nine years on a busy machine
_DRAWN = """() => document.body.dataset.figuresDrawn !== undefined
  || document.documentElement.dataset.figuresDrawn !== undefined"""
_RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"],
    "resultTypes": ["violations"],
    "preload": False,  # style sheets are asked for once, by the page
}

# What reaches past the window's edge and does not lie in something that scrolls by itself.
_WIDER = """() => {
  const edge = document.documentElement.clientWidth;
  const scrolls = one => {
    for (let up = one.parentElement; up && up !== document.body; up = up.parentElement) {
      if (/auto|scroll|hidden|clip/.test(getComputedStyle(up).overflowX)) return true;
    }
    return false;
  };
  const found = [...document.body.querySelectorAll("*")].filter(one => {
    const box = one.getBoundingClientRect();
    const style = getComputedStyle(one);
    return box.width > 1 && box.height > 1 && box.right > edge + 1
      && style.position !== "fixed" && style.visibility !== "hidden" && !scrolls(one);
  }).map(one => `${one.tagName.toLowerCase()}.${one.getAttribute("class") || ""}`.slice(0, 60));
  const page = document.documentElement.scrollWidth;
  return page > edge + 1 ? [`page of ${page} px`, ...found] : found;
}"""

# Every element that the keyboard can stop at.
_STOPS = """() => [...document.querySelectorAll(
    "a[href], button, input, select, textarea, summary, [tabindex]")]
  .filter(one => one.tabIndex >= 0 && !one.disabled
    && one.checkVisibility({visibilityProperty: true})
    && one.getBoundingClientRect().width > 0).length"""

# Whether the element that has the focus shows it: itself, what is drawn over it, a part, its form.
_SHOWN = """() => {
  const one = document.activeElement;
  if (!one || one === document.body) return null;
  const outlined = (part, drawn) => {
    const style = getComputedStyle(part, drawn);
    return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0;
  };
  const shadowed = part => getComputedStyle(part).boxShadow !== "none";
  const form = one.closest("form");
  const seen = outlined(one) || shadowed(one) || outlined(one, "::after")
    || [...one.children].some(part => outlined(part))
    || (form && (outlined(form) || shadowed(form)));
  return [seen, `${one.tagName.toLowerCase()} ${(one.textContent || "").trim().slice(0, 40)}`];
}"""


class Findings(NamedTuple):
    """What was found on a page in a window of one width; empty where all is well."""

    errors: list[str]  # of scripts and of what the page wanted to load
    wider: list[str]
    rules: list[str]  # of axe-core: rule, impact, how often, the first place
    keyboard: list[str]


def chromium() -> str | None:
    """Return the browser of this machine, if it has one."""
    return shutil.which("chromium") or shutil.which("chromium-browser")


@contextmanager
def browser() -> Iterator["Browser"]:
    """Start the machine's Chromium without a window."""
    from playwright.sync_api import sync_playwright  # late: tests that are only looked for wait

    with sync_playwright() as play:
        found = play.chromium.launch(executable_path=chromium(), args=list(_QUIET))
        try:
            yield found
        finally:
            found.close()


def looked_at(
    found: "Browser", address: str, width: int, *, rules: bool = True, picture: Path | None = None
) -> Findings:
    """Open a page in a window of a width and return what is wrong with it.

    ``rules``: ask axe-core and walk by keyboard, too. ``picture``: where to keep the whole page.
    """
    page = found.new_page(viewport={"width": width, "height": 900}, reduced_motion="reduce")
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("requestfailed", lambda request: errors.append(f"not loaded: {request.url[:120]}"))
    try:
        page.goto(address, timeout=_DRAWN_MS)
        _wait_until_drawn(page)
        wider = page.evaluate(_WIDER)
        broken = _rules_broken(page) if rules else []
        keyboard = _keyboard(page) if rules else []
        if picture is not None:
            page.screenshot(path=picture, full_page=True)
    finally:
        page.close()
    return Findings(errors, wider, broken, keyboard)


def _wait_until_drawn(page: "Page") -> None:
    """Wait for the figures of our own pages; others are as they are once they are loaded."""
    page.wait_for_load_state("load", timeout=_DRAWN_MS)
    if page.evaluate("document.querySelector('[data-figure], .figure script') !== null"):
        # asked from outside, again and again: the page's own policy lets nobody evaluate a text in
        # it, which is what the driver's wait for a condition does from its second look on
        until = time.monotonic() + _DRAWN_MS / 1000
        while not page.evaluate(_DRAWN):
            if time.monotonic() > until:
                raise TimeoutError(f"the figures of {page.url} were not drawn")
            page.wait_for_timeout(50)
    page.wait_for_timeout(300)


def _rules_broken(page: "Page") -> list[str]:
    from axe_playwright_python.sync_playwright import Axe

    answer = Axe().run(page, options=_RULES).response
    told = []
    for rule in answer["violations"]:
        places = rule["nodes"]
        first = " ".join(places[0]["html"].split())[:160]
        why = " ".join(places[0].get("failureSummary", "").split())[:200]
        told.append(f"{rule['id']} ({rule['impact']}) {len(places)}: {first} | {why}")
    return told


def _keyboard(page: "Page") -> list[str]:
    """Press the tab key through the page: each stop is reached once and shows where it is."""
    page.evaluate("window.scrollTo(0, 0); document.activeElement.blur()")
    expected, reached, hidden = page.evaluate(_STOPS), 0, []
    for _ in range(min(expected, 60)):
        page.keyboard.press("Tab")
        stop = page.evaluate(_SHOWN)
        if stop is None:
            break
        reached += 1
        if not stop[0]:
            hidden.append(stop[1])
    told = [f"focus is not seen on: {one}" for one in dict.fromkeys(hidden)]
    if reached < min(expected, 60):
        told.append(f"the keyboard stops after {reached} of {expected} links and controls")
    return told


def main() -> int:
    """Look at pages; 1 when something is found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pages", nargs="+", type=Path)
    parser.add_argument("--pictures", type=Path, help="folder for a picture of each page")
    parser.add_argument("--widths", default=",".join(map(str, WIDTHS)))
    asked = parser.parse_args()
    if chromium() is None:
        print("no Chromium on this machine (Debian package chromium)")
        return 2
    if asked.pictures is not None:
        asked.pictures.mkdir(parents=True, exist_ok=True)
    wrong = 0
    with browser() as found:
        for page in asked.pages:
            for width in map(int, asked.widths.split(",")):
                keep = asked.pictures and asked.pictures / f"{page.stem}_{width}.png"
                told = looked_at(found, page.resolve().as_uri(), width, picture=keep)
                faults = [f"{name}: {one}" for name, ones in told._asdict().items() for one in ones]
                print(f"{page} at {width} px: {len(faults) or 'nothing'} found")
                for fault in faults:
                    print(f"  {fault}")
                wrong += len(faults)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
