"""RQAlpha: a bundle in its format; it trades at the close that decides, in lots of 100."""

import json
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.peers.world import CAPITAL, World, best

PACKAGES = ("rqalpha", "pandas", "numpy")
Job = Callable[[], dict[str, float]]
BAR = [
    ("datetime", "<i8"), *((name, "<f8") for name in ("open", "close", "high", "low")),
    ("volume", "<f8"), ("total_turnover", "<f8"), ("limit_up", "<f8"), ("limit_down", "<f8"),
]  # fmt: skip


def load() -> None:
    """Import it."""
    import rqalpha  # noqa: F401


def _numbers(dates: Any) -> Any:
    """Return days as 20070102."""
    years = dates.astype("datetime64[Y]").astype(int) + 1970
    months = dates.astype("datetime64[M]").astype(int) % 12 + 1
    days = (dates - dates.astype("datetime64[M]")).astype(int) + 1
    return years * 10_000 + months * 100 + days


def _write(world: World, folder: Path) -> None:
    """Write the bars as a bundle: no dividends, suspensions or special treatment."""
    import h5py

    folder.mkdir(exist_ok=True)
    numbers = _numbers(world.dates)
    np.save(folder / "trading_dates.npy", numbers)
    listed = [
        {
            "order_book_id": f"{code}.XSHG", "symbol": code, "type": "CS", "exchange": "XSHG",
            "round_lot": 100.0, "board_type": "MainBoard", "listed_date": str(world.dates[0]),
            "de_listed_date": "0000-00-00", "status": "Active", "special_type": "Normal",
            "abbrev_symbol": code, "market_tplus": 1,
        }
        for code in world.codes
    ]  # fmt: skip
    (folder / "instruments.pk").write_bytes(pickle.dumps(listed, protocol=2))
    opened = np.vstack([world.mark[:1], world.mark[:-1]])
    with h5py.File(folder / "stocks.h5", "w") as file:
        for i, code in enumerate(world.codes):
            first, last = opened[:, i], world.mark[:, i]
            bars = np.zeros(len(last), dtype=BAR)
            bars["datetime"] = numbers * 1_000_000
            bars["open"], bars["close"] = first, last
            bars["high"], bars["low"] = np.maximum(first, last), np.minimum(first, last)
            bars["volume"], bars["total_turnover"] = 1e8, 1e8 * last
            bars["limit_up"], bars["limit_down"] = 10.0 * last, 0.01
            file[f"{code}.XSHG"] = bars
    with h5py.File(folder / "indexes.h5", "w") as file:
        file["000001.XSHG"] = bars  # says from when to when the bundle goes
    for name in (
        "funds", "futures", "dividends", "split_factor", "ex_cum_factor", "st_stock_days",
        "suspended_days",
    ):  # fmt: skip
        h5py.File(folder / f"{name}.h5", "w").close()
    with h5py.File(folder / "yield_curve.h5", "w") as file:
        curve = np.zeros(len(numbers), dtype=[("date", "<i8"), ("0S", "<f8"), ("1Y", "<f8")])
        curve["date"] = numbers
        file["data"] = curve
    (folder / "share_transformation.json").write_text("{}", encoding="ascii")
    future = {
        "underlying_symbol": "IF", "commission_type": "by_money", "margin_rate": 0.1,
        "close_commission_ratio": 0.0, "close_commission_today_ratio": 0.0,
        "open_commission_ratio": 0.0, "tick_size": 0.2,
    }  # fmt: skip
    (folder / "future_info.json").write_text(json.dumps([future]), encoding="ascii")


def strategy(world: World) -> Job:
    """Choose by score on each rebalancing day; commission is its own 8 basis points."""
    from rqalpha import run_func
    from rqalpha.api import order_target_portfolio

    folder = world.folder / "rqalpha"
    _write(world, folder)
    places = {world.dates[day]: r for r, day in enumerate(world.trade_days)}
    names = [f"{code}.XSHG" for code in world.codes]
    config = {
        "base": {
            "start_date": str(world.dates[1]), "end_date": str(world.dates[-1]),
            "accounts": {"stock": CAPITAL}, "frequency": "1d", "data_bundle_path": str(folder),
            "auto_update_bundle": False, "rqdatac_uri": "disabled", "capital_gain_tax_rate": 0,
        },
        "extra": {"log_level": "error", "context_vars": {}},
        "mod": {
            "sys_progress": {"enabled": False},
            "sys_analyser": {"enabled": False},
            "sys_risk": {"enabled": False},
            "sys_simulation": {
                "matching_type": "current_bar", "volume_limit": False, "price_limit": False,
            },
            "sys_transaction_cost": {"stock_min_commission": 0, "tax_multiplier": 0},
        },
    }  # fmt: skip

    def work() -> dict[str, float]:
        found = {}

        def handle_bar(context: Any, _: Any) -> None:
            r = places.get(np.datetime64(context.now.date(), "D"))
            if r is not None:
                chosen = best(world.scores[r], world.names)
                order_target_portfolio({names[i]: world.weight for i in chosen})

        def after_trading(context: Any) -> None:
            found["equity"] = float(context.portfolio.total_value)

        def init(context: Any) -> None:
            """Nothing."""

        run_func(init=init, handle_bar=handle_bar, after_trading=after_trading, config=config)
        return found

    return work


JOBS: dict[str, Callable[[World], Job]] = {"strategy": strategy}
