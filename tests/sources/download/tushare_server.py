"""A server on this machine that answers as Tushare's HTTP interface does."""

import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pandas as pd

TOKEN = "0123456789abcdef0123456789abcdef0123456789abcdef01234567"
RATE = "抱歉，您每分钟最多访问该接口50次，权限的具体详情访问：https://tushare.pro/document/1?doc_id=108。"
PERMISSION = (
    "抱歉，您没有访问该接口的权限，权限的具体详情访问：https://tushare.pro/document/1?doc_id=108。"
)
BAD_TOKEN = "抱歉，您的token不对，请确认。"
QUOTA = (
    "抱歉，您每天最多访问该接口2次，权限的具体详情访问：https://tushare.pro/document/1?doc_id=108。"
)
# Parameters that are not columns of the answer, and the column that they choose.
CHOICES = {"period": "end_date"}
SPANS = {"trade_cal": "cal_date", "shibor": "date"}

Trouble = Callable[["TushareServer", dict[str, Any]], tuple[int, Any] | None]


class TushareServer:
    """Tables by interface; `trouble` may answer a question in their place."""

    def __init__(self, tables: dict[str, pd.DataFrame]) -> None:
        self.tables = tables
        self.caps: dict[str, int] = {}
        self.asked: list[dict[str, Any]] = []
        self.counts: Counter[str] = Counter()
        self.trouble: list[Trouble] = []
        self.ignores_offset = False
        self.retry_after: str | None = None
        self.url = ""

    def answer(self, question: dict[str, Any]) -> tuple[int, Any]:
        call = question["api_name"]
        self.counts[call] += 1
        self.asked.append({"api_name": call, **question["params"]})
        for trouble in self.trouble:
            found = trouble(self, question)
            if found is not None:
                return found
        if question.get("token") != TOKEN:
            return 200, {"code": 40101, "msg": BAD_TOKEN, "data": None}
        fields = question["fields"].split(",")
        rows = self.rows(call, question["params"])
        offset = 0 if self.ignores_offset else int(question["params"].get("offset", 0))
        cap = self.caps.get(call, 6_000)
        limit = min(cap, int(question["params"].get("limit", cap)))
        page = rows.iloc[offset : offset + limit].reindex(columns=fields)
        items = page.astype(object).where(page.notna(), None).to_numpy().tolist()
        data = {"fields": fields, "items": items}
        return 200, {"request_id": "x", "code": 0, "msg": "", "data": data}

    def rows(self, call: str, params: dict[str, Any]) -> pd.DataFrame:
        rows = self.tables.get(call.removesuffix("_vip"), pd.DataFrame())
        day = SPANS.get(call, "trade_date")
        for name, value in params.items():
            column = CHOICES.get(name, name)
            if name in ("offset", "limit") or (column not in rows and name != "start_date"):
                continue
            if name == "start_date" and day in rows:
                rows = rows[rows[day] >= value]
            elif name == "end_date" and day in rows and "start_date" in params:
                rows = rows[rows[day] <= value]
            elif column in rows and name not in ("start_date", "end_date"):
                rows = rows[rows[column].astype(str) == value]
        return rows


@contextmanager
def serving(server: TushareServer) -> Iterator[TushareServer]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # one packet an answer

        def do_POST(self) -> None:
            question = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            status, answer = server.answer(question)
            if status == 0:  # the line breaks
                self.close_connection = True
                return
            body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
            self.send_response(status)
            if server.retry_after is not None and status != 200:
                self.send_header("Retry-After", server.retry_after)
            if status == 307:
                self.send_header("Location", server.url)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: Any) -> None:
            return

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    http.daemon_threads = True
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    server.url = f"http://127.0.0.1:{http.server_port}"
    try:
        yield server
    finally:
        http.shutdown()
        http.server_close()
        thread.join()


def refusing(message: str, *calls: str, times: int = 10**9) -> Trouble:
    """Answer some interfaces (all, when none is named) with the vendor's error, some times."""
    left = [times]

    def trouble(_: TushareServer, question: dict[str, Any]) -> tuple[int, Any] | None:
        if (calls and question["api_name"] not in calls) or left[0] == 0:
            return None
        left[0] -= 1
        return 200, {"code": 40203, "msg": message, "data": None}

    return trouble


def failing(status: int, *calls: str, times: int = 10**9, after: int = 0) -> Trouble:
    """Answer with an HTTP status (0: break the line), some times, from some question on."""
    left, quiet = [times], [after]

    def trouble(_: TushareServer, question: dict[str, Any]) -> tuple[int, Any] | None:
        if calls and question["api_name"] not in calls:
            return None
        if quiet[0]:
            quiet[0] -= 1
            return None
        if left[0] == 0:
            return None
        left[0] -= 1
        return status, b"busy"

    return trouble
