"""Corporate actions of the ledger: what holders get on ex-dates, and the tax on dividends."""

from quanthedge.ledger.actions.book import ActionUse, action_book, no_actions, no_tax, tax_book

__all__ = ["ActionUse", "action_book", "no_actions", "no_tax", "tax_book"]
