"""Tushare Pro through its HTTP interface: a JSON question, a JSON answer with fields and items.

Answers are paged: a page may be cut off at a number of rows that the vendor sets for each interface
and does not state in the answer. A page that was cut off has that number of rows, so it is at least
as long as any page of the interface before it. Every such page is followed by the next one, until
that is empty; with the longest answers (the newest days) first, this costs few requests.
"""

import json
import re
from collections.abc import Sequence
from contextlib import suppress
from datetime import date
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import pyarrow as pa

from quanthedge.errors import DataError
from quanthedge.sources.download.pace import Caller, seconds_asked
from quanthedge.sources.download.packages import required
from quanthedge.sources.download.plan import Period, Read, Request, Stages, Table
from quanthedge.sources.download.problems import Failed, Refused, TryAgain
from quanthedge.sources.download.secret import Token
from quanthedge.sources.tushare.plan import INDICES, TABLES, TEXTS, stages

__all__ = ["URL", "Tushare"]

URL = "http://api.tushare.pro"
_LEAST_CAP = 100  # rows; the vendor cuts no page off that is shorter
_MOST_PAGES = 1_000
_A_MINUTE = 61.0
_RATE = re.compile(r"每分钟最多访问[^0-9]{0,12}([0-9]{1,6})\s*次")
_TOO_MANY = ("每分钟", "频率", "频繁", "稍后", "too many", "rate limit")
_QUOTA = ("每天最多", "每小时最多", "每日最多", "当日", "今日")
_NO_PERMISSION = ("权限", "积分", "permission", "没有访问")
_BAD_TOKEN = re.compile(
    r"token.{0,8}(?:不对|无效|错误|失效|过期|invalid|expired|wrong)|(?:invalid|wrong|无效).{0,8}token"
    r"|用户不存在|认证失败",
    re.IGNORECASE,
)


class Tushare:
    """A session with Tushare.

    Parameters
    ----------
    token
        The user's token; it leaves the process in the bodies of requests only.
    url
        Where the interface is; another one for tests or for a gateway of one's own.
    indices
        Codes of the indices whose bars and members are fetched.
    """

    name = "tushare"
    per_minute = 200.0
    tables: Sequence[Table] = TABLES

    def __init__(
        self,
        token: Token,
        url: str = URL,
        *,
        indices: Sequence[str] = INDICES,
        time_out: float = 60.0,
    ) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username:
            raise DataError(f"url {token.hidden_in(url)!r}; accepted: http://... or https://...")
        self._token = token
        self._url = url
        self._indices = tuple(indices)
        self._time_out = time_out
        self._requests = required("requests", self.name)
        self._session = self._requests.Session()
        self._longest: dict[str, int] = {}  # page of each interface

    def __repr__(self) -> str:
        return f"Tushare({self._url!r})"

    def stages(self, tables: Sequence[Table], period: Period, read: Read, today: date) -> Stages:
        """Return the plan (see `quanthedge.sources.tushare.plan`)."""
        return stages(tables, period, read, self._indices)

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def ask(self, request: Request, caller: Caller) -> pa.Table:
        """Return all pages of an answer; numbers as float64, all else as text."""
        limit = request.table.most
        fields: list[str] = []
        pages: list[list[list[Any]]] = []
        count = 0
        while len(pages) < _MOST_PAGES:
            page = partial(self._page, request, count, limit)
            found, items, more = caller(request.call, page)
            fields = fields or found
            if items and found != fields:
                raise Failed("two pages have different columns; nothing was written")
            if pages and items and items == pages[-1]:
                raise Failed(
                    f"two pages of {len(items):,} rows are the same: the interface does not page, "
                    "so that the answer may be cut off; nothing was written"
                )
            _check_order(request.table, pages, items)
            pages.append(items)
            count += len(items)
            if not (more and items) and self._ended(request.call, len(items), limit):
                return _table(fields, [row for page in pages for row in page])
        raise Failed(f"more than {_MOST_PAGES:,} pages; nothing was written")

    def _ended(self, call: str, rows: int, limit: int) -> bool:
        """Whether a page of so many rows cannot have been cut off."""
        longest = self._longest.get(call, 0)
        self._longest[call] = max(longest, rows)
        hundreds = rows > 0 and rows % _LEAST_CAP == 0
        return rows < _LEAST_CAP or (rows < longest and not hundreds and not rows >= limit > 0)

    def _page(
        self, request: Request, offset: int, limit: int
    ) -> tuple[list[str], list[list[Any]], bool]:
        params: dict[str, Any] = {**request.asked(), "offset": offset}
        if limit:
            params["limit"] = limit
        status, text, pause = self._post(
            {
                "api_name": request.call,
                "params": params,
                "fields": ",".join(request.table.columns),
            }
        )
        if status == 429 or status >= 500:
            raise TryAgain(f"HTTP status {status}", pause)
        if status in (401, 403):
            raise DataError(f"tushare: HTTP status {status}; check the token and the address")
        if status != 200:
            raise Failed(f"HTTP status {status}")
        return _page_of(_data_of(text))

    def _post(self, question: dict[str, Any]) -> tuple[int, str, float]:
        """Return status, text and the pause asked for; neither they nor problems hold the token."""
        problem = ""
        try:
            answer = self._session.post(
                self._url,
                data=self._signed(question),
                headers={"Content-Type": "application/json"},
                timeout=(10.0, self._time_out),
                allow_redirects=False,
            )
            answer.encoding = "utf-8"
            text = self._token.hidden_in(answer.text)
            return answer.status_code, text, seconds_asked(answer.headers.get("Retry-After"))
        except self._requests.RequestException as error:
            problem = type(error).__name__
        raise TryAgain(f"no answer ({problem})")  # outside, so that it does not carry the request

    def _signed(self, question: dict[str, Any]) -> bytes:
        return json.dumps({**question, "token": self._token.reveal()}).encode()


