"""The daily ledger: orders, costs, accounts, margin and fund fees (docs/ledger.md)."""

from quanthedge.ledger.engine import LedgerRecord, LedgerState, ledger_tables, run_ledger
from quanthedge.ledger.inputs import (
    Bars,
    FundNumbers,
    FutureBook,
    LedgerInputs,
    Settings,
    StockBook,
    TargetBook,
)

__all__ = [
    "Bars",
    "FundNumbers",
    "FutureBook",
    "LedgerInputs",
    "LedgerRecord",
    "LedgerState",
    "Settings",
    "StockBook",
    "TargetBook",
    "ledger_tables",
    "run_ledger",
]
