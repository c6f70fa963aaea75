"""A client's paper as two to four pages of A4."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

from quanthedge.report.blocks import Block, Figure, Table
from quanthedge.report.client.layout import HALVES, card_columns, size_of
from quanthedge.report.client.paper import Paper
from quanthedge.report.drawing import figure_svg
from quanthedge.report.figure_style import gain_and_loss_colours
from quanthedge.report.pdf import set_pages

__all__ = ["render_paper_pdf"]

_FONTS = ("QuantHedge Sans", "Noto Sans CJK SC")


def render_paper_pdf(paper: Paper) -> bytes:
    """Return the pages of a client's paper."""
    template = Path(__file__).parent / "templates" / "client.typ"
    return set_pages(template, lambda folder: _data(paper, folder))


def _data(paper: Paper, folder: Path) -> dict[str, Any]:
    """Return what the template reads; figures and logo are put into the folder."""
    document, t = paper.document, paper.texts
    gain, loss = gain_and_loss_colours("zh" if document.language == "zh" else "en")
    chapters = [
        {"title": one.title, "blocks": [_block(block, folder) for block in one.blocks]}
        for one in paper.shown
    ]
    warnings = [_block(block, folder) for block in paper.warnings]
    logo = None
    if paper.logo is not None:
        logo = f"logo{Path(paper.logo.file).suffix.lower()}"
        (folder / logo).write_bytes(paper.logo.content)
    return {
        "lang": "zh" if document.language == "zh" else "en",
        "fonts": list(_FONTS),
        "gain": gain,
        "loss": loss,
        "name": document.name,
        "kind": paper.kind,
        "as-of": paper.as_of,
        "badge": document.words["badge"],
        "page": t["page"],
        "logo": logo,
        "manager": paper.manager,
        "facts": document.facts,
        "facts-title": t["titles"]["facts"],
        "terms": document.terms,
        "card-columns": card_columns(len(document.cards)),
        "cards": [
            {"name": card.name, "text": card.cell.text, "kind": card.cell.kind}
            for card in document.cards
        ],
        "chapters": chapters,
        "comments": [[title, [asdict(one) for one in text]] for title, text in paper.comments],
        "comment-title": t["headings"]["comment"],
        "warnings": warnings,
        "warning-title": t["headings"]["warnings"],
    }


def _block(block: Block, folder: Path) -> dict[str, Any]:
    about = {"title": block.title, "caption": block.caption, "half": block.id in HALVES}
    if isinstance(block, Figure):
        name = f"{block.id}.svg"
        (folder / name).write_bytes(figure_svg(block.spec, size_of(block.id)))
        return about | {"kind": "figure", "path": name}
    if isinstance(block, Table):
        rows = [[{"text": c.text, "kind": c.kind, "shade": c.shade} for c in r] for r in block.rows]
        kind = "folded" if block.id == "table-client-weekly" else block.kind
        return about | {
            "kind": kind, "head": block.head, "rows": rows, "emphasised": sorted(block.emphasised),
        }  # fmt: skip
    return about | {"kind": "lines", "items": list(block.items)}
