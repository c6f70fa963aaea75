"""Draws which room uses which: python -m benchmarks.architecture docs/images/architecture.svg."""

import sys
from pathlib import Path

import matplotlib as mpl

mpl.use("svg")
from matplotlib import pyplot as plt

from tests.test_architecture import OF_PYTHON, everything, rooms


def main(target: Path) -> None:
    """Write the picture and print how many rooms and arrows there are."""
    names = rooms()
    place = {room: number for number, room in enumerate(names)}
    arrows: dict[tuple[int, int], int] = {}
    for one in everything():
        if one.file.removesuffix(".py") in OF_PYTHON:
            continue
        pair = (place[one.file.split("/")[0].removesuffix(".py")], place[one.module.split(".")[0]])
        if pair[0] != pair[1]:
            arrows[pair] = arrows.get(pair, 0) + 1
    mpl.rcParams["svg.hashsalt"] = "architecture"
    figure, axes = plt.subplots(figsize=(8.0, 7.6))
    rows, columns = zip(*arrows, strict=True)
    axes.scatter(columns, rows, s=[18 + 4 * n**0.5 for n in arrows.values()], color="#1f4e79")
    axes.plot([-0.5, len(names) - 0.5], [-0.5, len(names) - 0.5], color="#bbbbbb", linewidth=0.8)
    axes.set_xticks(range(len(names)), names, rotation=90, fontsize=8)
    axes.set_yticks(range(len(names)), names, fontsize=8)
    axes.xaxis.tick_top()
    axes.set_xlim(-0.6, len(names) - 0.4)
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.grid(color="#eeeeee")
    axes.set_axisbelow(True)
    axes.set_ylabel("this room ...")
    axes.set_xlabel("... uses this one")
    axes.xaxis.set_label_position("top")
    figure.savefig(target, metadata={"Date": None}, bbox_inches="tight")
    print(f"{len(names)} rooms, {len(arrows)} arrows")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
