"""What a fund loses and how its accounts hold in named shocks and in the worst weeks there were."""

import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from quanthedge.backtesting import prepare
from quanthedge.cards import Card, Carded, Cell
from quanthedge.errors import DataError, StrategyError
from quanthedge.ledger import LedgerInputs, LedgerRecord, layout, run_ledger
from quanthedge.market import Market
from quanthedge.progress import telling
from quanthedge.strategy import Strategy
from quanthedge.studies.stress.shocks import basis_jump, index_moves, margin_rate, suspensions
from quanthedge.typing import Language
from quanthedge.words import LANGUAGES, in_both, retold, texts

__all__ = ["HISTORY", "Scenario", "StressReport", "default_day", "run_stress"]

Shock = Callable[[LedgerInputs, int], LedgerInputs]


class Scenario(NamedTuple):
    """A shock that begins on a day of the span."""

    name: str
    days: int  # trading days over which it is looked at, its first day included
    shock: Shock


def _combined(inputs: LedgerInputs, day: int) -> LedgerInputs:
    return suspensions(
        margin_rate(index_moves(inputs, day, np.full(3, 0.10)), day, 0.40), day, 10, 0.5
    )


def _rally_suspended(inputs: LedgerInputs, day: int) -> LedgerInputs:
    # Suspended first: their marks must not move with the index.
    moved = index_moves(inputs, day, np.full(3, 0.10))
    return suspensions(moved, day, 10, 1.0)


_SCENARIOS: tuple[Scenario, ...] = (
    Scenario("as it was", 10, lambda inputs, day: inputs),
    Scenario("index +10% three days", 10, lambda i, d: index_moves(i, d, np.full(3, 0.10))),
    Scenario("index -10% three days", 10, lambda i, d: index_moves(i, d, np.full(3, -0.10))),
    Scenario("basis +5% overnight", 10, lambda i, d: basis_jump(i, d, 0.05)),
    Scenario("margin 40%", 10, lambda i, d: margin_rate(i, d, 0.40)),
    Scenario("half of the stocks suspended", 10, lambda i, d: suspensions(i, d, 10, 0.5)),
    Scenario("all stocks suspended", 10, lambda i, d: suspensions(i, d, 10, 1.0)),
    Scenario("index +10% three days, all suspended", 10, _rally_suspended),
    Scenario("index +10% three days, margin 40%, half suspended", 10, _combined),
)

# Weeks to be replayed as they were: name, first day, last day.
HISTORY = (
    ("2015-06 to 08: crash and suspensions", "2015-06-12", "2015-08-31"),
    ("2015-09: margin and opening limits", "2015-09-01", "2015-10-30"),
    ("2016-01: circuit breaker", "2015-12-31", "2016-01-29"),
    ("2018-02: rotation and fall", "2018-01-29", "2018-02-28"),
    ("2018-06 to 10: long fall", "2018-06-01", "2018-10-31"),
    ("2020-02: reopening after the holidays", "2020-02-03", "2020-02-28"),
    ("2020-07: rally", "2020-07-01", "2020-07-31"),
    ("2021-02 and 03: fall of the crowded stocks", "2021-02-18", "2021-03-31"),
    ("2022-04: lockdowns", "2022-04-01", "2022-04-29"),
    ("2024-01 and 02: fall of small companies", "2024-01-02", "2024-02-29"),
    ("2024-09 and 10: rally", "2024-09-24", "2024-10-31"),
)
_FOUND_DAYS = 20  # trading days of the weeks that are found in a market that meets none of these


