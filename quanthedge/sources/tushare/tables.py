"""Tushare's interfaces as data: columns, units, and what is made of statements."""

from quanthedge.sources.vendors.columns import (
    VendorTable,
    code,
    date,
    number,
    text,
)
from quanthedge.sources.vendors.statement_items import reported_items
from quanthedge.sources.vendors.statements import Statement

LOT, _THOUSAND, _TEN_THOUSAND, _PERCENT = 100.0, 1e3, 1e4, 0.01
_STOCK, _DAY = code("stock", "ts_code"), date("date", "trade_date")
_OHLC = tuple(number(name) for name in ("open", "high", "low", "close"))

DAILY = VendorTable(
    ("daily",),
    (_STOCK, _DAY, *_OHLC, number("pre_close"), number("volume", "vol", factor=LOT),
     number("amount", factor=_THOUSAND)),
    ("code", "date"),
)  # fmt: skip
ADJ_FACTOR = VendorTable(("adj_factor",), (_STOCK, _DAY, number("adj_factor")), ("code", "date"))
DAILY_BASIC = VendorTable(
    ("daily_basic",),
    (_STOCK, _DAY, number("total_shares", "total_share", factor=_TEN_THOUSAND),
     number("float_shares", "float_share", factor=_TEN_THOUSAND)),
    ("code", "date"),
)  # fmt: skip
STOCK_BASIC = VendorTable(
    ("stock_basic",),
    (_STOCK, date("list_date"), date("delist_date", needed=False)),
    ("code",),
)
TRADE_CAL = VendorTable(
    ("trade_cal",),
    (text("exchange", needed=False), date("date", "cal_date"), number("is_open")),
    ("exchange", "date"),
)
NAMECHANGE = VendorTable(
    ("namechange",),
    (_STOCK, text("name"), date("start", "start_date"), date("end", "end_date"),
     date("announced", "ann_date", needed=False)),
    ("code", "start", "end", "name", "announced"),
)  # fmt: skip
INDEX_DAILY = VendorTable(
    ("index_daily",),
    (code("index", "ts_code"), _DAY, *_OHLC, number("volume", "vol", factor=LOT),
     number("amount", factor=_THOUSAND)),
    ("index_code", "date"),
)  # fmt: skip
INDEX_WEIGHT = VendorTable(
    ("index_weight",),
    (
        code("index", "index_code"),
        code("stock", "con_code"),
        _DAY,
        number("weight", factor=_PERCENT, needed=False),
    ),
    ("index_code", "date", "code"),
)
INDUSTRY = VendorTable(
    ("index_member_all",),
    (_STOCK, text("industry", "l1_code"), text("name_zh", "l1_name"), date("start", "in_date"),
     date("out", "out_date", needed=False)),
    ("code", "start", "out", "industry"),
)  # fmt: skip
FUT_BASIC = VendorTable(
    ("fut_basic",),
    (code("contract", "ts_code"), date("last_trading_day", "delist_date")),
    ("contract",),
)
FUT_DAILY = VendorTable(
    ("fut_daily",),
    (code("contract", "ts_code"), _DAY, *_OHLC, number("settle"), number("volume", "vol"),
     number("amount", factor=_TEN_THOUSAND), number("open_interest", "oi"),
     number("pre_settle", needed=False)),
    ("contract", "date"),
)  # fmt: skip
DIVIDEND = VendorTable(
    ("dividend",),
    (_STOCK, date("period_end", "end_date", needed=False), text("progress", "div_proc"),
     number("cash_per_share", "cash_div_tax"), number("bonus_per_share", "stk_div"),
     number("stock_dividend_per_share", "stk_bo_rate", needed=False),
     date("record_date"), date("ex_date"), date("pay_date"),
     date("list_date", "div_listdate", needed=False),
     date("implemented", "imp_ann_date", needed=False), date("announced", "ann_date")),
    ("code", "ex_date", "period_end", "progress", "announced"),
)  # fmt: skip
SHIBOR = VendorTable(("shibor",), (date("date"), number("rate", "on", factor=_PERCENT)), ("date",))

_REPORT = (
    _STOCK,
    date("announced", "ann_date"),
    date("known_date", "f_ann_date", needed=False),
    date("period_end", "end_date"),
    text("report_type", needed=False),
    number("update_flag", needed=False),
)
_REPORT_KEY = ("code", "period_end", "known_date", "announced", "report_type", "update_flag")
RANK = {"1": 3.0, "5": 2.0, "4": 1.0}  # which version counts, of several of one day


def _statement(name: str, *items: str) -> VendorTable:
    fields = tuple(number(item, needed=False) for item in items)
    return VendorTable((name, f"{name}_vip"), (*_REPORT, *fields), _REPORT_KEY)


