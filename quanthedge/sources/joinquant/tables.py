"""JoinQuant's functions as data: columns, units, and what is made of statements."""

from quanthedge.sources.vendors.columns import VendorTable, code, date, number, text
from quanthedge.sources.vendors.statement_items import reported_items
from quanthedge.sources.vendors.statements import Statement

_TEN_THOUSAND, _PER_TEN, _PERCENT = 1e4, 0.1, 0.01
INDEX = ("", "__index_level_0__", "index")  # how a frame's index is called after saving
PRICE = VendorTable(
    ("get_price",),
    (
        code("security", "code", "security", "stock_code"),
        date("date", "time", "date", "day", *INDEX),
        *(number(name) for name in ("open", "high", "low", "close")),
        number("volume"),
        number("amount", "money"),
        number("factor", needed=False),
        number("pre_close", needed=False),
        number("open_interest", needed=False),
        number("limit_up", "high_limit", needed=False),
        number("limit_down", "low_limit", needed=False),
    ),
    ("code", "date"),
    named="code",
)
LISTING = VendorTable(
    ("get_all_securities",),
    (code("security", "code", *INDEX), date("start_date"), date("end_date")),
    ("code",),
)
CALENDAR = VendorTable(
    ("get_all_trade_days", "get_trade_days"), (date("date", "date", "0", "trade_date"),), ("date",)
)
VALUATION = VendorTable(
    ("get_valuation", "valuation", "get_fundamentals_valuation"),
    (code("stock", "code"), date("date", "day", "date"),
     number("total_shares", "capitalization", factor=_TEN_THOUSAND),
     number("float_shares", "circulating_cap", factor=_TEN_THOUSAND)),
    ("code", "date"),
)  # fmt: skip
MEMBERS = VendorTable(
    ("get_index_stocks", "get_index_weights"),
    (
        code("index", "index_code"),
        code("stock", "code", *INDEX),
        date("date"),
        number("weight", factor=_PERCENT, needed=False),
    ),
    ("index_code", "date", "code"),
    named="index_code",
)
INDUSTRY = VendorTable(
    ("industry_sw_l1",),
    (code("stock", "code"), date("date"), text("industry", "industry_code"),
     text("name_zh", "industry_name")),
    ("date", "code"),
)  # fmt: skip
DIVIDEND = VendorTable(
    ("STK_XR_XD", "get_STK_XR_XD"),
    (
        code("stock", "code"),
        date("period_end", "report_date", needed=False),
        text("progress", "plan_progress", needed=False),
        number("cash_per_share", "bonus_ratio_rmb", factor=_PER_TEN),
        number("bonus_per_share", "dividend_ratio", factor=_PER_TEN),
        number("bonus_per_share_and_transfer", "transfer_ratio", factor=_PER_TEN),
        number("stock_dividend_per_share", "dividend_ratio", factor=_PER_TEN),
        date("announce_date", "implementation_pub_date"),
        date("record_date", "a_registration_date"),
        date("ex_date", "a_xr_date"),
        date("pay_date", "a_bonus_date"),
    ),
    ("code", "ex_date", "period_end"),
)
_REPORT = (
    code("stock", "code"), date("known_date", "pubDate"), date("period_end", "statDate"),
)  # fmt: skip
_KEY = ("code", "known_date", "period_end")


def _statement(name: str, *items: str) -> VendorTable:
    fields = tuple(number(item, needed=False) for item in items)
    return VendorTable((name, f"get_fundamentals_{name}"), (*_REPORT, *fields), _KEY)


STATEMENTS = {
    "income": (
        _statement("income", "np_parent_company_owners", "total_operating_revenue"),
        Statement(
            {},
            {"np_parent_company_owners": "net_profit", "total_operating_revenue": "revenue"},
            "single",
        ),
    ),
    "balance": (
        _statement("balance", "equities_parent_company_owners", "total_assets", "total_liability"),
        Statement(
            {"equities_parent_company_owners": "book_equity", "total_assets": "total_assets",
             "total_liability": "total_liab"},
            {},
        ),
    ),
    "cash_flow": (
        _statement("cash_flow", "net_operate_cash_flow"),
        Statement({}, {"net_operate_cash_flow": "operating_cash_flow"}, "single"),
    ),
}  # fmt: skip
# Our items of the table statements, by the columns of the tables of whole reports.
REPORTED = reported_items(
    "joinquant",
    {
        "STK_INCOME_STATEMENT": "income",
        "STK_BALANCE_SHEET": "balance",
        "STK_CASHFLOW_STATEMENT": "cash flow",
    },
)
WHOLE_REPORTS = tuple(
    VendorTable(
        (name, f"get_{name}"),
        (code("stock", "code"), date("known_date", "pub_date"), date("period_end", "end_date"),
         number("report_type", needed=False), *(number(item, needed=False) for item in items)),
        ("code", "known_date", "period_end", "report_type"),
    )
    for name, items in REPORTED.items()
)  # fmt: skip
SW_PRICE = VendorTable(
    ("SW1_DAILY_PRICE", "get_SW1_DAILY_PRICE"),
    (text("code", "code"), date("date"), text("name", needed=False),
     *(number(name) for name in ("open", "high", "low", "close"))),
    ("code", "date"),
)  # fmt: skip
IS_ST, SETTLE, POSITIONS = (
    f"get_extras_{name}" for name in ("is_st", "futures_sett_price", "futures_positions")
)
EVERY = (
    PRICE, LISTING, CALENDAR, VALUATION, MEMBERS, INDUSTRY, DIVIDEND,
    *(table for table, _ in STATEMENTS.values()), *WHOLE_REPORTS, SW_PRICE,
)  # fmt: skip
