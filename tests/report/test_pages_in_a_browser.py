"""Pages of a run in a real browser: nothing too wide, nothing that a keyboard trips over."""

from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks import in_browser
from quanthedge.batch.judgement import judged
from quanthedge.daily import orders_for
from quanthedge.evaluation.pages import sheet_name
from quanthedge.typing import Language
from tests.batch.judgement.made_sweeps import grid_of, made_sweep
from tests.evaluation.test_evaluation import evaluation
from tests.sample import sample_market, sample_result, small_strategy

pytest.importorskip("playwright", reason="playwright is not installed")
pytestmark = pytest.mark.skipif(
    in_browser.chromium() is None, reason="no Chromium on this machine (Debian package chromium)"
)


@pytest.mark.parametrize(
    ("edition", "language", "width"),
    [("full", "en", 360), ("client", "zh", 360), ("client", "en", 1280), ("risk", "zh", 768)],
)
def test_a_page_is_read_on_a_phone_by_keyboard_and_by_weak_eyes(
    edition: str, language: str, width: int, tmp_path: Path
) -> None:
    page = sample_result().report(tmp_path / "page.html", language, edition=edition)
    with in_browser.browser() as found:
        told = in_browser.looked_at(found, page.as_uri(), width)
    assert not any(told), told


def judgement(folder: Path, language: Language) -> Path:
    found = judged(*made_sweep(grid_of(), 1.0, 2, failed=3), 60)
    return found.report(folder / "page.html", language)


def ranking(folder: Path, language: Language) -> Path:
    evaluation().write(folder)
    return folder / f"ranking_{language}.html"


def sheet(folder: Path, language: Language) -> Path:
    evaluation().write(folder)
    return folder / sheet_name("turnover", language)


def orders(folder: Path, language: Language) -> Path:
    made = orders_for(small_strategy(), sample_market(), "2015-07-31", run=sample_result())
    page = folder / "orders.html"
    page.write_text(made.page(language), encoding="utf-8")
    return page


@pytest.mark.parametrize("made", [judgement, ranking, sheet, orders])
@pytest.mark.parametrize(("language", "width"), [("zh", 360), ("en", 1280)])
def test_pages_of_other_commands_are_read_as_well(
    made: Callable[[Path, Language], Path], language: Language, width: int, tmp_path: Path
) -> None:
    page = made(tmp_path, language)
    with in_browser.browser() as found:
        told = in_browser.looked_at(found, page.as_uri(), width)
    assert not any(told), told


def test_a_page_that_is_too_wide_and_too_pale_is_found(tmp_path: Path) -> None:
    page = tmp_path / "bad.html"
    page.write_text(
        '<!doctype html><html lang="en"><title>x</title><body style="background:#fff">'
        '<p style="color:#ccc">pale</p><div style="width:900px;height:9px">wide</div>'
        '<a href="#x" style="outline:none">where</a></body></html>',
        encoding="utf-8",
    )
    with in_browser.browser() as found:
        told = in_browser.looked_at(found, page.as_uri(), 360)
    assert any("900" in one or "page of" in one for one in told.wider)
    assert any(one.startswith("color-contrast") for one in told.rules)
    assert told.keyboard == ["focus is not seen on: a where"]