def _data_of(text: str) -> dict[str, Any]:
    """Return an answer's data; the vendor's own errors are told apart by their words."""
    answer: Any = None
    with suppress(ValueError):
        answer = json.loads(text)
    if not isinstance(answer, dict) or "code" not in answer:
        raise TryAgain("the answer is no JSON of the documented form")
    if answer["code"] == 0:
        data = answer.get("data")
        if not isinstance(data, dict):
            raise TryAgain("the answer has no data")
        return data
    raise _problem_of(str(answer.get("msg") or f"code {answer['code']}")[:200])


def _problem_of(message: str) -> Exception:
    """Return what an error message of the vendor means; rates first, as they also name rights."""
    small = message.lower()
    rate = _RATE.search(message)
    if any(word in message for word in _QUOTA):
        return Refused(f"{message} (the quota is used up; run the same command again later)")
    if rate or any(word in small for word in _TOO_MANY):
        return TryAgain(message, _A_MINUTE if rate else 0.0, int(rate[1]) if rate else None)
    if _BAD_TOKEN.search(message):
        return DataError(
            f"tushare refuses the token: {message}; copy it again from the account's page at "
            "tushare.pro into the environment variable (it is never shown here)"
        )
    if any(word in small for word in _NO_PERMISSION):
        return Refused(
            f"{message} (the account's points do not cover it; leave it out with --tables)"
        )
    return Failed(message) if "参数" in message else TryAgain(message)


def _check_order(table: Table, pages: Sequence[Sequence[Any]], items: Sequence[Any]) -> None:
    """Refuse pages that share a row, where no two rows can be equal: others are then missing."""
    if not pages or not table.identity:
        return
    known = {tuple(row) for page in pages for row in page}
    twice = sum(tuple(row) in known for row in items)
    if twice:
        raise Failed(
            f"{twice:,} rows stand on two pages: the vendor's order changed between them, so that "
            "others are missing; nothing was written"
        )


def _page_of(data: dict[str, Any]) -> tuple[list[str], list[list[Any]], bool]:
    fields, items = data.get("fields"), data.get("items")
    if not isinstance(fields, list) or not isinstance(items, list):
        raise TryAgain("the answer's data has no fields and items")
    if any(not isinstance(row, list) or len(row) != len(fields) for row in items):
        raise TryAgain("the answer's items are not as long as its fields")
    if any(not isinstance(value, str | int | float | None) for row in items for value in row):
        raise TryAgain("the answer's items hold something else than texts and numbers")
    return [str(name) for name in fields], items, data.get("has_more") is True


def _table(fields: Sequence[str], items: Sequence[Sequence[Any]]) -> pa.Table:
    if len(set(fields)) != len(fields):
        raise Failed("a column is there twice")
    values = zip(*items, strict=True) if items else ([] for _ in fields)
    return pa.table(
        {name: _column(name, column) for name, column in zip(fields, values, strict=True)}
    )


def _column(name: str, values: Sequence[Any]) -> pa.Array:
    there = [value for value in values if value is not None]
    if name not in TEXTS and all(isinstance(value, int | float) for value in there):
        return pa.array([None if v is None else float(v) for v in values], pa.float64())
    return pa.array([None if v is None else str(v) for v in values], pa.string())