@dataclass(frozen=True, repr=False)
class StressReport(Carded):
    """Outcomes of the scenarios.

    Attributes
    ----------
    table : DataFrame
        One row a date and scenario: equity_change (fraction, from the close before the shock over
        its days, net of the performance fee as it accrues), worst_day, lowest_multiple (futures
        account / margin at a close), call_days (days closed below the call multiple), lots_cut,
        stocks_sold (yuan raised by force), lots_refused, largest_net (greatest absolute
        (beta x stocks - futures) / equity), insolvent.
    gaps : tuple of str
        What could not be replayed, and why.
    """

    table: pd.DataFrame
    gaps: tuple[str, ...] = field(default=())

    def card(self) -> Card:
        """Return the worst outcomes, and what to call next."""
        said, table = texts("quanthedge.studies.stress", "card"), self.table
        worst = table.sort_values("equity_change")
        again = {str(name) for name in table.loc[table["scenario"].duplicated(), "scenario"]}
        rows: list[tuple[Cell, ...]] = [
            (
                {code: _called(one, again, code) for code in LANGUAGES},
                f"{one['equity_change']:+.2%}",
                f"{one['worst_day']:+.2%}", f"{one['lowest_multiple']:.2f}",
                f"{one['call_days']:,.0f}",
            )
            for one in worst.to_dict("records")
        ]  # fmt: skip
        facts = [
            in_both(
                said["worst"],
                first=table["date"].min(), calls=int((table["call_days"] > 0).sum()),
                insolvent=int(table["insolvent"].sum()),
            )
        ]  # fmt: skip
        if self.gaps:
            facts.append(in_both(said["gaps"], n=len(self.gaps)))
        steps = [("report.table", said["table"]), ("print(report.text())", said["text"])]
        heads = [said[name] for name in ("change", "worst_day", "multiple", "calls")]
        return Card(in_both(said["title"], n=len(table)), facts, rows, steps, heads=heads)

    def shown(self) -> pd.DataFrame:
        """Return the table as texts."""
        shown = self.table.copy()
        for name in ("equity_change", "worst_day", "largest_net"):
            shown[name] = shown[name].map("{:+.2%}".format)
        shown["lowest_multiple"] = shown["lowest_multiple"].map("{:.2f}".format)
        shown["stocks_sold"] = shown["stocks_sold"].map("{:,.0f}".format)
        return shown

    def text(self, language: Language = "en") -> str:
        """Return the table for a terminal; its columns are those of ``table``."""
        shown = self.shown()
        shown["scenario"] = [_said(str(name), language) for name in shown["scenario"]]
        gaps = [_said(f"not replayed: {gap}", language) for gap in self.gaps]
        return "\n".join([shown.to_string(index=False), *gaps])


def _called(outcome: "dict[Any, Any]", again: set[str], language: Language) -> str:
    """Return what an outcome is called; one that comes on several days, or was found, is dated."""
    name = str(outcome["scenario"])
    once = name not in again and name in {*(s.name for s in _SCENARIOS), *(h[0] for h in HISTORY)}
    return _said(name, language) if once else f"{outcome['date']} {_said(name, language)}"


def _said(text: str, language: Language) -> str:
    """Return what a scenario, or what could not be replayed, is called."""
    return retold(text, language, "quanthedge.studies.stress", "said")


