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

__all__ = [
    "ActionUse",
    "TaxRates",
    "action_book",
    "listing_order",
    "no_actions",
    "no_tax",
    "record_days",
]
