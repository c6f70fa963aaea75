"""The report's typeface inside its page, cut down to the characters that the page uses.

A phone or a server's browser may have no Chinese typeface; a page that brings its own looks the
same everywhere and shows no empty boxes.
"""

import base64
from functools import cache
from typing import TYPE_CHECKING

from quanthedge.report.drawing import font_folder

if TYPE_CHECKING:
    from uharfbuzz import Face

__all__ = ["FAMILY", "font_faces"]

FAMILY = "QuantHedge Sans"
_WEIGHTS = {"Regular": "400", "Bold": "600 700"}
_FEATURES = ("kern", "tnum", "lnum")  # of the layout: figures of one width stand under each other


def font_faces(text: str) -> str:
    """Return style rules that define the family with the characters of a text.

    A face for each weight, and one more where a text has characters that the bold lacks. Characters
    that the typeface lacks are left to the reader's own fonts.

    >>> font_faces("净值 1.0000").count("@font-face")
    2
    """
    characters = {ord(character) for character in set(text)}
    faces = [_face(name, weight, characters) for name, weight in _WEIGHTS.items()]
    # the bold has common characters only: in a bold title the others are borrowed from the regular
    rare = sorted((characters & _known("Regular")) - _known("Bold"))
    if rare:
        span = ", ".join(f"U+{code:04X}" for code in rare)
        faces.append(_face("Regular", _WEIGHTS["Bold"], set(rare), f"unicode-range: {span}; "))
    return "\n".join(faces)


def _face(name: str, weight: str, characters: set[int], more: str = "") -> str:
    data = base64.b64encode(_cut(name, characters)).decode("ascii")
    return (
        f'@font-face {{ font-family: "{FAMILY}"; font-weight: {weight}; {more}'
        f'src: url("data:font/otf;base64,{data}") format("opentype"); }}'
    )


@cache
def _known(name: str) -> frozenset[int]:
    """Return the characters that a weight has."""
    return frozenset(_whole(name).unicodes)


@cache
def _whole(name: str) -> "Face":
    from uharfbuzz import Blob, Face

    return Face(Blob.from_file_path(str(font_folder() / f"QuantHedgeSans-{name}.otf")))


def _cut(name: str, characters: set[int]) -> bytes:
    """Return a weight with these characters only, the same bytes on every run.

    As OpenType: WOFF is an eighth smaller, two hundredths of a page, and takes a library more.
    """
    import uharfbuzz

    wanted = uharfbuzz.SubsetInput()
    wanted.unicode_set.set(characters)
    wanted.layout_feature_tag_set.set({_tag(feature) for feature in _FEATURES})
    wanted.flags = uharfbuzz.SubsetFlags.NOTDEF_OUTLINE
    return bytes(uharfbuzz.subset(_whole(name), wanted).blob.data)


def _tag(feature: str) -> int:
    """Return a feature's four letters as OpenType writes them: one big-endian number."""
    return int.from_bytes(feature.encode("ascii"), "big")
