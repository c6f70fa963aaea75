"""The manager's comments: Markdown as paragraphs of plain, bold and stressed words.

Only paragraphs, lists, headings, bold and stress are read; links, pictures and HTML stay the
letters that they are, so that a comment puts nothing into a page that its reader does not see.
"""

import re
from dataclasses import dataclass, field

from markdown_it import MarkdownIt
from markdown_it.token import Token

__all__ = ["Paragraph", "Words", "read_markdown"]

_BREAK = re.compile("(?<=[\u2e80-\uffef])\n|\n(?=[\u2e80-\uffef])")  # Chinese has no blank there


@dataclass(frozen=True)
class Words:
    """Some words of a paragraph in one style."""

    text: str
    bold: bool = False
    stressed: bool = False


@dataclass(frozen=True)
class Paragraph:
    """A paragraph of a comment: ``kind`` is "text", "heading" or "item" of a list."""

    kind: str
    words: list[Words] = field(default_factory=list)
    mark: str = ""

    @property
    def text(self) -> str:
        """The words without their styles."""
        return "".join(one.text for one in self.words)


def read_markdown(text: str) -> list[Paragraph]:
    r"""Return the paragraphs of a comment.

    >>> read_markdown("Calm.\n\n- **up** again")[1].words[0]
    Words(text='up', bold=True, stressed=False)
    """
    reader = MarkdownIt("zero").enable(["emphasis", "list", "heading", "escape", "entity"])
    found: list[Paragraph] = []
    lists: list[int] = []  # the next number of each list that is open; -1 of one without numbers
    fresh, heading = False, False
    for token in reader.parse(text):
        if token.type == "bullet_list_open":
            lists.append(-1)
        elif token.type == "ordered_list_open":
            lists.append(int(token.attrs.get("start", 1)))
        elif token.type in ("bullet_list_close", "ordered_list_close"):
            lists.pop()
        elif token.type == "list_item_open":
            fresh = True
        elif token.type in ("heading_open", "heading_close"):
            heading = token.type == "heading_open"
        elif token.type == "inline":
            mark = _mark(lists) if fresh else ""
            fresh = False
            kind = "heading" if heading else "item" if lists else "text"
            found.append(Paragraph(kind, _words(token), mark))
    return found


def _mark(lists: list[int]) -> str:
    """Return the mark of the next item, and count it."""
    if lists[-1] < 0:
        return "•"
    lists[-1] += 1
    return f"{lists[-1] - 1}."


def _words(token: Token) -> list[Words]:
    bold, stressed, found = 0, 0, []
    for part in token.children or []:
        bold += {"strong_open": 1, "strong_close": -1}.get(part.type, 0)
        stressed += {"em_open": 1, "em_close": -1}.get(part.type, 0)
        content = _BREAK.sub("", part.content).replace("\n", " ")
        if content:
            found.append(Words(content, bold > 0, stressed > 0))
    return found
