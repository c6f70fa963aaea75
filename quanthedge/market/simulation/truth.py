"""What is true in a simulated market: stored beside the data in truth/, read back as panels.

The tables of truth/: `betas` (code, date, market_loading, one beta per index), `exposures` (code,
date, style exposures in force from then on), `factor_returns`, `companies`, `basis`, `events`;
`truth.json` has the settings and the premia.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from quanthedge.errors import DataError
from quanthedge.market.simulation.companies import NEVER, Companies, Lives
from quanthedge.market.simulation.factors import FactorPaths
from quanthedge.market.simulation.futures import FuturesPath
from quanthedge.market.simulation.names import INDUSTRIES
from quanthedge.market.simulation.reports import texts
from quanthedge.market.simulation.settings import SimulationSettings
from quanthedge.market.simulation.tables import days_column
from quanthedge.market.simulation.trading import Bars
from quanthedge.typing import Days

__all__ = ["Truth", "truth_tables"]

Array = np.ndarray[Any, Any]
_DIGITS = 9  # decimals kept: the last bits of exp and log differ from machine to machine


@dataclass(frozen=True)
class Truth:
    """The truth of a simulated market on disk.

    Examples
    --------
    >>> truth = Truth.open("data/sample")                          # doctest: +SKIP
    >>> truth.betas("000300.SH").shape                             # doctest: +SKIP
    (731, 120)
    """

    folder: Path
    values: dict[str, Any]

    @classmethod
    def open(cls, market: str | Path) -> "Truth":
        """Open the truth of the dataset in a folder; DataError when it has none."""
        folder = Path(market) / "truth"
        path = folder / "truth.json"
        if not path.is_file():
            raise DataError(
                f"{market}: no truth/truth.json; only markets made by `quanthedge simulate` have a "
                "known truth"
            )
        return cls(folder, json.loads(path.read_text(encoding="utf-8")))

    def table(self, name: str) -> pd.DataFrame:
        """Return one of the tables: betas, exposures, factor_returns, companies, basis, events."""
        path = self.folder / f"{name}.parquet"
        if not path.is_file():
            there = ", ".join(sorted(one.stem for one in self.folder.glob("*.parquet")))
            raise DataError(f"truth: no table '{name}'; there are {there}")
        frame: pd.DataFrame = pq.read_table(path).to_pandas()
        return frame

    def betas(self, index_code: str = "000300.SH") -> Array:
        """Return true betas to an index, [T, N] as the market's panels; NaN before the listing.

        Row t holds for the return of day t given the weights at the close before.
        """
        return self._panel(f"beta_{index_code[:6]}")

    def market_loadings(self) -> Array:
        """Return true loadings on the market factor, [T, N]; NaN where not listed."""
        return self._panel("market_loading")

    def _panel(self, column: str) -> Array:
        table = pq.read_table(self.folder / "betas.parquet")
        if column not in table.column_names:
            raise DataError(f"truth: no column '{column}' in betas; {table.column_names[2:]}")
        code = table["code"].combine_chunks()
        dates, row = np.unique(table["date"].to_numpy(), return_inverse=True)
        words = np.array(code.dictionary.to_pylist())
        stock = np.argsort(np.argsort(words))[code.indices.to_numpy()]
        panel = np.full((len(dates), len(words)), np.nan)
        panel[row, stock] = table[column].to_numpy()
        return panel


def truth_tables(
    settings: SimulationSettings,
    calendar: Days,
    companies: Companies,
    lives: Lives,
    bars: Bars,
    paths: FactorPaths,
    betas: dict[str, Array],
    futures: list[FuturesPath],
) -> dict[str, Any]:
    """Return the truth as Arrow tables and JSON values by name."""
    premia = {name: style.premium_per_year for name, style in settings.styles.items()}
    return {
        "betas": _betas(calendar, companies, lives, bars, betas),
        "exposures": _exposures(settings, calendar, companies, lives, bars),
        "factor_returns": _factor_returns(settings, calendar, paths),
        "companies": _companies(companies),
        "basis": _basis(calendar, futures),
        "events": _events(calendar, companies, lives, bars),
        "settings": settings.model_dump(mode="json"),
        "premia_per_year": premia,
        "industries": [name for _, name in INDUSTRIES[: paths.industries.shape[1]]],
    }


def _coded(companies: Companies, stock: Array) -> pa.DictionaryArray:
    words = pa.array(companies.codes.tolist(), pa.string())
    return pa.DictionaryArray.from_arrays(pa.array(stock.astype(np.int32)), words)


def _alive(lives: Lives, days: int) -> Array:
    return np.stack([lives.alive(row) for row in range(days)])


def _betas(
    calendar: Days, companies: Companies, lives: Lives, bars: Bars, betas: dict[str, Array]
) -> pa.Table:
    alive = np.ascontiguousarray(_alive(lives, len(calendar)).T)
    stock, row = np.nonzero(alive)
    columns = {
        "code": _coded(companies, stock),
        "date": days_column(calendar[row]),
        "market_loading": pa.array(np.ascontiguousarray(bars.loading.T)[alive]),
    }
    for code, values in betas.items():
        rounded = np.round(values, 4)
        columns[f"beta_{code[:6]}"] = pa.array(np.ascontiguousarray(rounded.T)[alive])
    return pa.table(columns)


def _exposures(
    settings: SimulationSettings, calendar: Days, companies: Companies, lives: Lives, bars: Bars
) -> pa.Table:
    rows = bars.exposure_rows
    alive = np.stack([lives.alive(int(row)) for row in rows]).T
    stock, update = np.nonzero(alive)
    columns = {"code": _coded(companies, stock), "date": days_column(calendar[rows[update]])}
    for place, name in enumerate(settings.style_names):
        columns[name] = pa.array(np.ascontiguousarray(bars.exposures[update, stock, place]))
    return pa.table(columns)


def _factor_returns(settings: SimulationSettings, calendar: Days, paths: FactorPaths) -> pa.Table:
    columns = {
        "date": days_column(calendar),
        "volatility_state": pa.array(np.round(paths.volatility_state, _DIGITS)),
        "market": pa.array(np.round(paths.market, _DIGITS)),
    }
    for place in range(paths.industries.shape[1]):
        columns[f"industry_{place + 1:02d}"] = pa.array(
            np.round(paths.industries[:, place], _DIGITS)
        )
    for place, name in enumerate(settings.style_names):
        columns[name] = pa.array(np.round(paths.styles[:, place], _DIGITS))
    return pa.table(columns)


def _companies(companies: Companies) -> pa.Table:
    columns = {
        "code": pa.array(companies.codes.tolist(), pa.string()),
        "industry": pa.array([f"{one + 1:02d}" for one in companies.industry], pa.string()),
    }
    for name in ("beta_mean", "specific_volatility", "turnover", "profitability", "price_to_book",
                 "payout", "float_fraction"):  # fmt: skip
        columns[name] = pa.array(np.round(getattr(companies, name), _DIGITS))
    return pa.table(columns)


def _basis(calendar: Days, futures: list[FuturesPath]) -> pa.Table:
    days = len(calendar)
    return pa.table(
        {
            "product": pa.array([path.product for path in futures for _ in range(days)]),
            "date": days_column(np.tile(calendar, len(futures))),
            "basis_per_year": pa.array(np.concatenate([path.basis_per_year for path in futures])),
        }
    )


def _events(calendar: Days, companies: Companies, lives: Lives, bars: Bars) -> pa.Table:
    """Return what happened to the stocks: code, date, event, cash and bonus shares per share."""
    rows: list[tuple[int, int, str, float, float]] = [
        (action.stock, action.row, "ex_date", action.cash_per_share, action.bonus_per_share)
        for action in bars.ex_dates
    ]
    for name, at in (
        ("listed", lives.listed),
        ("special_treatment", lives.special_from),
        ("special_treatment_ends", lives.special_to),
        ("delisting_period", lives.delisting_from),
        ("delisted", lives.gone),
    ):
        happened = np.flatnonzero((at >= 0) & (at < min(len(calendar), NEVER)))
        rows += [(int(stock), int(at[stock]), name, 0.0, 0.0) for stock in happened]
    away = _alive(lives, len(calendar)) & ~bars.traded
    change = np.diff(np.pad(away.astype(np.int8), ((1, 1), (0, 0))), axis=0)
    for name, sign in (("suspended", 1), ("resumed", -1)):
        day, stock = np.nonzero(change[: len(calendar)] == sign)
        rows += [(int(k), int(t), name, 0.0, 0.0) for t, k in zip(day, stock, strict=True)]
    rows.sort()
    return pa.table(
        {
            "code": texts(companies.codes, np.array([row[0] for row in rows])),
            "date": days_column(calendar[[row[1] for row in rows]]),
            "event": pa.array([row[2] for row in rows], pa.string()),
            "cash_per_share": pa.array([row[3] for row in rows], pa.float64()),
            "bonus_per_share": pa.array([row[4] for row in rows], pa.float64()),
        }
    )
