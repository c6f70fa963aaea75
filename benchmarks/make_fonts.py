"""Cuts the fonts of the PDF report out of Noto Sans CJK.

Run: python -m benchmarks.make_fonts NotoSansCJK-Regular.ttc NotoSansCJK-Bold.ttc
"""

import sys
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTCollection, TTFont

TARGET = Path(__file__).parents[1] / "quanthedge" / "report" / "fonts"
SIGNS = "€£¥©®°±×÷·–—‘’“”…‰′″←↑→↓−∞≈≠≤≥√∑∂ΔαβγδεθκλμνπρστφχψωΓΘΛΣΦΨΩ①②③④⑤⑥⑦⑧⑨⑩■□▲△▼▽◆◇○●★☆"


# beyond GB 2312: characters that names of people and companies bear
NAMES = "喆垚堃堉婳寯崟彧愷旸旻昇昉晞暐沺淏湉濛烜燊燚犇玥珺琋瑀瑄璟璠祎禛翀翾芃衎贇赟鋆镕飏骉龘"


def gb2312(last_row: int) -> set[int]:
    """Return the code points of GB 2312's characters up to a row (55: common, 87: all)."""
    found = set()
    for row in [*range(1, 10), *range(16, last_row + 1)]:
        for column in range(1, 95):
            code = bytes((0xA0 + row, 0xA0 + column))
            try:
                found.add(ord(code.decode("gb2312")))
            except UnicodeDecodeError:
                continue
    return found


def simplified(path: str) -> TTFont:
    """Return the simplified Chinese face of a collection."""
    for font in TTCollection(path).fonts:
        if font["name"].getDebugName(1) == "Noto Sans CJK SC":
            return font
    raise SystemExit(f"{path}: no face Noto Sans CJK SC")


def cut(path: str, last_row: int, weight: str) -> None:
    """Write the subset of one weight."""
    font = simplified(path)
    options = subset.Options()
    options.layout_features = ["kern", "tnum", "lnum"]
    options.hinting = False
    options.desubroutinize = False
    options.name_IDs = [0, 1, 2, 3, 4, 5, 6, 13, 14]
    options.notdef_outline = True
    cutter = subset.Subsetter(options)
    wanted = {*range(0x20, 0x7F), *range(0xA0, 0x100), *range(0xFF00, 0xFF5F), 0x3000}
    cutter.populate(unicodes=wanted | {ord(sign) for sign in SIGNS + NAMES} | gb2312(last_row))
    cutter.subset(font)
    names = {1: "QuantHedge Sans", 2: weight, 3: f"QuantHedge Sans {weight}"}
    names |= {4: f"QuantHedge Sans {weight}", 6: f"QuantHedgeSans-{weight}"}
    for record in list(font["name"].names):
        if record.nameID in names:
            record.string = names[record.nameID]
    cff = font["CFF "].cff
    cff.fontNames = [names[6]]
    top = cff.topDictIndex[0]
    top.FamilyName, top.FullName = names[1], names[4]
    font["head"].created = font["head"].modified = 3_500_000_000
    font.recalcTimestamp = False
    target = TARGET / f"QuantHedgeSans-{weight}.otf"
    font.save(target)
    print(f"{target.name}: {target.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    cut(sys.argv[1], 87, "Regular")
    cut(sys.argv[2], 55, "Bold")
