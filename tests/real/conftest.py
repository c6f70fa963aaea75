"""The real market beside the project, imported once for all its tests and all their processes."""

import pickle
from pathlib import Path

import pytest

from quanthedge.market import Market
from quanthedge.market.checks import CheckReport
from quanthedge.sources import import_market
from tests.conftest import REAL, MadeOnce


def _import(folder: Path) -> None:
    folder.mkdir()
    report = import_market(REAL, folder / "market")
    (folder / "report.pickle").write_bytes(pickle.dumps(report))


@pytest.fixture(scope="session")
def real_import(made_once: MadeOnce) -> Path:
    return made_once("real_import", _import)


@pytest.fixture(scope="session")
def real_folder(real_import: Path) -> Path:
    """Return the folder of the imported market; tests read it only."""
    return real_import / "market"


@pytest.fixture(scope="session")
def real_market(real_folder: Path) -> Market:
    return Market.open(real_folder)


@pytest.fixture(scope="session")
def import_report(real_import: Path) -> CheckReport:
    """Return what the import said."""
    return pickle.loads((real_import / "report.pickle").read_bytes())
