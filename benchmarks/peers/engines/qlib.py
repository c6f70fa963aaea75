"""Qlib: a data directory in its format, a strategy of target weights, its simulating executor."""

import struct
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.peers.world import CAPITAL, COMMISSION, INVESTED, World

PACKAGES = ("pyqlib", "pandas", "numpy")
Job = Callable[[], dict[str, float]]


def load() -> None:
    """Import what is used of it."""
    import qlib
    import qlib.backtest
    import qlib.contrib.strategy.signal_strategy  # noqa: F401


def _write(world: World, folder: Any) -> None:
    """Write the bars as its dump scripts do: a file of float32 for each stock and field."""
    days = [str(day) for day in world.dates]
    for name in ("calendars", "instruments", "features"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    after = str(np.busday_offset(world.dates[-1], 1))  # its last step asks where the next begins
    (folder / "calendars" / "day.txt").write_text("\n".join([*days, after]), encoding="ascii")
    lines = [f"SH{code}\t{days[0]}\t{days[-1]}" for code in world.codes]
    (folder / "instruments" / "all.txt").write_text("\n".join(lines) + "\n", encoding="ascii")
    opened = np.vstack([world.mark[:1], world.mark[:-1]])
    change = world.mark / opened - 1.0
    ones = np.ones(len(world.mark))
    for i, code in enumerate(world.codes):
        below = folder / "features" / f"sh{code}"
        below.mkdir(exist_ok=True)
        fields = {
            "open": opened[:, i], "close": world.mark[:, i], "change": change[:, i],
            "volume": 1e8 * ones, "factor": ones,
        }  # fmt: skip
        for name, values in fields.items():
            data = struct.pack("<f", 0.0) + values.astype("<f4").tobytes()
            (below / f"{name}.day.bin").write_bytes(data)


def strategy(world: World) -> Job:
    """Choose by score; the exchange with its quotes is made once and not timed."""
    import pandas as pd
    import qlib
    from qlib.backtest import backtest, get_exchange
    from qlib.contrib.strategy.signal_strategy import WeightStrategyBase

    folder = world.folder / "qlib"
    _write(world, folder)
    qlib.init(
        provider_uri=str(folder), region="cn", kernels=1, skip_if_reg=False, logging_level=40,
        clear_mem_cache=True,
    )  # fmt: skip
    index = pd.DatetimeIndex(world.dates)
    names = np.array([f"SH{code}" for code in world.codes])
    decided = index[world.trade_days]
    rows = pd.MultiIndex.from_product([decided, names], names=["datetime", "instrument"])
    signal = pd.Series(world.scores.ravel(), rows)
    exchange = get_exchange(
        freq="day", start_time=index[1], end_time=index[-1], codes=list(names),
        deal_price="$open", limit_threshold=float("inf"), open_cost=COMMISSION,
        close_cost=COMMISSION, min_cost=0.0, trade_unit=None,
    )  # fmt: skip

    class Equal(WeightStrategyBase):  # type: ignore[misc, unused-ignore]
        """Equal weights of the highest scores."""

        def generate_target_weight_position(self, score: Any, **_: Any) -> dict[str, float]:
            """Return the weights of what is invested."""
            if isinstance(score, pd.DataFrame):
                score = score.iloc[:, 0]
            chosen = score.nlargest(world.names).index
            return dict.fromkeys(chosen, 1.0 / world.names)

    def work() -> dict[str, float]:
        metrics, _ = backtest(
            start_time=index[1], end_time=index[-1],
            strategy=Equal(signal=signal, risk_degree=INVESTED),
            executor={
                "class": "SimulatorExecutor", "module_path": "qlib.backtest.executor",
                "kwargs": {"time_per_step": "day", "generate_portfolio_metrics": True},
            },
            benchmark=pd.Series(world.market, index), account=CAPITAL,
            exchange_kwargs={"exchange": exchange},
        )  # fmt: skip
        report, _ = metrics["1day"]
        return {"equity": float(report["account"].iloc[-1])}

    return work


JOBS: dict[str, Callable[[World], Job]] = {"strategy": strategy}
