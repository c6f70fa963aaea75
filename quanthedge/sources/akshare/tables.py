"""AkShare's functions as data: columns and units."""

from quanthedge.sources.vendors.columns import VendorTable, code, date, number, text
from quanthedge.sources.vendors.forecasts import YEARS
from quanthedge.sources.vendors.statement_items import reported_items

LOT, _TEN_THOUSAND, _PER_TEN, _PERCENT = 100.0, 1e4, 0.1, 0.01
_CHINESE = (
    number("open", "开盘"), number("high", "最高"), number("low", "最低"), number("close", "收盘"),
    number("volume", "成交量", factor=LOT), number("amount", "成交额"),
)  # fmt: skip
_OHLCV = tuple(number(name) for name in ("open", "high", "low", "close", "volume"))
_CODE = code("stock", "股票代码", "代码", "code", "symbol")
_ADJUST = text("adjust", needed=False)


def _adjustable(name: str) -> tuple[str, ...]:
    return (name, f"{name}_qfq", f"{name}_hfq")


HIST = VendorTable(
    _adjustable("stock_zh_a_hist"), (_CODE, date("date", "日期"), *_CHINESE, _ADJUST),
    ("code", "date", "adjust"), named="code", adjusted=True,
)  # fmt: skip
SINA = VendorTable(
    _adjustable("stock_zh_a_daily"),
    (_CODE, date("date"), *_OHLCV, number("amount", needed=False),
     number("float_shares", "outstanding_share", needed=False), _ADJUST),
    ("code", "date", "adjust"), named="code", adjusted=True,
)  # fmt: skip
FACTOR = VendorTable(
    ("stock_zh_a_daily_hfq-factor", "stock_zh_a_daily_hfq_factor"),
    (_CODE, date("date"), number("factor", "hfq_factor")), ("code", "date"), named="code",
)  # fmt: skip
DIVIDEND = VendorTable(
    ("stock_history_dividend_detail", "stock_history_dividend_detail_分红"),
    (_CODE, date("announce_date", "公告日期"), number("bonus_per_share", "送股", factor=_PER_TEN),
     number("bonus_per_share_and_reserves", "转增", factor=_PER_TEN),
     number("stock_dividend_per_share", "送股", factor=_PER_TEN),
     number("cash_per_share", "派息", factor=_PER_TEN), text("progress", "进度"),
     date("ex_date", "除权除息日"), date("record_date", "股权登记日")),
    ("code", "ex_date", "announce_date"), named="code",
)  # fmt: skip
RIGHTS = VendorTable(
    ("stock_history_dividend_detail_配股", "stock_history_dividend_detail_rights"),
    (_CODE, date("announce_date", "公告日期"),
     number("rights_per_share", "配股方案", factor=_PER_TEN),
     number("rights_price", "配股价格"), date("ex_date", "除权日"),
     date("record_date", "股权登记日")),
    ("code", "ex_date", "announce_date"), named="code",
)  # fmt: skip
LISTED = VendorTable(
    ("stock_info_sh_name_code", "stock_info_sz_name_code", "stock_info_sh_delist",
     "stock_info_sz_delist"),
    (code("stock", "证券代码", "公司代码", "A股代码"), date("list_date", "上市日期", "A股上市日期"),
     date("delist_date", "终止上市日期", "暂停上市日期", needed=False)),
    ("code", "list_date", "delist_date"),
)  # fmt: skip
_INDEX = code("index", "指数代码", "code", "symbol")
_INDEX_LOTS = VendorTable(
    ("index_zh_a_hist",), (_INDEX, date("date", "日期"), *_CHINESE), ("index_code", "date"),
    named="index_code",
)  # fmt: skip
_INDEX_EM = VendorTable(
    ("stock_zh_index_daily_em",),
    (_INDEX, date("date"), *_OHLCV[:4], number("volume", factor=LOT), number("amount")),
    ("index_code", "date"), named="index_code",
)  # fmt: skip
_INDEX_SHARES = VendorTable(
    ("stock_zh_index_daily",), (_INDEX, date("date"), *_OHLCV), ("index_code", "date"),
    named="index_code",
)  # fmt: skip
INDICES = (_INDEX_LOTS, _INDEX_EM, _INDEX_SHARES)
MEMBERS = VendorTable(
    ("index_stock_cons_weight_csindex", "index_stock_cons_csindex"),
    (code("index", "指数代码"), code("stock", "成分券代码"), date("date", "日期"),
     number("weight", "权重", factor=_PERCENT, needed=False)),
    ("index_code", "date", "code"), named="index_code",
)  # fmt: skip
INDUSTRY = VendorTable(
    ("stock_industry_clf_hist_sw",),
    (code("stock", "symbol"), date("start", "start_date"), text("number", "industry_code")),
    ("code", "start", "number"),
)
FUTURES = VendorTable(
    ("get_futures_daily",),
    (code("contract", "symbol"), date("date"), *_OHLCV,
     number("amount", "turnover", factor=_TEN_THOUSAND), number("open_interest"),
     number("settle")),
    ("contract", "date"), named="contract",
)  # fmt: skip
FUTURES_SINA = VendorTable(
    ("futures_zh_daily_sina",),
    (code("contract", "symbol"), date("date"), *_OHLCV, number("open_interest", "hold"),
     number("settle", needed=False)),
    ("contract", "date"), named="contract",
)  # fmt: skip
CONTRACTS = VendorTable(
    ("futures_contract_info_cffex",),
    (code("contract", "合约代码"), date("last_trading_day", "最后交易日")),
    ("contract",),
)
CALENDAR = VendorTable(
    ("tool_trade_date_hist_sina",), (date("date", "trade_date", "0"),), ("date",)
)
SHIBOR = VendorTable(
    ("macro_china_shibor_all",),
    (date("date", "日期"), number("rate", "O/N-定价", factor=_PERCENT)), ("date",),
)  # fmt: skip
TERMS = {  # columns of bond_china_yield
    "3月": "3M", "6月": "6M", "1年": "1Y", "3年": "3Y", "5年": "5Y", "7年": "7Y", "10年": "10Y",
    "30年": "30Y",
}  # fmt: skip
YIELD_CURVE = VendorTable(
    ("bond_china_yield",),
    (text("curve", "曲线名称"), date("date", "日期"),
     *(number(term, column, needed=False) for column, term in TERMS.items())),
    ("date", "curve"),
)  # fmt: skip
SW_HIST = VendorTable(
    ("index_hist_sw",),
    (text("code", "代码"), date("date", "日期"),
     *(number(ours, theirs) for ours, theirs in (
         ("open", "开盘"), ("high", "最高"), ("low", "最低"), ("close", "收盘")))),
    ("code", "date"), named="code",
)  # fmt: skip
FUND_HOLDINGS = VendorTable(
    ("stock_report_fund_hold",),
    (code("stock", "股票代码"), date("period_end", "报告期", "date"),
     number("funds_holding", "持有基金家数"), number("shares_held", "持股总数"),
     number("value_held", "持股市值")),
    ("code", "period_end"), named="period_end",
)  # fmt: skip
RESEARCH = VendorTable(
    ("stock_research_report_em",),
    (code("stock", "股票代码"), date("known_date", "日期"), text("broker", "机构"),
     text("title", "报告名称"),
     *(number(f"eps_{year}", f"{year}-盈利预测-收益", needed=False) for year in YEARS)),
    ("code", "known_date", "broker", "title"),
)  # fmt: skip
_REPORT = (
    code("stock", "SECUCODE", "SECURITY_CODE"), date("known_date", "NOTICE_DATE"),
    date("period_end", "REPORT_DATE"),
)  # fmt: skip
# Our items of the table statements by Eastmoney's columns.
REPORTED = reported_items(
    "akshare",
    {
        "stock_balance_sheet_by_report_em": "balance",
        "stock_profit_sheet_by_report_em": "income",
        "stock_cash_flow_sheet_by_report_em": "cash flow",
    },
)
STATEMENTS = tuple(
    VendorTable(
        (name,), (*_REPORT, *(number(item, needed=False) for item in items)),
        ("code", "known_date", "period_end"), named="code",
    )
    for name, items in REPORTED.items()
)  # fmt: skip
EVERY = (
    HIST, SINA, FACTOR, DIVIDEND, RIGHTS, LISTED, *INDICES, MEMBERS, INDUSTRY, FUTURES,
    FUTURES_SINA, CONTRACTS, CALENDAR, SHIBOR, YIELD_CURVE, SW_HIST, FUND_HOLDINGS, RESEARCH,
    *STATEMENTS,
)  # fmt: skip
WHY_UNUSED = {
    "stock_tfp_em": "a day without a bar is a suspension",
    "stock_yjbb_em": "its announcement date is the latest one, not the first",
}
