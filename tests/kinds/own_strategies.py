"""Strategies on the sample market that name the user's own classes of tests/kinds/files."""

import shutil
from pathlib import Path

from tests.sample import NEUTRAL

FILES = Path(__file__).parent / "files"
OWN = (
    "factors.1.factor={kind='my_parts:AbnormalTurnover', window=6}",
    "beta={kind='my_parts:HalfWay'}",
    "hedge.ratio={kind='my_parts:Correlated', window=80}",
    "hedge.policy={kind='any', of=[{kind='my_parts:AfterMoves'}, {kind='my_parts:WiderInStorms'}]}",
    "selector={kind='my_parts:Middling', n=24}",
    "rebalance={kind='my_parts:AfterFalls', fall=0.02}",
    "universe={kind='largest', n=100, filters=[{kind='suspended'}, "
    "{kind='my_parts:NoRoundPrices'}]}",
)


def folder_with(place: Path, *files: str) -> Path:
    """A strategy file, own.toml, with Python files beside it."""
    place.mkdir(exist_ok=True)
    for name in files or ("my_parts.py", "my_windows.py"):
        shutil.copy(FILES / name, place / name)
    shutil.copy(NEUTRAL, place / "own.toml")
    return place / "own.toml"
