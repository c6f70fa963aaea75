"""The days of a year stand in one place."""

import ast
import re
from pathlib import Path

from quanthedge.rules import CALENDAR_DAYS_A_YEAR, TRADING_DAYS_A_YEAR
from tests.code_of_package import nodes

ROOT = Path(__file__).parents[2]
OTHERS = {242, 243, 244, 252}  # what a year of trading days is taken for elsewhere
# The simulated calendar has a number of days of its own; betas of factors and the risk model have
# the windows and half-lives that their sources state (Barra: 252 days).
ITS_OWN = {
    "quanthedge/rules/year.py",
    "quanthedge/market/simulation/calendar.py",
    "quanthedge/factors/residuals.py",
    "quanthedge/risk/model.py",
    "quanthedge/risk/specific.py",
    "quanthedge/risk/statistical.py",
}


def files() -> list[Path]:
    found = [*(ROOT / "quanthedge").rglob("*.py"), *(ROOT / "benchmarks").rglob("*.py")]
    return sorted(path for path in found if path.relative_to(ROOT).as_posix() not in ITS_OWN)


def numbers(path: Path) -> set[float]:
    return {
        node.value
        for node in nodes(path)
        if isinstance(node, ast.Constant) and isinstance(node.value, int | float)
    }


def test_a_year_has_243_trading_days_and_365_of_the_calendar() -> None:
    assert (TRADING_DAYS_A_YEAR, CALENDAR_DAYS_A_YEAR) == (243, 365)


def test_no_file_has_its_own_number_of_trading_days_a_year() -> None:
    own = {str(path.relative_to(ROOT)): numbers(path) & OTHERS for path in files()}
    assert {name: found for name, found in own.items() if found} == {}


def test_texts_that_reach_a_report_count_by_243_days_too() -> None:
    texts = [*(ROOT / "quanthedge").rglob("*.toml")]
    told = {
        path.name: set(
            re.findall(r"(?<![\d.,])(?:242|243|244|252)(?![\d.,])", path.read_text("utf-8"))
        )
        for path in texts
    }
    assert set().union(*told.values()) == {str(TRADING_DAYS_A_YEAR)}