STATEMENTS: dict[str, tuple[VendorTable, Statement]] = {
    "income": (
        _statement(
            "income", "n_income_attr_p", "total_revenue", "revenue", "operate_profit",
            "total_profit", "n_income", "basic_eps", "rd_exp", "oper_cost", "sell_exp", "admin_exp",
        ),
        Statement(
            {"operate_profit": "operate_profit_cum", "total_profit": "total_profit_cum",
             "n_income": "net_profit_with_minorities_cum", "basic_eps": "basic_eps_cum",
             "rd_exp": "rd_expense_cum", "revenue": "operating_revenue_cum"},
            {"n_income_attr_p": "net_profit", "total_revenue": "revenue"},
        ),
    ),
    "balancesheet": (
        _statement(
            "balancesheet", "total_hldr_eqy_exc_min_int", "total_assets", "total_liab",
            "total_share", "money_cap", "accounts_receiv", "inventories", "total_cur_assets",
            "fix_assets", "goodwill", "lt_borr", "st_borr", "cap_rese", "total_cur_liab",
            "bond_payable",
        ),
        Statement(
            {"total_hldr_eqy_exc_min_int": "book_equity",
             **{item: item for item in (
                 "total_assets", "total_liab", "total_share", "money_cap", "accounts_receiv",
                 "inventories", "total_cur_assets", "fix_assets", "goodwill", "lt_borr", "st_borr",
                 "cap_rese")}},
            {},
        ),
    ),
    "cashflow": (
        _statement(
            "cashflow", "n_cashflow_act", "n_cashflow_inv_act", "n_cash_flows_fnc_act",
            "free_cashflow", "c_pay_acq_const_fiolta",
        ),
        Statement(
            {item: f"{item}_cum" for item in (
                "n_cashflow_act", "n_cashflow_inv_act", "n_cash_flows_fnc_act", "free_cashflow")},
            {"n_cashflow_act": "operating_cash_flow"},
        ),
    ),
    "fina_indicator": (
        _statement(
            "fina_indicator", "roe", "roa", "debt_to_assets", "ebit", "invest_capital", "fcff_ps",
            "eps", "dt_eps", "bps", "ocfps", "netprofit_margin", "grossprofit_margin",
        ),
        Statement(
            {"roe": "roe_cum_pct", "roa": "roa_cum_pct", "debt_to_assets": "debt_to_assets_pct",
             "ebit": "ebit", "invest_capital": "invested_capital", "fcff_ps": "fcff_ps",
             "eps": "eps_cum", "dt_eps": "diluted_eps_cum", "bps": "bps", "ocfps": "ocfps_cum",
             "netprofit_margin": "net_margin_cum_pct",
             "grossprofit_margin": "gross_margin_cum_pct"},
            {},
        ),
    ),
}  # fmt: skip
# Our items of the table statements.
REPORTED = reported_items(
    "tushare", {"income": "income", "balancesheet": "balance", "cashflow": "cash flow"}
)
YIELD_CURVE = VendorTable(
    ("yc_cb",),
    (_DAY, text("curve", "ts_code", needed=False), text("kind", "curve_type"),
     number("years", "curve_term"), number("rate", "yield", factor=_PERCENT)),
    ("date", "curve", "kind", "years"),
)  # fmt: skip
_LEVELS = (text("code", "ts_code"), _DAY, *_OHLC, text("name", needed=False))
SW_DAILY = VendorTable(("sw_daily",), _LEVELS, ("code", "date"))
CI_DAILY = VendorTable(("ci_daily",), _LEVELS, ("code", "date"))
FUND_PORTFOLIO = VendorTable(
    ("fund_portfolio",),
    (text("fund", "ts_code"), code("stock", "symbol"), date("period_end", "end_date"),
     number("value_held", "mkv"), number("shares_held", "amount")),
    ("fund", "code", "period_end"),
)  # fmt: skip
REPORT_RC = VendorTable(
    ("report_rc",),
    (_STOCK, date("known_date", "report_date"), text("broker", "org_name"), text("quarter"),
     number("net_profit", "np", factor=_TEN_THOUSAND),
     number("revenue", "op_rt", factor=_TEN_THOUSAND, needed=False),
     number("earnings_per_share", "eps", needed=False),
     text("title", "report_title", needed=False), text("author", "author_name", needed=False)),
    ("code", "known_date", "broker", "quarter", "title", "author"),
)  # fmt: skip
OTHERS = (
    DAILY, ADJ_FACTOR, DAILY_BASIC, STOCK_BASIC, TRADE_CAL, NAMECHANGE, INDEX_DAILY, INDEX_WEIGHT,
    INDUSTRY, FUT_BASIC, FUT_DAILY, DIVIDEND, SHIBOR, YIELD_CURVE, SW_DAILY, CI_DAILY,
    FUND_PORTFOLIO, REPORT_RC,
)  # fmt: skip
WHY_UNUSED = {
    "stk_limit": "the day's limits follow from the rule book",
    "suspend_d": "a day without a bar is a suspension",
    "fut_mapping": "real contracts only, no continuous series",
}
MARKS = {table.files[0] for table in OTHERS} - {"index_daily"} | {"stk_limit", "suspend_d"}
