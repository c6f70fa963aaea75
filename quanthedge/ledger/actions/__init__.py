"""Corporate actions of the ledger: what holders get on ex-dates, and the tax on dividends."""

from quanthedge.ledger.actions.book import (
    ActionUse,
    TaxRates,
    action_book,
    listing_order,
    no_actions,
    no_tax,
    record_days,
)
from quanthedge.ledger.actions.estimate import (
    DividendSteps,
    TaxedRun,
    cash_in_step,
    dividend_steps,
    replayed_tax,
)

__all__ = [
    "ActionUse",
    "DividendSteps",
    "TaxRates",
    "TaxedRun",
    "action_book",
    "cash_in_step",
    "dividend_steps",
    "listing_order",
    "no_actions",
    "no_tax",
    "record_days",
    "replayed_tax",
]
