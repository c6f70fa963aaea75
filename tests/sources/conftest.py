"""A market exported once for a module of tests, and a copy of it for each test.

A module that asks for them says which market it wants and how it is exported: ``MARKET = 12`` and
``EXPORT = export.mapped``.
"""

import shutil
from pathlib import Path

import pytest

from tests.market.exporters import vendors


@pytest.fixture(scope="module")
def tables(request: pytest.FixtureRequest):
    return vendors.sample_tables(request.module.MARKET)


@pytest.fixture(scope="module")
def exported(request: pytest.FixtureRequest, tables, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("exported") / "source"
    request.module.EXPORT(tables, folder)
    return folder


@pytest.fixture
def source(exported: Path, tmp_path: Path) -> Path:
    return shutil.copytree(exported, tmp_path / "source")
