"""The daily ledger: orders, costs, accounts, margin and fund fees (docs/ledger.md)."""

from quanthedge.ledger.corporate_actions import (
    ActionUse,
    TaxRates,
    action_book,
    no_actions,
    no_tax,
    record_days,
)
from quanthedge.ledger.dividend_estimate import (
    DividendSteps,
    TaxedRun,
    dividend_steps,
    replayed_tax,
)
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
from quanthedge.ledger.layout import HALF_TICK
from quanthedge.ledger.terms import Accounts, Costs, Execution

__all__ = [
    "HALF_TICK",
    "Accounts",
    "ActionBook",
    "ActionUse",
    "Bars",
    "Costs",
    "DividendSteps",
    "Execution",
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
    "TaxRates",
    "TaxedRun",
    "ValuationBook",
    "action_book",
    "dividend_steps",
    "ledger_tables",
    "no_actions",
    "no_tax",
    "record_days",
    "replayed_tax",
    "run_ledger",
]
