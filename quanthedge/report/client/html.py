"""A client's paper as one page that needs neither network nor scripts: its figures are drawings."""

import base64

from quanthedge.report.blocks import Figure
from quanthedge.report.client.layout import HALVES, card_columns, size_of
from quanthedge.report.client.paper import Paper
from quanthedge.report.drawing import figure_svg
from quanthedge.report.figure_style import FONT, gain_and_loss_colours
from quanthedge.report.web_fonts import font_faces
from quanthedge.words import templates

__all__ = ["render_paper_html"]

_FACES = "<!--FACES-->"


def render_paper_html(paper: Paper) -> str:
    """Return the page of a client's paper."""
    environment = templates("quanthedge.report.client")
    document = paper.document
    gain, loss = gain_and_loss_colours("zh" if document.language == "zh" else "en")
    logo = "" if paper.logo is None else _address(paper.logo.content, paper.logo.media_type)
    page = environment.get_template("client.html.j2").render(
        p=paper,
        d=document,
        t=paper.texts,
        halves=HALVES,
        columns=card_columns(len(document.cards)),
        figures={
            block.id: _address(figure_svg(block.spec, size_of(block.id)), "image/svg+xml")
            for chapter in paper.shown
            for block in chapter.blocks
            if isinstance(block, Figure)
        },
        logo=logo,
        font=FONT,
        gain=gain,
        loss=loss,
    )
    # put in last: the typeface holds the letters of the finished page
    return page.replace(_FACES, font_faces(page), 1)


def _address(content: bytes, kind: str) -> str:
    """Return a picture as an address that holds it."""
    return f"data:{kind};base64,{base64.b64encode(content).decode('ascii')}"
