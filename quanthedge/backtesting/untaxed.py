"""The tax on dividends that a run does not levy, said with its size.

Who pays what: from private funds and asset-management products nothing is withheld; public
securities funds pay by holding period (``quanthedge.rules.dividend_tax``). Formula and how good the
estimate is: docs/costs.md.
"""

import numpy as np

from quanthedge.backtesting.narrative import note
from quanthedge.backtesting.plan import Prepared
from quanthedge.ledger import (
    DividendSteps,
    LedgerRecord,
    TaxedRun,
    TaxRates,
    dividend_steps,
    layout,
    replayed_tax,
)
from quanthedge.rules import CALENDAR_DAYS_A_YEAR, dividend_tax
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
        found = _replayed(prepared, record, nothing, nothing)
        return [_sized("dividend_tax_estimate", found, prepared, record)]
    if prepared.strategy.costs.dividend_tax == "none":
        found = _replayed(prepared, record, book.cash, use.stock_dividend)
        return [_sized("dividend_tax_none", found, prepared, record)]
    rest = _replayed(prepared, record, nothing, nothing)
    split = _replayed(prepared, record, nothing, use.unknown_split, by_factor=False)
    return [
        _sized(kind, found, prepared, record)
        for kind, found in (("dividend_tax_rest", rest), ("split_unknown", split))
        if found.tax > _LEAST_YUAN
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


def _replayed(
    prepared: Prepared,
    record: LedgerRecord,
    cash: Floats,
    profit: Floats,
    by_factor: bool = True,
) -> TaxedRun:
    """Replay the run's trades with the given dividends of the table, and those of the factor."""
    market, first, days = prepared.market, prepared.first, record.days_run
    trades = record.trades
    stocks = np.unique(trades[trades[:, 1] == layout.STOCK, 2]).astype(np.int64)
    mark = market.panel("mark")[first - 1 : first + prepared.dates.size - 1]
    actions = prepared.actions
    steps = dividend_steps(actions.book, actions.adj_factor, mark, stocks, cash, profit)
    if not by_factor:
        steps = steps._replace(cash=np.zeros(steps.day.size))
    steps = steps.at(steps.day < days)
    if not steps.day.size:
        return TaxedRun(0.0, 0.0, 0.0)
    return replayed_tax(trades, steps, _rates(prepared, steps), prepared.dates)


def _rates(prepared: Prepared, steps: DividendSteps) -> TaxRates:
    """Return a public fund's rates on the trading day before each ex-date."""
    days = np.unique(prepared.dates[steps.day])
    tax = dividend_tax("public securities fund", days)
    rates = (np.ascontiguousarray(tax.rate[:, k]) for k in range(3))
    return TaxRates(days, np.ascontiguousarray(tax.at_payment[:, 0]), *rates)
