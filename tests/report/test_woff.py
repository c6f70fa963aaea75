"""The typeface that a page embeds, against another library's reading and writing of WOFF."""

import io

import pytest
import uharfbuzz
from fontTools.ttLib import TTFont

from quanthedge.report.drawing import font_folder
from quanthedge.report.woff import as_woff


def cut(name: str, text: str) -> bytes:
    wanted = uharfbuzz.SubsetInput()
    wanted.unicode_set.set({ord(letter) for letter in text})
    face = uharfbuzz.Face(uharfbuzz.Blob.from_file_path(str(font_folder() / name)))
    return bytes(uharfbuzz.subset(face, wanted).blob.data)


@pytest.mark.parametrize("name", ["QuantHedgeSans-Regular.otf", "QuantHedgeSans-Bold.otf"])
@pytest.mark.parametrize("text", ["1", "净值 1.0000, hedge ratio", ""])
def test_the_file_is_the_one_that_fonttools_writes_to_the_byte(name: str, text: str) -> None:
    font = cut(name, text)
    page = io.BytesIO()
    with TTFont(io.BytesIO(font), recalcBBoxes=False, recalcTimestamp=False, lazy=True) as other:
        other.flavor = "woff"
        other.save(page)
    assert as_woff(font) == page.getvalue()


def test_every_table_is_unpacked_as_it_was_and_its_checksum_holds() -> None:
    font = cut("QuantHedgeSans-Regular.otf", "市场中性 0123456789")
    packed = as_woff(font)
    # checkChecksums 2: the reader raises where a table is not what its checksum says
    with (
        TTFont(io.BytesIO(packed), checkChecksums=2) as found,
        TTFont(io.BytesIO(font)) as given,
    ):
        assert found.flavor == "woff"
        assert set(found.reader.keys()) == set(given.reader.keys())
        for tag in set(given.reader.keys()) - {"head"}:  # it holds the checksum of the whole file
            assert found.reader[tag] == given.reader[tag]
        assert found.getBestCmap() == given.getBestCmap()
    assert len(packed) < len(font)
