"""The daily ledger: orders, costs, accounts, margin and fund fees (docs/ledger.md)."""

from quanthedge.ledger.engine import LedgerRecord, LedgerState, ledger_tables, run_ledger
from quanthedge.ledger.inputs import (
    ActionBook,
    Bars,
    FundNumbers,
    FutureBook,
    HedgeBook,
    LedgerInputs,
    Settings,
    StockBook,
    TargetBook,
    TaxBook,
    ValuationBook,
)

__all__ = [
    "ActionBook",
    "Bars",
    "FundNumbers",
    "FutureBook",
    "HedgeBook",
    "LedgerInputs",
    "LedgerRecord",
    "LedgerState",
    "Settings",
    "StockBook",
    "TargetBook",
    "TaxBook",
    "ValuationBook",
    "ledger_tables",
    "run_ledger",
]
