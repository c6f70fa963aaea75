"""What every monthly decision of the index-relative strategy takes, and what it came to.

    python -m benchmarks.optimiser_months data/real docs/optimiser.md

Processor time of one thread (set OMP_NUM_THREADS=1): the model of risk is fitted and its forecasts,
the scores, the index weights and the betas are made before, and timed apart.
"""

import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

import quanthedge as qh
from benchmarks.pages import markdown, write_between
from quanthedge.backtesting.circumstances import circumstances
from quanthedge.backtesting.expectation import graded
from quanthedge.optimise import optimiser
from quanthedge.portfolio import OptimisedSelector
from quanthedge.risk import RiskForecast, index_weights

ROOT = Path(__file__).parents[1]
FIRST, LAST = "2011-01-04", "2018-12-28"
MARK = "made by benchmarks.optimiser_months"


class _Forecasts:
    """Forecasts that are at hand, by row."""

    def __init__(self, style_names: tuple[str, ...], made: dict[int, RiskForecast]) -> None:
        self.style_names, self._made = style_names, made

    def forecast(self, row: int, horizon: int) -> RiskForecast:
        """Return the forecast of a row."""
        assert self._made[row].horizon == horizon
        return self._made[row]


def main() -> None:
    """Decide every month, and write the table."""
    market = qh.Market.open(sys.argv[1])
    strategy = qh.load_strategy(ROOT / "strategies" / "index_relative.toml")
    selector = strategy.selector
    assert isinstance(selector, OptimisedSelector)
    first, last = market.span(FIRST, LAST)
    rows = selector.decision_rows(strategy.rebalance, market, first, last)
    spent: dict[str, float] = {}
    mask, _ = strategy.universe.mask(market, rows)
    scored = _timed(spent, "scores", lambda: graded(strategy, market, mask, rows).scores)
    around = circumstances(strategy, market, scored, rows)
    risk = _timed(spent, "the model of risk, fitted", around.risk)
    horizon = strategy.rebalance.days_between
    made = _timed(
        spent, "its forecasts", lambda: {int(t): risk.forecast(int(t), horizon) for t in rows}
    )
    _timed(spent, "index weights", lambda: index_weights(market, selector.benchmark))
    _timed(
        spent, "expected returns, betas, contracts",
        lambda: [around.expected(), around.betas(), around.contract_yuan(), around.tilts()],
    )  # fmt: skip
    ready = replace(around, risk=lambda: _Forecasts(risk.style_names, made))
    inside = _watch("whole_lots", "whole lots", spent), _watch("_solved", "solutions", spent)
    decided = _timed(
        spent, "decisions, all in all", lambda: selector.decide(market, scored, rows, ready)
    )
    for restore in inside:
        restore()
    write_between(Path(sys.argv[2]), MARK, _text(decided.decisions, spent))


def _timed(spent: dict[str, float], name: str, work: Callable[[], Any]) -> Any:
    begun = time.process_time()
    found = work()
    spent[name] = spent.get(name, 0.0) + time.process_time() - begun
    return found


def _watch(function: str, name: str, spent: dict[str, float]) -> Callable[[], None]:
    """Time a function of the optimiser's file; return what puts it back."""
    own = getattr(optimiser, function)

    def watched(*given: Any, **named: Any) -> Any:
        return _timed(spent, name, lambda: own(*given, **named))

    setattr(optimiser, function, watched)
    return lambda: setattr(optimiser, function, own)


def _text(table: pd.DataFrame, spent: dict[str, float]) -> str:
    count = len(table)
    before = ["scores", "the model of risk, fitted", "its forecasts", "index weights",
              "expected returns, betas, contracts"]  # fmt: skip
    times = [[name, f"{spent[name]:.1f}", ""] for name in before]
    whole = spent["decisions, all in all"]
    rest = whole - spent["solutions"] - spent["whole lots"]
    times += [
        [f"**{count} decisions**", f"**{whole:.1f}**", "5"],
        ["of these: solutions", f"{spent['solutions']:.1f}", ""],
        ["of these: whole lots", f"{spent['whole lots']:.1f}", ""],
        ["of these: costs, limits, problems, paper book", f"{rest:.1f}", ""],
    ]
    years = [
        [
            str(year),
            str(len(own)),
            str(int((own["status"] == "solved").sum())),
            str(int((own["relaxed"] != "").sum())),
            f"{own['names'].min()} to {own['names'].max()}",
            f"{own['turnover'].mean():.1%}",
            f"{own['tracking_error'].mean():.1%}",
            f"{own['beta_left'].abs().max():.4f}",
            f"{own['lot_loss_bp'].abs().max():.2f}",
            f"{own['residual'].max():.0e}",
        ]
        for year, own in table.groupby(pd.DatetimeIndex(table["date"]).year)
    ]
    loosened = table[table["relaxed"] != ""]
    said = "No bound was loosened." if loosened.empty else "Loosened: " + "; ".join(
        f"{day:%Y-%m-%d}: {text}"
        for day, text in zip(loosened["date"], loosened["relaxed"], strict=True)
    )  # fmt: skip
    head = [
        "year", "rebalances", "solved", "loosened", "names", "turnover one way",
        "tracking error a year", "largest beta left", "largest lot loss, bp", "residual",
    ]  # fmt: skip
    return "\n\n".join(
        [
            markdown(["step", "seconds of the processor", "asked"], times),
            markdown(head, years),
            said,
        ]
    )


if __name__ == "__main__":
    main()
