"""The daily ledger: orders, costs, accounts, margin and fund fees (docs/ledger.md)."""

from quanthedge.ledger import layout
from quanthedge.ledger.ahead import compile_ahead, is_compiled
from quanthedge.ledger.booking import FundBook
from quanthedge.ledger.corporate_actions import ActionUse, TaxRates, action_book, factor_steps
from quanthedge.ledger.dividend_estimate import DividendSteps, TaxedRun
from quanthedge.ledger.engine import LedgerRecord, Reign, run_ledger
from quanthedge.ledger.from_tables import record_from_tables
from quanthedge.ledger.inputs import (
    ActionBook,
    Bars,
    FundNumbers,
    FutureBook,
    LedgerInputs,
    Settings,
    StockBook,
    TaxBook,
    ValuationBook,
)
from quanthedge.ledger.kept import Names
from quanthedge.ledger.lending import lending_book
from quanthedge.ledger.lines import (
    LINES,
    line_names,
    net_flows,
    signed_lines,
)
from quanthedge.ledger.past import Past
from quanthedge.ledger.real_book import RealBook
from quanthedge.ledger.side_by_side import LightRecord
from quanthedge.ledger.sleeves import HedgeBook, SleeveHedge, SleeveTargets, TargetBook
from quanthedge.ledger.state import FundState, LedgerState, opening_state
from quanthedge.ledger.terms import Accounts, Costs, Execution

__all__ = [
    "LINES",
    "Accounts",
    "ActionBook",
    "ActionUse",
    "Bars",
    "Costs",
    "DividendSteps",
    "Execution",
    "FundBook",
    "FundNumbers",
    "FundState",
    "FutureBook",
    "HedgeBook",
    "LedgerInputs",
    "LedgerRecord",
    "LedgerState",
    "LightRecord",
    "Names",
    "Past",
    "RealBook",
    "Reign",
    "Settings",
    "SleeveHedge",
    "SleeveTargets",
    "StockBook",
    "TargetBook",
    "TaxBook",
    "TaxRates",
    "TaxedRun",
    "ValuationBook",
    "action_book",
    "compile_ahead",
    "factor_steps",
    "is_compiled",
    "layout",
    "lending_book",
    "line_names",
    "net_flows",
    "opening_state",
    "record_from_tables",
    "run_ledger",
    "signed_lines",
]
