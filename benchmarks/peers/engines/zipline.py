"""zipline-reloaded: a bundle of daily bars; orders of the close fill at the next open."""

import os
from collections.abc import Callable
from datetime import time
from typing import Any

import numpy as np

from benchmarks.peers.world import CAPITAL, COMMISSION, World, best

PACKAGES = ("zipline-reloaded", "pandas")
Job = Callable[[], dict[str, float]]


def load() -> None:
    """Import it."""
    import zipline  # noqa: F401


def _calendar(world: World) -> Any:
    """Return a calendar of weekdays that covers the market, registered by a name."""
    import exchange_calendars
    import pandas as pd
    from exchange_calendars.always_open import AlwaysOpenCalendar

    # one calendar for all markets: the package keeps what it once made
    first, last = pd.Timestamp(world.dates[0]), pd.Timestamp(np.busday_offset(world.dates[0], 8000))

    class Weekdays(AlwaysOpenCalendar):  # type: ignore[misc, unused-ignore]
        """Open from Monday to Friday."""

        name = "WEEKDAYS"
        weekmask = "1111100"
        open_times = ((None, time(9, 30)),)
        close_times = ((None, time(15)),)
        close_offset = 0

        @classmethod
        def default_start(cls) -> Any:
            """Return a day before the market's first."""
            return first - pd.Timedelta(days=30)

        @classmethod
        def default_end(cls) -> Any:
            """Return a day after the last of any market."""
            return last + pd.Timedelta(days=30)

    exchange_calendars.register_calendar_type("WEEKDAYS", Weekdays, force=True)
    return exchange_calendars.get_calendar("WEEKDAYS", side="right")


def _bundle(world: World) -> Any:
    """Write the bars into a bundle below the market's folder."""
    import pandas as pd
    from zipline.data import bundles

    os.environ["ZIPLINE_ROOT"] = str(world.folder / "zipline")
    calendar = _calendar(world)
    index = pd.DatetimeIndex(world.dates)
    opened = np.vstack([world.mark[:1], world.mark[:-1]])

    def bars() -> Any:
        for i in range(world.stocks):
            first, last = opened[:, i], world.mark[:, i]
            yield i, pd.DataFrame(
                {
                    "open": first, "high": np.maximum(first, last),
                    "low": np.minimum(first, last), "close": last, "volume": 10**8,
                },
                index,
            )  # fmt: skip

    def ingest(*given: Any) -> None:
        _, assets, _, daily, adjustments, *_ = given
        daily.write(bars(), show_progress=False)
        known = pd.DataFrame(
            {
                "symbol": world.codes, "asset_name": world.codes, "start_date": index[0],
                "end_date": index[-1], "exchange": "PEERS",
            }
        )  # fmt: skip
        exchanges = pd.DataFrame({"exchange": ["PEERS"], "country_code": ["CN"]})
        assets.write(equities=known, exchanges=exchanges)
        adjustments.write()

    bundles.register(
        "peers", ingest, calendar_name="WEEKDAYS", start_session=index[0], end_session=index[-1]
    )
    bundles.ingest("peers", os.environ, show_progress=False)
    return calendar


def strategy(world: World) -> Job:
    """Choose by score on each rebalancing day."""
    import pandas as pd
    from zipline import api, run_algorithm
    from zipline.finance.slippage import SlippageModel

    calendar = _bundle(world)
    index = pd.DatetimeIndex(world.dates)
    places = {index[day]: r for r, day in enumerate(world.trade_days)}

    class AtOpen(SlippageModel):  # type: ignore[misc, unused-ignore]
        """Fill everything at the open of the bar."""

        def process_order(self, data: Any, order: Any) -> tuple[float, int]:
            """Return price and shares."""
            return data.current(order.asset, "open"), order.amount

    def initialize(context: Any) -> None:
        api.set_slippage(us_equities=AtOpen())
        api.set_commission(us_equities=api.commission.PerDollar(cost=COMMISSION))
        context.assets = [api.sid(i) for i in range(world.stocks)]

    def handle_data(context: Any, data: Any) -> None:
        r = places.get(data.current_session)
        if r is None:
            return
        chosen = {context.assets[i] for i in best(world.scores[r], world.names)}
        held = [asset for asset, of in context.portfolio.positions.items() if of.amount]
        for asset in held:
            if asset not in chosen:
                api.order_target_percent(asset, 0.0)
        for asset in chosen:
            api.order_target_percent(asset, world.weight)

    def work() -> dict[str, float]:
        table = run_algorithm(
            start=index[0], end=index[-1], initialize=initialize, handle_data=handle_data,
            capital_base=CAPITAL, bundle="peers", trading_calendar=calendar,
            benchmark_returns=pd.Series(0.0, index.tz_localize("UTC")),
        )  # fmt: skip
        return {"equity": float(table["portfolio_value"].iloc[-1])}

    return work


JOBS: dict[str, Callable[[World], Job]] = {"strategy": strategy}
