"""Pages in two languages on one site: each says its language and leads to the other.

A page under ``zh/`` is Chinese: the theme's own words on it (search, previous, on this page) are
taken from the Chinese catalogues of Sphinx and of the theme, and its ``lang`` says so to browsers
and readers aloud. ``zh/x`` is the page ``x`` in Chinese.
"""

import gettext
from collections.abc import Callable
from functools import cache
from importlib.resources import files
from itertools import pairwise
from typing import Any

from sphinx.application import Sphinx

_CATALOGUES = (("pydata_sphinx_theme", "zh"), ("sphinx", "zh_CN"))
_SAME = {"zh/generated/": "reference/generated/"}


@cache
def _chinese() -> Callable[[str], str]:
    """Return what gives a word of the theme in Chinese, or as it is."""
    found = [
        gettext.translation("sphinx", files(package) / "locale", languages=[language])
        for package, language in _CATALOGUES
    ]
    for first, second in pairwise(found):
        first.add_fallback(second)
    return found[0].gettext


def other_language(page: str, known: set[str]) -> str:
    """Return the page that says the same in the other language; the first page where none does."""
    for chinese, english in _SAME.items():
        if page.startswith(chinese):
            page_there = english + page.removeprefix(chinese)
            return page_there if page_there in known else "index"
        if page.startswith(english):
            page_there = chinese + page.removeprefix(english)
            return page_there if page_there in known else "zh/index"
    if page.startswith("zh/"):
        page_there = page.removeprefix("zh/")
        return page_there if page_there in known else "index"
    return f"zh/{page}" if f"zh/{page}" in known else "zh/index"


def _context(
    app: Sphinx, page: str, _template: str, context: dict[str, Any], _doctree: Any
) -> None:
    chinese = page.startswith("zh/")
    context["other_page"] = other_language(page, app.env.found_docs)
    context["other_language"] = "English" if chinese else "中文"
    context["other_code"] = "en" if chinese else "zh-CN"
    context["language"] = "zh-CN" if chinese else "en"
    if chinese:
        context["gettext"] = _chinese()


def _name_switches(
    _app: Sphinx, page: str, _template: str, context: dict[str, Any], _doctree: Any
) -> None:
    """Say what the arrows of the list of pages do; the theme draws them without a word."""
    made = context.get("generate_toctree_html")
    word = "展开或收起" if page.startswith("zh/") else "Open or close"

    def named(*given: Any, **named: Any) -> str:
        return str(made(*given, **named)).replace("<summary>", f'<summary aria-label="{word}">')

    if made is not None:
        context["generate_toctree_html"] = named


def setup(app: Sphinx) -> dict[str, bool]:
    """Give each page its language."""
    app.connect("html-page-context", _context)
    app.connect("html-page-context", _name_switches, priority=900)  # after the theme's own
    return {"parallel_read_safe": True, "parallel_write_safe": True}
