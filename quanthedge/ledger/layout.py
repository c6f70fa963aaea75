"""Where things stand in the ledger's arrays: state, daily columns, reasons, kinds and sides."""

from quanthedge.rules import TICK

# Positions in the state's scalars.
STOCK_CASH, FUTURES_CASH, PAYABLE, DAYS_LEFT, MARK_TICKS, EQUITY, RAISE_CASH = range(7)
MARGIN_CUT, NEXT_REBALANCE, UNITS, STATUS, STATUS_DAY, STOCK_VALUE, RECEIVABLE = range(7, 14)
UNFINISHED, LOAN, LOAN_TARGET, OWED, OWED_DUE, SERVICE_BASE, REVALUATION, ACCRUED = range(14, 22)
N_SCALARS = 22

# Status of a run.
OK, INSOLVENT, BROKEN_IDENTITY, NEGATIVE_SHARES, NEGATIVE_CASH, UNPAID_MARGIN, NO_SETTLEMENT = (
    range(7)
)

# Columns of the daily ledger.
COLUMNS = (
    "equity", "stock_value", "stock_cash", "futures_cash", "dividends_receivable", "fees_payable",
    "loan", "redemptions_payable", "revaluation",
    "stock_pnl", "held_pnl", "dividends", "futures_pnl", "interest",
    "commission", "stamp_duty", "transfer_fee", "exchange_fee", "futures_fee", "impact",
    "dividend_tax", "loan_interest",
    "management_fee", "custody_fee", "service_fee", "audit_fee", "performance_fee",
    "subscriptions", "redemptions", "distributions",
    "bought", "sold", "contract", "lots", "futures_notional", "margin_required", "book_beta",
    "names",
    "units", "unit_value", "unit_value_before_accrual", "high_water_mark",
    "accrued_performance_fee", "accrued_fee_at_open",
)  # fmt: skip
(
    EQUITY_, STOCK_VALUE_, STOCK_CASH_, FUTURES_CASH_, RECEIVABLE_, PAYABLE_, LOAN_,
    OWED_, REVALUATION_,
    STOCK_PNL_, HELD_PNL_, DIVIDENDS_, FUTURES_PNL_, INTEREST_,
    COMMISSION_, STAMP_, TRANSFER_, EXCHANGE_, FUTURES_FEE_, IMPACT_, DIVIDEND_TAX_,
    LOAN_INTEREST_,
    MANAGEMENT_, CUSTODY_, SERVICE_, AUDIT_, PERFORMANCE_,
    SUBSCRIPTIONS_, REDEMPTIONS_, DISTRIBUTIONS_,
    BOUGHT_, SOLD_, CONTRACT_, LOTS_, NOTIONAL_, MARGIN_, BETA_, NAMES_,
    UNITS_, UNIT_VALUE_, BEFORE_ACCRUAL_, HWM_, ACCRUED_, OPEN_ACCRUED_,
) = range(44)  # fmt: skip

FUND_FEES = ("management_fee", "custody_fee", "service_fee", "audit_fee", "performance_fee")

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
    "position_limit", "open_limit", "limit_unknown", "not_listed", "auction",
)  # fmt: skip
(
    SUSPENDED, LIMIT_UP, LIMIT_DOWN, VOLUME, CASH, LOT, MARGIN, NO_PRICE, POSITION_LIMIT,
    OPEN_LIMIT, LIMIT_UNKNOWN, NOT_LISTED, AUCTION,
) = range(13)  # fmt: skip
DONE = -1
STOCK, FUTURE = 0, 1
BUY, SELL = 1, -1
FILL_OPEN, FILL_VWAP, FILL_CLOSE = 0, 1, 2
SAME_AUCTION, AFTER_FILL, NEXT_DAY = 0, 1, 2
BOTTOM_UP, TOP_DOWN, FIXED, GIVEN = 0, 1, 2, 3
HALF_TICK = TICK / 2
SMALLEST_DEBT = 1e-6  # yuan
