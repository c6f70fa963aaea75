"""A market of four stocks and three days, and a run on it: the example of docs/attribution.md."""

from pathlib import Path

import numpy as np
import pandas as pd

from quanthedge.backtesting.result import Result
from quanthedge.ledger import line_names
from quanthedge.market import Market, write_dataset
from tests.market.small_market import to_arrow
from tests.records import record_of

INDEX = "000300.SH"
CODES = ("000001.SZ", "000002.SZ", "600000.SH", "600004.SH")  # A and B; C; D
DAYS = pd.bdate_range("2014-04-01", periods=4)
INDUSTRIES = {
    "000001.SZ": ("43", "房地产", "Real estate"), "000002.SZ": ("43", "房地产", "Real estate"),
    "600000.SH": ("48", "银行", "Banks"), "600004.SH": ("42", "交通运输", "Transport"),
}  # fmt: skip
CLOSES = {
    "000001.SZ": [10.0, 10.0, 10.2, 10.2], "000002.SZ": [10.0, 10.0, 9.9, 9.9],
    "600000.SH": [10.0, 10.0, 9.95, 9.95], "600004.SH": [10.0, 10.0, 10.3, 10.3],
}  # fmt: skip
WEIGHTS = {"000001.SZ": 0.4, "000002.SZ": 0.2, "600000.SH": 0.4}
SHARES = {"000001.SZ": 5_000_000, "600000.SH": 3_000_000}


def market_by_hand(
    folder: Path,
    closes: dict[str, list[float]] = CLOSES,
    reference: dict[str, float] | None = None,
    **tables: pd.DataFrame,
) -> Market:
    """Write and open the market; `reference` are ex-prices of the third day, by stock."""
    bars = []
    for code, close in closes.items():
        frame = pd.DataFrame({"code": code, "date": DAYS, "close": close, "adj_factor": 1.0})
        frame["pre_close"] = np.append(close[0], close[:-1])
        ex_price = (reference or {}).get(code, close[1])
        frame.loc[2, "pre_close"] = ex_price
        frame.loc[2:, "adj_factor"] = close[1] / ex_price
        frame["open"] = frame["pre_close"]
        frame["high"] = frame[["open", "close"]].max(axis=1)
        frame["low"] = frame[["open", "close"]].min(axis=1)
        bars.append(frame)
    daily = pd.concat(bars)
    daily = daily.assign(
        volume=1e6, total_shares=1e9, float_shares=1e9,
        is_st=False, is_delisting=False, amount=1e6 * (daily["open"] + daily["close"]) / 2,
    )  # fmt: skip
    level = [3_000.0, 3_000.0, 3_012.3, 3_012.3]
    made = {
        "calendar": pd.DataFrame({"date": DAYS}),
        "stocks": pd.DataFrame({"code": CODES, "list_date": DAYS[0], "delist_date": pd.NaT}),
        "stock_daily": daily,
        "index_daily": pd.DataFrame(
            {"code": INDEX, "date": DAYS, **dict.fromkeys(("open", "high", "low", "close"), level),
             "volume": 1e9, "amount": np.nan}
        ),
        "index_weights": pd.DataFrame(
            [(INDEX, DAYS[0], code, weight) for code, weight in WEIGHTS.items()],
            columns=["index_code", "date", "code", "weight"],
        ),
        "industry": pd.DataFrame(
            [(code, DAYS[0], pd.NaT, *names) for code, names in INDUSTRIES.items()],
            columns=["code", "start", "end", "industry", "name_zh", "name_en"],
        ),
    }  # fmt: skip
    arrow = {name: to_arrow(frame, name) for name, frame in (made | tables).items()}
    write_dataset(folder, arrow, name="by hand", source="made by hand")
    return Market.open(folder)


def run_by_hand(shares: dict[str, int] | None = None, beta: float = 0.95) -> Result:
    """The run: bought at the close of the second day, held through the third."""
    own = SHARES if shares is None else shares
    value = [sum(n * CLOSES[code][t] for code, n in own.items()) for t in range(4)]
    ledger = pd.DataFrame(0.0, DAYS, [*line_names("cost"), *line_names("fee"), *line_names("flow")])
    zero = (
        "stock_pnl", "dividends", "futures_pnl", "interest", "futures_notional", "revaluation",
        "accrued_performance_fee", "accrued_fee_at_open",
    )  # fmt: skip
    ledger[list(zero)] = 0.0
    ledger["index_close"] = [3_000.0, 3_000.0, 3_012.3, 3_012.3]
    ledger["stock_value"] = [0.0, *value[1:]]
    ledger["book_beta"] = [np.nan, beta, beta, beta]
    ledger["held_pnl"] = ledger["stock_pnl"] = [0.0, 0.0, value[2] - value[1], 0.0]
    ledger["equity"] = 1e8 + ledger["stock_pnl"].cumsum()
    trades = pd.DataFrame(
        [(DAYS[1], code, "buy", n, CLOSES[code][1], "rebalance") for code, n in own.items()],
        columns=["date", "code", "side", "quantity", "price", "reason"],
    )
    trades["amount"] = trades["quantity"] * trades["price"]
    positions = pd.DataFrame(
        [(DAYS[1], code, n, 10.0, 10.0 * n) for code, n in own.items()],
        columns=["date", "code", "shares", "price", "value"],
    )
    return record_of(ledger=ledger, trades=trades, positions=positions)
