"""Tables in Markdown, and the parts of a page that a command writes."""

from pathlib import Path

__all__ = ["markdown", "write_between"]


def markdown(header: list[str], rows: list[list[str]]) -> str:
    """Return a Markdown table."""
    lines = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def write_between(page: Path, name: str, text: str) -> None:
    """Put a text between ``<!-- name -->`` and ``<!-- end of name -->`` of a page.

    Raises
    ------
    SystemExit
        When the page does not have both marks once.
    """
    content = page.read_text(encoding="utf-8")
    begin, end = f"<!-- {name} -->", f"<!-- end of {name} -->"
    if content.count(begin) != 1 or content.count(end) != 1:
        raise SystemExit(f"{page}: needs {begin} and {end}, each once")
    before, after = content.split(begin)[0], content.split(end)[1]
    page.write_text(f"{before}{begin}\n\n{text}\n\n{end}{after}", encoding="utf-8")
