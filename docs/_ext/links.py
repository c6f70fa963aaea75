"""Checks what a reader could follow: every link of the built pages to a file or heading of theirs.

Sphinx checks the links that it makes itself; this reads the pages as they are, with what
directives, templates and raw HTML put there. Nothing on them may be fetched from elsewhere either:
the site works without a network.
"""

from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

from sphinx.application import Sphinx
from sphinx.util import logging

TELL = logging.getLogger(__name__)
_FETCHED = {"script": "src", "img": "src", "link": "href", "iframe": "src"}
_APART = {"_kept", "_static"}  # documents that commands wrote; the theme's own files


class _Page(HTMLParser):
    """What a page links to, fetches and can be linked at."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.fetched: list[str] = []
        self.names: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what a tag says."""
        found = dict(attrs)
        self.names |= {str(found[name]) for name in ("id", "name") if found.get(name)}
        if tag == "a" and found.get("href"):
            self.links.append(str(found["href"]))
        wanted = found.get(_FETCHED.get(tag, ""))
        if wanted and not (tag == "link" and found.get("rel") in ("canonical", "author")):
            self.fetched.append(wanted)


def _read(path: Path) -> _Page:
    page = _Page()
    page.feed(path.read_text(encoding="utf-8"))
    return page


def faults(folder: Path) -> list[str]:
    """Return what is wrong with the links of a built site."""
    pages = {
        path: _read(path)
        for path in sorted(folder.rglob("*.html"))
        if not _APART & {*path.relative_to(folder).parts}
    }
    found = []
    for path, page in pages.items():
        here = path.relative_to(folder).as_posix()
        for link in [*page.links, *page.fetched]:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                if link in page.fetched and parts.scheme != "data":
                    found.append(f"{here}: is fetched from elsewhere: {link}")
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path.resolve()
            if not target.exists():
                found.append(f"{here}: leads nowhere: {link}")
                continue
            there = pages.get(folder / target.relative_to(folder.resolve()))
            if parts.fragment and there and unquote(parts.fragment) not in there.names:
                found.append(f"{here}: no such place on the page: {link}")
    return sorted(set(found))


def _check(app: Sphinx, error: Exception | None) -> None:
    if error is None and app.builder.name == "html":
        for fault in faults(Path(app.outdir)):
            TELL.warning("%s", fault)


def setup(app: Sphinx) -> dict[str, bool]:
    """Check the links of a site that was built."""
    app.connect("build-finished", _check, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
