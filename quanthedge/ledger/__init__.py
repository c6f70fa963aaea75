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
from quanthedge.ledger.engine import LedgerRecord, ledger_tables, run_ledger
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
from quanthedge.ledger.lines import (
    COST_LINES,
    FLOW_LINES,
    FUND_FEES,
    LINES,
    PROFIT_LINES,
    TRADE_COSTS,
    Line,
    net_flows,
    signed_lines,
)
from quanthedge.ledger.state import LedgerState
from quanthedge.ledger.terms import Accounts, Costs, Execution

__all__ = [
    "COST_LINES",
    "FLOW_LINES",
    "FUND_FEES",
    "HALF_TICK",
    "LINES",
    "PROFIT_LINES",
    "TRADE_COSTS",
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
    "Line",
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
    "net_flows",
    "no_actions",
    "no_tax",
    "record_days",
    "replayed_tax",
    "run_ledger",
    "signed_lines",
]
