"""Tushare's interfaces as data, and the plan of a whole market's download.

Fields are named in every request, because the vendor leaves some out otherwise. Reports of quarters
begin two years before the first day, so that trailing figures are known on it.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import date, timedelta
from functools import partial
from typing import Any

import pyarrow.compute as pc

from quanthedge.sources.download.plan import Period, Read, Request, Span, Stages, Table

__all__ = ["INDICES", "TABLES", "TEXTS", "stages"]

INDICES = ("000300.SH", "000905.SH", "000016.SH", "000852.SH")
_ALSO_UNDER = {
    "000300.SH": "399300.SZ"
}  # the code under which the vendor has kept CSI 300's members
_FUTURES_BEGIN = date(2010, 4, 16)
_REPORTS_BEFORE = timedelta(days=731)
_DAY = "%Y%m%d"
_STOCK_DAY = ("ts_code", "trade_date")
_TEXTS = (
    "ts_code symbol name area industry fullname enname cnspell market exchange curr_type "
    "list_status is_hs cal_date pretrade_date trade_date suspend_timing suspend_type "
    "change_reason index_code con_code l1_code l1_name l2_code l2_name l3_code l3_name is_new "
    "fut_code trade_unit quote_unit quote_unit_desc d_mode_desc d_month last_ddate "
    "trade_time_desc div_proc date report_type comp_type end_type update_flag list_date "
    "delist_date start_date end_date ann_date f_ann_date in_date out_date record_date ex_date "
    "pay_date div_listdate imp_ann_date base_date curve_name curve_type report_date report_title "
    "classify org_name author_name quarter rating"
)
TEXTS = frozenset(_TEXTS.split())


def _table(name: str, by: str, columns: str, identity: Sequence[str] = (), **more: Any) -> Table:
    return Table(name, by, tuple(columns.split()), tuple(identity), **more)


Plan = Callable[[Table], Iterable[Request]]
_REPORT = "ts_code ann_date f_ann_date end_date report_type comp_type update_flag "
_ITEMS = {
    "income": "basic_eps diluted_eps total_revenue revenue oper_cost operate_profit total_profit "
    "income_tax n_income n_income_attr_p ebit ebitda rd_exp sell_exp admin_exp",
    "balancesheet": "total_share cap_rese money_cap accounts_receiv inventories total_cur_assets "
    "fix_assets goodwill total_assets lt_borr st_borr total_cur_liab total_liab minority_int "
    "total_hldr_eqy_exc_min_int total_hldr_eqy_inc_min_int bond_payable",
    "cashflow": "net_profit c_fr_sale_sg n_cashflow_act n_cashflow_inv_act n_cash_flows_fnc_act "
    "free_cashflow c_pay_acq_const_fiolta",
}
_INDICATORS = (
    "ts_code ann_date end_date eps dt_eps bps ocfps roe roe_dt roa fcff_ps ebit ebitda "
    "invest_capital debt_to_assets netprofit_margin grossprofit_margin update_flag"
)
_VERSIONS = {kind: {"report_type": kind} for kind in ("1", "4", "5")}
_VERSION_ID = ("ts_code", "end_date", "ann_date", "f_ann_date", "report_type", "update_flag")
_INDICATOR_ID = ("ts_code", "end_date", "ann_date", "update_flag")
_BARS = "ts_code trade_date open high low close pre_close change pct_chg vol amount"
# What is asked besides the day: index futures; yields to maturity of the government curve.
_FIXED = {
    "futures day": {"exchange": "CFFEX"},
    "curve day": {"ts_code": "1001.CB", "curve_type": "0"},
}


def _reports() -> list[Table]:
    """Return the statements: by quarter (interfaces *_vip), and by stock on demand."""
    found = []
    for name, items in _ITEMS.items():
        for full, by in ((f"{name}_vip", "quarter"), (name, "report code")):
            needs = ("stock_basic",) if by == "report code" else ()
            found.append(
                _table(
                    full, by, _REPORT + items, _VERSION_ID, variants=_VERSIONS, empty=True,
                    settles=500, most=5_000, usual=by == "quarter", needs=needs,
                )
            )  # fmt: skip
    for full, by in (("fina_indicator_vip", "quarter"), ("fina_indicator", "report code")):
        needs = ("stock_basic",) if by == "report code" else ()
        found.append(
            _table(
                full, by, _INDICATORS, _INDICATOR_ID, empty=True, settles=500, most=5_000,
                usual=by == "quarter", needs=needs,
            )
        )  # fmt: skip
    return found


_BY_DAY: dict[str, Any] = {"most": 6_000, "needs": ("trade_cal",)}
TABLES: tuple[Table, ...] = (
    _table("trade_cal", "calendar", "exchange cal_date is_open pretrade_date",
           ("exchange", "cal_date"), column="cal_date", most=2_000),
    _table("stock_basic", "once",
           "ts_code symbol name area industry fullname market exchange curr_type list_status "
           "list_date delist_date is_hs", ("ts_code",), most=5_000, empty=True,
           variants={status: {"list_status": status} for status in "LDP"}),
    _table("namechange", "once", "ts_code name start_date end_date ann_date change_reason",
           most=5_000, variants={"all": {}}),
    _table("daily", "day", _BARS, _STOCK_DAY, **_BY_DAY),
    _table("adj_factor", "day", "ts_code trade_date adj_factor", _STOCK_DAY, **_BY_DAY),
    _table("daily_basic", "day",
           "ts_code trade_date close turnover_rate turnover_rate_f volume_ratio pe pe_ttm pb ps "
           "ps_ttm dv_ratio dv_ttm total_share float_share free_share total_mv circ_mv",
           _STOCK_DAY, **_BY_DAY),
    _table("suspend_d", "day", "ts_code trade_date suspend_timing suspend_type", empty=True,
           **{**_BY_DAY, "most": 5_000}),
    _table("dividend", "ex-day",
           "ts_code end_date ann_date div_proc stk_div stk_bo_rate stk_co_rate cash_div "
           "cash_div_tax record_date ex_date pay_date div_listdate imp_ann_date base_date "
           "base_share", empty=True, **{**_BY_DAY, "most": 2_000}),
    _table("index_daily", "index", _BARS, _STOCK_DAY, column="trade_date", most=5_000, empty=True),
    _table("index_weight", "index month", "index_code con_code trade_date weight",
           ("index_code", "con_code", "trade_date"), empty=True, settles=31, most=5_000),
    _table("index_member_all", "once",
           "l1_code l1_name l2_code l2_name l3_code l3_name ts_code name in_date out_date is_new",
           ("ts_code", "l3_code", "in_date"), most=2_000, empty=True,
           variants={"current": {"is_new": "Y"}, "former": {"is_new": "N"}}),
    _table("fut_basic", "once",
           "ts_code symbol exchange name fut_code multiplier trade_unit per_unit quote_unit "
           "list_date delist_date d_month last_ddate", ("ts_code",), most=5_000,
           variants={"CFFEX": {"exchange": "CFFEX"}}),
    _table("fut_daily", "futures day",
           "ts_code trade_date pre_close pre_settle open high low close settle change1 change2 "
           "vol amount oi oi_chg delv_settle", _STOCK_DAY,
           **{**_BY_DAY, "most": 2_000}),
    *_reports(),
    _table("shibor", "rates", "date on 1w 2w 1m 3m 6m 9m 1y", ("date",), column="date",
           most=2_000),
    _table("yc_cb", "curve day", "trade_date ts_code curve_name curve_type curve_term yield",
           ("ts_code", "trade_date", "curve_type", "curve_term"), empty=True, usual=False,
           **{**_BY_DAY, "most": 2_000}),
    _table("sw_daily", "day",
           "ts_code trade_date name open low high close change pct_change vol amount pe pb "
           "float_mv total_mv", _STOCK_DAY, empty=True, usual=False, **{**_BY_DAY, "most": 4_000}),
    _table("ci_daily", "day",
           "ts_code trade_date open low high close pre_close change pct_change vol amount",
           _STOCK_DAY, empty=True, usual=False, **{**_BY_DAY, "most": 4_000}),
    _table("fund_portfolio", "quarter",
           "ts_code ann_date end_date symbol mkv amount stk_mkv_ratio stk_float_ratio",
           ("ts_code", "end_date", "symbol", "ann_date"), empty=True, settles=200, most=5_000,
           usual=False),
    _table("report_rc", "report month",
           "ts_code name report_date report_title report_type classify org_name author_name "
           "quarter op_rt op_pr tp np eps rating", empty=True, settles=31, most=3_000,
           usual=False),
)  # fmt: skip


def stages(tables: Sequence[Table], period: Period, read: Read, indices: Sequence[str]) -> Stages:
    """Return the requests: those that need no other table first, then by day, then by stock."""
    by: dict[str, Plan] = {
        "once": _once,
        "calendar": partial(_calendar, period),
        "index": partial(_index, period, indices),
        "index month": partial(_index_month, period, indices),
        "quarter": partial(_quarter, period),
        "rates": partial(_rates, period),
        "report month": partial(_months, period),
    }
    yield [request for table in tables if table.by in by for request in by[table.by](table)]
    later = [table for table in tables if table.by not in by]
    days = _open_days(read, period) if later else []
    for table in later:
        if table.by == "report code":
            yield list(_codes(period, read, table))
        else:
            yield list(_days(table, days))


def _once(table: Table) -> Iterable[Request]:
    for key, params in table.variants.items():
        yield Request(table, key, params)


def _calendar(period: Period, table: Table) -> Iterable[Request]:
    span = Span("start_date", "end_date", table.column, _DAY)
    yield Request(table, "SSE", {"exchange": "SSE"}, period.start, period.end, span)


def _rates(period: Period, table: Table) -> Iterable[Request]:
    span = Span("start_date", "end_date", table.column, _DAY)
    yield Request(table, "all", {}, period.start, period.end, span)


def _index(period: Period, indices: Sequence[str], table: Table) -> Iterable[Request]:
    span = Span("start_date", "end_date", table.column, _DAY)
    for code in indices:
        yield Request(table, code, {"ts_code": code}, period.start, period.end, span)


def _index_month(period: Period, indices: Sequence[str], table: Table) -> Iterable[Request]:
    for code in indices:
        for name in dict.fromkeys((code, _ALSO_UNDER.get(code, code))):
            for first, last in period.months():
                params = {
                    "index_code": name,
                    "start_date": first.strftime(_DAY),
                    "end_date": last.strftime(_DAY),
                }
                yield Request(table, f"{name}_{first:%Y%m}", params, first, last)


def _months(period: Period, table: Table) -> Iterable[Request]:
    """Yield months; reports come out on days without trading, too."""
    for first, last in period.months():
        params = {"start_date": first.strftime(_DAY), "end_date": last.strftime(_DAY)}
        yield Request(table, f"{first:%Y%m}", params, first, last)


def _quarter(period: Period, table: Table) -> Iterable[Request]:
    longer = Period(period.start - _REPORTS_BEFORE, period.end)
    for end in longer.quarter_ends():
        for version, params in table.variants.items():
            key = f"{end:%Y%m%d}_{version}" if version else f"{end:%Y%m%d}"
            yield Request(table, key, {"period": end.strftime(_DAY), **params}, end, end)


def _open_days(read: Read, period: Period) -> list[date]:
    calendar = read("trade_cal", ["cal_date", "is_open"])
    if calendar is None:
        return []
    is_open = pc.equal(calendar["is_open"].cast("float64"), 1.0)
    opened = calendar.filter(is_open)["cal_date"].to_pylist()
    days = sorted({date.fromisoformat(word) for word in opened})
    return [day for day in days if period.start <= day <= period.end]


def _days(table: Table, days: Sequence[date]) -> Iterable[Request]:
    fixed = _FIXED.get(table.by, {})
    name = "ex_date" if table.by == "ex-day" else "trade_date"
    for day in reversed(
        days
    ):  # the longest answers first (see `quanthedge.sources.tushare.client`)
        if table.by != "futures day" or day >= _FUTURES_BEGIN:
            key = day.strftime(_DAY)
            yield Request(table, key, {name: key, **fixed}, day, day)


def _codes(period: Period, read: Read, table: Table) -> Iterable[Request]:
    """Yield reports by stock, of stocks that were listed in the period."""
    listing = read("stock_basic", ["ts_code", "list_date", "delist_date"])
    if listing is None:
        return
    first, last = period.start.strftime(_DAY), period.end.strftime(_DAY)
    columns = (listing[name].to_pylist() for name in ("ts_code", "list_date", "delist_date"))
    for code, listed, gone in sorted(zip(*columns, strict=True), key=lambda row: str(row[0])):
        if (listed or first) <= last and (gone or last) >= first:
            for version, params in table.variants.items():
                key = f"{code}_{version}" if version else code
                yield Request(table, key, {"ts_code": code, **params}, period.start, period.end)
