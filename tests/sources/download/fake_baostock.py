"""A module with BaoStock's queries: result sets of text, pages, error codes, log in and out."""

from collections.abc import Callable
from types import ModuleType
from typing import Any

import pandas as pd

from tests.sources.download.vendor_market import DAYS

PAGE = 10
LISTING = [
    ("sh.600000", "浦发银行", "1999-11-10", "", "1", "1"),
    ("sh.600087", "退市长油", "1997-06-12", "2015-07-10", "1", "0"),
    ("sz.000001", "平安银行", "1991-04-03", "", "1", "1"),
    ("sh.600001", "邯郸钢铁", "1998-01-22", "2009-12-29", "1", "0"),
    ("sh.688001", "华兴源创", "2019-07-22", "", "1", "1"),
    ("sh.000300", "沪深300指数", "2005-04-08", "", "2", "1"),
    ("sh.510300", "300ETF", "2012-05-28", "", "5", "1"),
]


class Result:
    """An answer, page by page, as the package gives it."""

    def __init__(self, fields: list[str], rows: list[list[str]], breaks_after: int = 10**9) -> None:
        self.error_code, self.error_msg = "0", "success"
        self.fields, self.per_page_count = fields, str(PAGE)
        self._rows, self._page, self._breaks_after = rows, 0, breaks_after
        self.data = rows[:PAGE]
        self.cur_row_num = 0

    def next(self) -> bool:
        if self.cur_row_num < len(self.data):
            return True
        if len(self.data) < PAGE or self._page + 1 >= self._breaks_after:
            return False  # when the line breaks, the package says that the answer ended
        self._page += 1
        self.data = self._rows[self._page * PAGE : (self._page + 1) * PAGE]
        self.cur_row_num = 0
        return bool(self.data)

    def get_row_data(self) -> list[str]:
        self.cur_row_num += 1
        return self.data[self.cur_row_num - 1]

    @classmethod
    def refused(cls, code: str, message: str) -> "Result":
        result = cls([], [])
        result.error_code, result.error_msg = code, message
        return result


class BaoStockModule:
    """The state behind the module: sessions, questions, and troubles to come."""

    def __init__(self) -> None:
        self.logged_in = False
        self.logins = self.logouts = 0
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.trouble: list[Callable[[str, dict[str, str]], Result | None]] = []

    def module(self) -> Any:
        package = ModuleType("baostock")
        names = [name for name in dir(self) if name.startswith("query_")]
        for name in names:
            setattr(package, name, self._query(name))
        vars(package).update({"login": self.login, "logout": self.logout, "__version__": "0.9.4"})
        return package

    def login(self, user_id: str = "anonymous", password: str = "123456") -> Result:
        print("login success!")
        self.logins += 1
        for trouble in self.trouble:
            if (found := trouble("login", {})) is not None:
                return found
        self.logged_in = True
        return Result([], [])

    def logout(self, user_id: str = "anonymous") -> Result:
        self.logouts += 1
        self.logged_in = False
        return Result([], [])

    def _query(self, name: str) -> Callable[..., Result]:
        def query(**params: str) -> Result:
            self.asked.append((name, params))
            for trouble in self.trouble:
                if (found := trouble(name, params)) is not None:
                    return found
            if not self.logged_in:
                print("you don't login.")
                return Result.refused("10001001", "用户未登录")
            answer: Result = getattr(self, name)(**params)
            return answer

        return query

    def query_trade_dates(self, start_date: str, end_date: str) -> Result:
        every = pd.date_range(start_date, end_date)
        rows = [[f"{day:%Y-%m-%d}", "1" if day in DAYS else "0"] for day in every]
        return Result(["calendar_date", "is_trading_day"], rows)

    def query_stock_basic(self, code: str = "", code_name: str = "") -> Result:
        fields = ["code", "code_name", "ipoDate", "outDate", "type", "status"]
        return Result(fields, [list(row) for row in LISTING])

    def query_history_k_data_plus(
        self, code: str, fields: str, start_date: str, end_date: str,
        frequency: str = "d", adjustflag: str = "3",
    ) -> Result:  # fmt: skip
        names = fields.split(",")
        values = {"code": code, "adjustflag": adjustflag, "tradestatus": "1", "isST": "0"}
        days = [f"{day:%Y-%m-%d}" for day in DAYS if start_date <= f"{day:%Y-%m-%d}" <= end_date]
        rows = [[{**values, "date": day}.get(name, "10.5000") for name in names] for day in days]
        return Result(names, rows)

    def query_hs300_stocks(self, date: str = "") -> Result:
        return Result(["updateDate", "code", "code_name"], [[date, "sh.600000", "浦发银行"]])

    query_zz500_stocks = query_sz50_stocks = query_hs300_stocks

    def query_stock_industry(self, code: str = "", date: str = "") -> Result:
        fields = ["updateDate", "code", "code_name", "industry", "industryClassification"]
        return Result(
            fields, [[date, "sh.600000", "浦发银行", "J66货币金融服务", "证监会行业分类"]]
        )

    def query_dividend_data(self, code: str, year: str, yearType: str = "report") -> Result:
        fields = ["code", "dividPlanDate", "dividRegistDate", "dividOperateDate",
                  "dividPayDate", "dividCashPsBeforeTax", "dividStocksPs",
                  "dividReserveToStockPs"]  # fmt: skip
        row = [code, "2015-06-10", "2015-06-18", "2015-06-19", "2015-06-19", "0.757", "", ""]
        return Result(fields, [row] if code == "sh.600000" else [])
