"""`simulate_market`: a seeded market of any size whose truth is known."""

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from pydantic import ValidationError

from quanthedge.errors import DataError
from quanthedge.market.checks.findings import CheckReport
from quanthedge.market.simulation.calendar import expiry_days, trading_days
from quanthedge.market.simulation.companies import draw_companies, draw_lives
from quanthedge.market.simulation.earnings import draw_profitability
from quanthedge.market.simulation.factors import draw_factor_paths
from quanthedge.market.simulation.figures import draw_habits, lasting_exposures
from quanthedge.market.simulation.futures import FuturesPath, futures_bars
from quanthedge.market.simulation.indices import IndexPath, build_indices, true_betas
from quanthedge.market.simulation.names import industry_count
from quanthedge.market.simulation.published import (
    corporate_actions_table,
    government_curve_table,
    index_weights_table,
    industry_indices_table,
)
from quanthedge.market.simulation.reports import report_tables
from quanthedge.market.simulation.settings import SimulationSettings
from quanthedge.market.simulation.tables import (
    cash_rate_table,
    days_column,
    futures_table,
    index_tables,
    industry_table,
    names_table,
    stock_bars_table,
    stocks_table,
)
from quanthedge.market.simulation.trading import simulate_trading
from quanthedge.market.simulation.truth import truth_tables
from quanthedge.market.simulation.watchers import (
    estimates_table,
    holdings_table,
    owners_table,
)
from quanthedge.market.writer import NewDataset, write_dataset

__all__ = ["SimulatedMarket", "simulate_market", "simulate_tables"]

_STREAMS = (
    "companies", "listings", "special", "suspensions", "ex_dates", "factors", "profitability",
    "loadings", "specific", "debuts", "intraday", "volume", "indices", "futures", "reports",
    "names", "cash", "curve", "falls", "habits", "figures", "analysts", "funds", "owners",
)  # fmt: skip


@dataclass(frozen=True)
class SimulatedMarket:
    """Tables of a dataset, and its truth: Arrow tables and JSON values by name."""

    settings: SimulationSettings
    tables: dict[str, pa.Table]
    truth: dict[str, Any]


def simulate_market(
    target: str | Path,
    *,
    stocks: int = 120,
    years: int = 3,
    seed: int = 7,
    start: str | dt.date = "2013-01-04",
    settings: SimulationSettings | None = None,
    overwrite: bool = False,
) -> CheckReport:
    """Write a simulated market as a dataset with its truth; return what the check found.

    Parameters
    ----------
    target
        Folder of the dataset. Files in it that are not of a dataset stay.
    stocks, years, seed, start
        Size, random seed and first day. The same four give the same market.
    settings
        All settings at once, instead of the four.
    overwrite
        Replace another dataset at `target`; without it another one is refused, the same one left.

    Raises
    ------
    DataError
        A setting is out of range, or the target cannot be written.
    RuleError
        The rule book does not cover the dates.
    """
    if settings is None:
        settings = _settings(stocks=stocks, years=years, seed=seed, start=start)
    name = f"simulated {settings.stocks} x {settings.years}"
    source = (
        f"simulated by QuantHedge: {settings.stocks} stocks, {settings.years} years from "
        f"{settings.start}, seed {settings.seed}"
    )
    NewDataset(Path(target), name, source, overwrite=overwrite)  # refused before the work
    market = simulate_tables(settings)
    return write_dataset(
        target,
        market.tables,
        name=name,
        source=source,
        truth=market.truth,
        overwrite=overwrite,
    )


def _settings(**fields: Any) -> SimulationSettings:
    try:
        return SimulationSettings(**fields)
    except ValidationError as problem:
        first = problem.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        raise DataError(f"simulation: {field} = {first['input']!r}: {first['msg']}") from problem


def simulate_tables(settings: SimulationSettings) -> SimulatedMarket:
    """Return a simulated market in memory.

    Examples
    --------
    >>> market = simulate_tables(SimulationSettings(stocks=20, years=1))
    >>> market.tables["stocks"].num_rows
    20
    """
    streams = settings.generators(*_STREAMS)
    # One more year, so that expiries after the end fall on trading days too.
    long_calendar = trading_days(
        np.datetime64(settings.start, "D"), np.datetime64(settings.end, "D") + 400
    )
    calendar = long_calendar[long_calendar <= np.datetime64(settings.end, "D")]
    companies = draw_companies(settings, calendar, streams)
    habits = draw_habits(companies, streams["habits"])
    lives = draw_lives(settings, calendar, companies, streams)
    profitability = draw_profitability(
        settings, calendar, companies, lives, streams["profitability"]
    )
    industries = industry_count(settings.stocks)
    paths = draw_factor_paths(settings, len(calendar), industries, streams["factors"])
    bars = simulate_trading(
        settings, calendar, companies, lives, profitability, paths, streams,
        lasting_exposures(companies, habits),
    )  # fmt: skip
    indices = build_indices(settings, calendar, lives, bars, streams["indices"])
    betas = {index.code: true_betas(settings, companies, bars, index, paths) for index in indices}
    futures = _futures(settings, calendar, long_calendar, indices, streams["futures"])
    truth = truth_tables(settings, calendar, companies, lives, bars, paths, betas, futures)
    index_daily, index_members = index_tables(calendar, companies, indices)
    fundamentals, statements = report_tables(
        calendar, companies, lives, profitability, bars, habits, streams
    )
    tables = {
        "calendar": pa.table({"date": days_column(calendar)}),
        "stocks": stocks_table(calendar, companies, lives),
        "stock_names": names_table(calendar, companies, lives, streams["names"]),
        "index_daily": index_daily,
        "index_members": index_members,
        "futures_daily": futures_table(futures),
        "corporate_actions": corporate_actions_table(calendar, companies, bars),
        "index_weights": index_weights_table(calendar, companies, indices, bars),
        "industry_index_daily": industry_indices_table(calendar, companies, lives, bars),
        "government_yield_curve": government_curve_table(calendar, streams["curve"]),
        "fundamentals": fundamentals,
        "statements": statements,
        "fund_holdings": holdings_table(calendar, companies, lives, bars, streams["funds"]),
        "analyst_estimates": estimates_table(
            calendar, companies, lives, profitability, bars, streams["analysts"]
        ),
        "owners": owners_table(calendar, companies, lives, habits, streams["owners"]),
        "industry": industry_table(companies, lives),
        "cash_rate": cash_rate_table(calendar, streams["cash"]),
        "stock_daily": stock_bars_table(calendar, companies, bars),
    }
    return SimulatedMarket(settings, tables, truth)


def _futures(
    settings: SimulationSettings,
    calendar: Any,
    long_calendar: Any,
    indices: list[IndexPath],
    draw: np.random.Generator,
) -> list[FuturesPath]:
    """Return the products listed by the end; DataError when there is none."""
    by_code = {index.code: index for index in indices}
    expiries = expiry_days(long_calendar)
    found = [
        futures_bars(product, process, calendar, expiries, by_code[process.index], draw)
        for product, process in settings.basis.items()
    ]
    paths = [path for path in found if path is not None]
    if not paths:
        raise DataError(
            f"simulation: no index future was listed by {calendar[-1]}; "
            "end after 2010-04-16, when IF began"
        )
    return paths