def default_day(market: Market) -> str:
    """Return the day on which shocks begin when none is named: three quarters into the market."""
    return str(market.dates[len(market.dates) * 3 // 4])


_DAY = len(_SCENARIOS)  # of a day of shocks, in runs


def run_stress(
    strategy: Strategy,
    market: Market,
    dates: Iterable[str] = (),
    *,
    scenarios: Iterable[Scenario] = _SCENARIOS,
    history: bool = True,
    lead_days: int = 60,
) -> StressReport:
    """Run a strategy through shocks, and through the worst weeks of its market.

    Parameters
    ----------
    strategy : Strategy
    market : Market
    dates : iterable of date
        Days on which each scenario begins; trading days.
    scenarios : iterable of Scenario
    history : bool
        Also replay the weeks of `HISTORY` that the market covers; of a market that covers none, its
        own largest fall and rise over 20 trading days.
    lead_days : int
        The fund is begun so many trading days before.

    Raises
    ------
    StrategyError
        When there is nothing to be run.
    LedgerError
        When an identity of the ledger breaks: it is checked on every day of every scenario.

    Examples
    --------
    >>> import quanthedge as qh
    >>> market = qh.sample_market()
    >>> strategy = qh.load_strategy("market_neutral", ["selector.n=30"])
    >>> report = qh.run_stress(strategy, market, ["2015-01-05"], history=False)
    >>> report.table[["scenario", "equity_change", "call_days"]].round(3).head(3)
                    scenario  equity_change  call_days
    0              as it was          0.002          0
    1  index +10% three days          0.006          2
    2  index -10% three days         -0.032          0
    """
    rows, gaps, days = [], [], list(dates)
    weeks = list(_weeks(market, lead_days)) if history else []
    with telling("stress", total=len(days) * _DAY + len(weeks)) as tell:
        for number, date in enumerate(days):
            tell(date, done=number * _DAY)
            rows += _shocked(strategy, market, date, list(scenarios), lead_days)
        for number, (name, start, end) in enumerate(weeks):
            tell(name, done=len(days) * _DAY + number)
            try:
                rows.append(_replayed(strategy, market, name, start, end, lead_days))
            except DataError as problem:
                gaps.append(f"{name}: {problem}")
    outside = [name for name, *_ in HISTORY if history and name not in {week[0] for week in weeks}]
    if outside:
        span = f"{market.dates[0]} to {market.dates[-1]}"
        gaps.append(f"{len(outside)} of {len(HISTORY)} stated spells: outside the market ({span})")
    if not rows:
        why = gaps[0] if gaps else "none was asked for"
        raise StrategyError(
            f"stress: no scenario could be run; give dates inside the market ({why})"
        )
    return StressReport(pd.DataFrame(rows), tuple(gaps))


def _weeks(market: Market, lead_days: int) -> Iterable[tuple[str, str, str]]:
    """Return the stated weeks inside the market, or the market's own worst where none is."""
    first, last = np.datetime64(market.dates[0], "D"), np.datetime64(market.dates[-1], "D")
    met = [
        one for one in HISTORY if np.datetime64(one[1]) <= last and np.datetime64(one[2]) >= first
    ]
    return met or _found_weeks(market, lead_days)


def _found_weeks(market: Market, lead_days: int) -> list[tuple[str, str, str]]:
    """Return the largest fall and rise of the market's mean stock over 20 trading days."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # a day without a single bar
        daily = np.nanmean(market.panel("close") / market.panel("pre_close") - 1.0, axis=1)
    level = np.cumprod(1.0 + np.nan_to_num(daily))
    begin = lead_days + 1
    if len(level) <= begin + _FOUND_DAYS:
        return []
    moves = level[begin + _FOUND_DAYS :] / level[begin:-_FOUND_DAYS] - 1.0
    found = []
    for name, place in (("largest fall", np.argmin(moves)), ("largest rise", np.argmax(moves))):
        start = begin + int(place) + 1
        days = market.dates[start], market.dates[start + _FOUND_DAYS - 1]
        found.append((f"{name} of 20 trading days", str(days[0]), str(days[1])))
    return found


def _shocked(
    strategy: Strategy, market: Market, date: str, scenarios: list[Scenario], lead_days: int
) -> list[dict[str, object]]:
    """Run all scenarios that begin on one day."""
    row = market.day(date)
    begin = row - lead_days
    longest = max(scenario.days for scenario in scenarios)
    if begin < 1 or row + longest > len(market.dates):
        raise DataError(
            f"stress on {date}: needs {lead_days} trading days before and {longest} from it on; "
            f"the market covers {market.dates[0]} to {market.dates[-1]}"
        )
    end = market.dates[row + longest - 1]
    prepared = prepare(strategy, market, str(market.dates[begin]), str(end))
    found = []
    for scenario in scenarios:
        inputs = scenario.shock(prepared.inputs, lead_days)
        record = run_ledger(inputs)
        outcome = _outcome(record, inputs, lead_days, lead_days + scenario.days)
        found.append({"date": str(market.dates[row]), "scenario": scenario.name, **outcome})
    return found


def _replayed(
    strategy: Strategy, market: Market, name: str, start: str, end: str, lead_days: int
) -> dict[str, object]:
    """Run weeks as they were."""
    first, last = market.span(start, end)
    begin = max(1, first - lead_days)
    prepared = prepare(strategy, market, str(market.dates[begin]), str(market.dates[last]))
    record = run_ledger(prepared.inputs)
    outcome = _outcome(record, prepared.inputs, first - begin, last - begin + 1)
    return {"date": str(market.dates[first]), "scenario": name, **outcome}


def _outcome(
    record: LedgerRecord, inputs: LedgerInputs, first: int, stop: int
) -> dict[str, object]:
    """Figures of the days ``first .. stop - 1`` of a span."""
    stop = min(stop, record.days_run)
    days = record.ledger[first:stop]
    before = record.ledger[max(0, first - 1) : stop]
    worth = before[:, layout.EQUITY_] - before[:, layout.ACCRUED_]  # a fee date is no loss of a day
    margin = days[:, layout.MARGIN_]
    held = margin > 0
    multiple = days[held, layout.FUTURES_CASH_] / margin[held]
    trades = record.trades[(record.trades[:, 0] >= first) & (record.trades[:, 0] < stop)]
    refusals = record.refusals[(record.refusals[:, 0] >= first) & (record.refusals[:, 0] < stop)]
    futures = refusals[refusals[:, 1] == layout.FUTURE]
    exposed = np.nan_to_num(days[:, layout.BETA_]) * days[:, layout.STOCK_VALUE_]
    net = (exposed - days[:, layout.NOTIONAL_]) / days[:, layout.EQUITY_]
    reasons = layout.TRADE_REASONS
    cut = trades[trades[:, 12] == reasons.index("margin_cut")]
    sold = trades[trades[:, 12] == reasons.index("cash_cut")]
    return {
        "equity_change": float(worth[-1] / worth[0] - 1.0),
        "worst_day": float((worth[1:] / worth[:-1] - 1.0).min()),
        "lowest_multiple": float(multiple.min()) if multiple.size else float("nan"),
        "call_days": int((multiple < inputs.settings.call_multiple).sum()),
        "lots_cut": int(np.abs(cut[:, 3]).sum()),
        "stocks_sold": float(sold[:, 5].sum()),
        "lots_refused": int((futures[:, 4] - futures[:, 5]).sum()),
        "largest_net": float(net[np.argmax(np.abs(net))]),
        "insolvent": record.insolvent_day is not None,
    }
