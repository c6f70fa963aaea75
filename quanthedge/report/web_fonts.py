"""The report's typeface inside its page, cut down to the characters that the page uses.

A phone or a server's browser may have no Chinese typeface; a page that brings its own looks the
same everywhere and shows no empty boxes.
"""

import base64
import io

from quanthedge.report.drawing import font_folder

__all__ = ["FAMILY", "font_faces"]

FAMILY = "QuantHedge Sans"
_WEIGHTS = {"Regular": "400", "Bold": "600 700"}


def font_faces(text: str) -> str:
    """Return style rules that define the family with the characters of a text.

    Characters that the typeface lacks are left to the reader's own fonts.

    >>> font_faces("净值 1.0000").count("@font-face")
    2
    """
    characters = {ord(character) for character in text}
    return "\n".join(_face(name, weight, characters) for name, weight in _WEIGHTS.items())


def _face(name: str, weight: str, characters: set[int]) -> str:
    data = base64.b64encode(_cut(name, characters)).decode("ascii")
    return (
        f'@font-face {{ font-family: "{FAMILY}"; font-weight: {weight}; '
        f'src: url("data:font/woff;base64,{data}") format("woff"); }}'
    )


def _cut(name: str, characters: set[int]) -> bytes:
    """Return a weight with these characters only, the same bytes on every run."""
    from fontTools import subset
    from fontTools.ttLib import TTFont

    options = subset.Options()
    options.layout_features = ["kern", "tnum", "lnum"]
    options.notdef_outline = True
    page = io.BytesIO()
    with TTFont(font_folder() / f"QuantHedgeSans-{name}.otf", recalcTimestamp=False) as font:
        cutter = subset.Subsetter(options)
        cutter.populate(unicodes=characters)
        cutter.subset(font)
        font.flavor = "woff"
        font.save(page)
    return page.getvalue()
