"""Where things stand in the ledger's arrays: state, daily columns, reasons, kinds and sides."""

from quanthedge.ledger.lines import LINES
from quanthedge.rules import TICK

# Positions in the state's scalars: the fund's ..
STOCK_CASH, FUTURES_CASH, PAYABLE, MARK_TICKS, EQUITY, RAISE_CASH, UNITS = range(7)
STATUS, STATUS_DAY, LOAN, LOAN_TARGET, OWED, OWED_DUE, SERVICE_BASE, REVALUATION, ACCRUED = range(
    7, 16
)
PLEDGED = 16
# .. and from OWN on those of the sleeve whose turn it is; between turns the sums of all sleeves.
OWN = 17
DAYS_LEFT, MARGIN_CUT, NEXT_REBALANCE, STOCK_VALUE, RECEIVABLE, UNFINISHED, LOT_DAYS_LEFT = range(
    OWN, OWN + 7
)
SLEEVE_CASH, LENT, LEG_RATIO = OWN + 7, OWN + 8, OWN + 9
N_SCALARS = OWN + 10

# Status of a run.
OK, INSOLVENT, BROKEN_IDENTITY, NEGATIVE_SHARES, NEGATIVE_CASH, UNPAID_MARGIN, NO_SETTLEMENT = (
    range(7)
)

# Columns of the daily ledger: what stands at the close, the lines of money, what is shown beside.
COLUMNS = (
    "equity", "stock_value", "stock_cash", "futures_cash", "dividends_receivable", "fees_payable",
    "loan", "redemptions_payable", "revaluation", "stocks_borrowed", "cash_pledged",
    *(line.name for line in LINES),
    "bought", "sold", "contract", "lots", "futures_notional", "margin_required", "book_beta",
    "names",
    "units", "unit_value", "unit_value_before_accrual", "high_water_mark",
    "accrued_performance_fee", "accrued_fee_at_open",
)  # fmt: skip


def column(name: str) -> int:
    """Return the place of a column of the daily ledger."""
    return COLUMNS.index(name)


EQUITY_ = column("equity")
STOCK_VALUE_ = column("stock_value")
STOCK_CASH_ = column("stock_cash")
FUTURES_CASH_ = column("futures_cash")
RECEIVABLE_ = column("dividends_receivable")
PAYABLE_ = column("fees_payable")
LOAN_ = column("loan")
OWED_ = column("redemptions_payable")
REVALUATION_ = column("revaluation")
LENT_ = column("stocks_borrowed")
PLEDGED_ = column("cash_pledged")
STOCK_PNL_ = column("stock_pnl")
HELD_PNL_ = column("held_pnl")
DIVIDENDS_ = column("dividends")
FUTURES_PNL_ = column("futures_pnl")
INTEREST_ = column("interest")
COMMISSION_ = column("commission")
STAMP_ = column("stamp_duty")
TRANSFER_ = column("transfer_fee")
EXCHANGE_ = column("exchange_fee")
FUTURES_FEE_ = column("futures_fee")
IMPACT_ = column("impact")
DIVIDEND_TAX_ = column("dividend_tax")
LOAN_INTEREST_ = column("loan_interest")
LENDING_FEE_ = column("lending_fee")
MANAGEMENT_ = column("management_fee")
CUSTODY_ = column("custody_fee")
SERVICE_ = column("service_fee")
AUDIT_ = column("audit_fee")
PERFORMANCE_ = column("performance_fee")
SUBSCRIPTIONS_ = column("subscriptions")
REDEMPTIONS_ = column("redemptions")
DISTRIBUTIONS_ = column("distributions")
BOUGHT_ = column("bought")
SOLD_ = column("sold")
CONTRACT_ = column("contract")
LOTS_ = column("lots")
NOTIONAL_ = column("futures_notional")
MARGIN_ = column("margin_required")
BETA_ = column("book_beta")
NAMES_ = column("names")
UNITS_ = column("units")
UNIT_VALUE_ = column("unit_value")
BEFORE_ACCRUAL_ = column("unit_value_before_accrual")
HWM_ = column("high_water_mark")
ACCRUED_ = column("accrued_performance_fee")
OPEN_ACCRUED_ = column("accrued_fee_at_open")

# The day's change of equity is the sum of sign x line, from the first line on.
FIRST_LINE = column(LINES[0].name)
SIGNS = tuple(float(line.sign) for line in LINES)

# Columns of a trade's row; the costs are lines of money.
TRADE_COLUMNS = (
    "day", "kind", "index", "quantity", "price", "amount", "commission", "stamp_duty",
    "transfer_fee", "exchange_fee", "futures_fee", "impact", "reason", "dividend_tax", "sleeve",
)  # fmt: skip

# Reasons of trades, reasons of refusals, kinds and sides: positions in the tuples below.
TRADE_REASONS = (
    "rebalance", "retry", "hedge", "roll", "delivery", "delisting", "cash_cut", "margin_cut",
    "rights", "flow", "proceeds",
)  # fmt: skip
(
    REBALANCE, RETRY, HEDGE, ROLL, DELIVERY, DELISTING, CASH_CUT, MARGIN_CUT_TRADE, RIGHTS, FLOW,
    PROCEEDS,
) = range(11)  # fmt: skip
REFUSAL_REASONS = (
    "suspended", "limit_up", "limit_down", "volume", "cash", "lot", "margin", "no_price",
    "position_limit", "open_limit", "limit_unknown", "not_listed", "auction", "other_leg",
    "not_lendable",
)  # fmt: skip
(
    SUSPENDED, LIMIT_UP, LIMIT_DOWN, VOLUME, CASH, LOT, MARGIN, NO_PRICE, POSITION_LIMIT,
    OPEN_LIMIT, LIMIT_UNKNOWN, NOT_LISTED, AUCTION, OTHER_LEG, NOT_LENDABLE,
) = range(15)  # fmt: skip
DONE = -1
STOCK, FUTURE = 0, 1
BUY, SELL = 1, -1
FILL_OPEN, FILL_VWAP, FILL_CLOSE = 0, 1, 2
SAME_AUCTION, AFTER_FILL, NEXT_DAY = 0, 1, 2
BOTTOM_UP, TOP_DOWN, _FIXED, GIVEN, STATED = 0, 1, 2, 3, 4
HALF_TICK = TICK / 2
SMALLEST_DEBT = 1e-6  # yuan
