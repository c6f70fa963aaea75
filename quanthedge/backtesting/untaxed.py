"""The tax on dividends that a run does not levy, said with its size.

Who pays what: from private funds and asset-management products nothing is withheld; public
securities funds pay by holding period (``quanthedge.rules.dividend_tax``). Formula and how good the
estimate is: docs/costs.md.
"""

import numpy as np

from quanthedge.backtesting.narrative import note
from quanthedge.backtesting.plan import Prepared
from quanthedge.ledger import DividendSteps, LedgerRecord, TaxedRun, TaxRates, layout
from quanthedge.rules import CALENDAR_DAYS_A_YEAR
from quanthedge.typing import Floats
from quanthedge.words import Bilingual

__all__ = ["untaxed_notes"]

_LEAST_YUAN = 0.5  # what is less is not worth a sentence


def untaxed_notes(prepared: Prepared, record: LedgerRecord) -> list[Bilingual]:
    """Return notes on the tax that a public fund would have paid and this run does not levy.

    Parameters
    ----------
    prepared, record
        The run.
    """
    use, book = prepared.actions.use, prepared.actions.book
    nothing = np.zeros(book.stock.size)
    if use is None:
        steps = _steps(prepared, record, nothing, nothing)
        found = _replayed(prepared, record, steps)
        return [_sized("dividend_tax_estimate", found, prepared, record)]
    if prepared.strategy.costs.dividend_tax == "none":
        steps = _steps(prepared, record, book.cash, use.stock_dividend)
        found = _replayed(prepared, record, steps)
        return [_sized("dividend_tax_none", found, prepared, record)]
    both = _steps(prepared, record, nothing, use.unknown_split)
    none = np.zeros(both.day.size)
    each = {
        "dividend_tax_rest": _replayed(prepared, record, both._replace(profit=none)),
        "split_unknown": _replayed(prepared, record, both._replace(cash=none)),
    }
    return [
        _sized(kind, run, prepared, record) for kind, run in each.items() if run.tax > _LEAST_YUAN
    ]


def _sized(kind: str, found: TaxedRun, prepared: Prepared, record: LedgerRecord) -> Bilingual:
    """Return the note with dividends, tax, and the tax a year as part of mean equity."""
    days, dates = record.days_run, prepared.dates
    years = float((dates[days] - dates[0]).astype(np.int64)) / CALENDAR_DAYS_A_YEAR
    equity = float(record.ledger[:days, layout.EQUITY_].mean())
    rate = found.tax / equity / years if equity > 0.0 else float("nan")
    return note(
        kind, dividends=f"{found.dividends:,.0f}", tax=f"{found.tax:,.0f}", rate=f"{rate:.2%}"
    )


def _steps(prepared: Prepared, record: LedgerRecord, cash: Floats, profit: Floats) -> DividendSteps:
    """Return what the run's stocks paid: as given by action of the table, and by the factor."""
    market, first, trades = prepared.market, prepared.first, record.trades
    stocks = np.unique(trades[trades[:, 1] == layout.STOCK, 2]).astype(np.int64)
    mark = market.panel("mark")[first - 1 : first + prepared.dates.size - 1]
    actions = prepared.actions
    steps = DividendSteps.of(actions.book, actions.adj_factor, mark, stocks, cash, profit)
    return steps.at(steps.day < record.days_run)


def _replayed(prepared: Prepared, record: LedgerRecord, steps: DividendSteps) -> TaxedRun:
    """Replay the run's trades with dividends."""
    if not steps.day.size:
        return TaxedRun(0.0, 0.0, 0.0)
    return steps.replayed(record.trades, _rates(prepared, steps), prepared.dates)


def _rates(prepared: Prepared, steps: DividendSteps) -> TaxRates:
    """Return a public fund's rates on the trading day before each ex-date."""
    return TaxRates.of_public_funds(np.unique(prepared.dates[steps.day]))
