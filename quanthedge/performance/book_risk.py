"""Risk of the hedged book: what the risk model forecast, of what it was made, and what came.

At the close of a forecast's day the book is the stocks held then (yuan over equity) and, for each
product sold, the members of its index by their weights and its basis. The model gives the variance
of its return over the next days; with x the exposures of the book and C their covariance,

    variance = sum over factors k of x[k] (C x)[k] + specific + basis

so that parts add up to the whole. What came is what stocks and futures earned on these days, trades
among them, before costs and fees, each day over the equity that earned it:

    return = sum of the days' returns      volatility = root of the sum of their squares
    z = return / forecast volatility

Forecasts are made at the close of each rebalance and of each month, but for a month end whose book
is traded on the next day. Bias, Q and MRAD (:mod:`quanthedge.risk.validate`) are of forecasts whose
days do not overlap, the first and then each that begins when the one before has ended.
"""

from functools import cache
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from quanthedge.errors import DataError
from quanthedge.ledger import net_flows
from quanthedge.market import Market
from quanthedge.performance.holdings import check_market, held_through
from quanthedge.record import Record
from quanthedge.risk import FittedRisk, FittedRiskModel, RiskReport, bias_beside_noise
from quanthedge.rules import IndexProduct
from quanthedge.typing import Floats, Ints

__all__ = ["BookRisk"]

_FORECASTS = (
    "date", "end", "horizon", "volatility", "unknown", "realised_return", "realised_volatility",
    "z", "counted",
)  # fmt: skip
_PARTS_OF_RISK = ("date", "kind", "name", "name_zh", "name_en", "exposure", "variance")
_KINDS = ("country", "industry", "style")


class BookRisk(NamedTuple):
    """Forecasts of a run's risk and what came.

    Attributes
    ----------
    forecasts : DataFrame
        A row a forecast: date, end (last day of its span), horizon (days), volatility (of the
        whole span, fraction of equity; NaN where the model knew too little), unknown (share of the
        stocks' value without a risk, left out), realised_return, realised_volatility (NaN where
        the run ends within the span), z, counted (1 where no earlier counted span overlaps).
    parts : DataFrame
        A row a part of a forecast: date, kind (country, industry, style, factors, specific, basis),
        name, name_zh, name_en (of industries), exposure, variance; those of a date sum to the
        square of the volatility.
    summary : DataFrame
        See :meth:`BookRisk.summarised`.
    """

    forecasts: pd.DataFrame
    parts: pd.DataFrame
    summary: pd.DataFrame

    @classmethod
    def tables(
        cls, result: Record, market: Market, fitted: FittedRisk, horizon: int = 20
    ) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Return the forecasts of a run and their parts; see :class:`BookRisk`.

        Parameters
        ----------
        result : Record
        market : Market
            The market of the run.
        fitted : FittedRisk
            A model of it.
        horizon : int
            Trading days of a forecast.

        Raises
        ------
        DataError
            When the market is not that of the run, or the members of an index whose future was sold
            are not known.

        Notes
        -----
        A forecast uses what was known at its close. Without stocks there is none.
        """
        check_market(result, fitted.market)
        if horizon < 1:
            raise DataError(f"risk: horizon {horizon} days; accepted: 1 or more")
        through = held_through(result, market)
        days = pd.DatetimeIndex(result.ledger.index)
        hedge = cache(fitted.hedge_known)
        lines, parts = [], []
        for day in _days_of_forecasts(result):
            value, row = through.value[day], through.first + day
            known = _known(fitted, market, row, value, through.columns)
            weights = np.zeros(len(market.codes))
            equity = float(result.ledger["equity"].iloc[day])
            weights[through.columns[known]] = value[known] / equity
            futures = _futures(result, days[day], equity)
            report = None
            if row >= fitted.first_row and all(hedge(one)[row] for one in futures):
                report = fitted.risk(weights, row, horizon, futures)
                parts.append(_parts(report, fitted).assign(date=days[day]))
            unknown = np.delete(value, known).sum() / value.sum()
            lines.append(
                (days[day], float("nan") if report is None else report.volatility, unknown)
            )
        if not lines:
            return BookRisk.no_tables()
        forecasts = pd.DataFrame(lines, columns=["date", "volatility", "unknown"])
        found = pd.concat(parts, ignore_index=True) if parts else BookRisk.no_tables()[1]
        return _realised(forecasts, result, horizon), found[list(_PARTS_OF_RISK)]

    @classmethod
    def no_tables(
        cls,
    ) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Return the tables of a run whose risk nobody forecast, or that held nothing."""
        return pd.DataFrame(columns=list(_FORECASTS)), pd.DataFrame(columns=list(_PARTS_OF_RISK))

    @classmethod
    def summarised(cls, forecasts: pd.DataFrame) -> pd.DataFrame:
        """Return whether forecasts were right.

        Parameters
        ----------
        forecasts : DataFrame
            Of :class:`BookRisk`; those counted are judged.

        Returns
        -------
        DataFrame
            By measure (bias, bias_clipped, q, mrad): forecasts, value, expected (of right forecasts
            with normal returns), low and high (within which 95% of such series lie). NaN with fewer
            than 12 forecasts.
        """
        z = forecasts.loc[forecasts["counted"] == 1, "z"].to_numpy(dtype=np.float64)
        return bias_beside_noise(z)


def _days_of_forecasts(result: Record) -> Ints:
    """Return the days of the ledger, by number, at whose close the book is forecast."""
    days, held = pd.DatetimeIndex(result.ledger.index), result.ledger["stock_value"].to_numpy() > 0
    decided = days.searchsorted(pd.DatetimeIndex(result.targets["date"].unique()))
    trades = np.zeros(len(days) + 1, dtype=np.bool_)
    trades[np.minimum(decided + 1, len(days))] = True
    month = days.to_period("M")
    ends = np.append(month[1:] != month[:-1], False)
    chosen = trades[:-1] | (ends & ~trades[1:])
    chosen[-1] = False  # nothing comes after the last close
    return np.flatnonzero(chosen & held)


def _known(
    fitted: FittedRisk, market: Market, row: int, value: Floats, columns: NDArray[np.intp]
) -> Ints:
    """Return the places of the stocks that are held and have a market value, hence a risk."""
    held: Ints = np.flatnonzero(value)
    if row < fitted.first_row:
        return held
    shares = np.asarray(market.panel("total_shares")[row, columns[held]])
    mark = np.asarray(market.panel("mark")[row, columns[held]])
    size = mark * shares if isinstance(fitted, FittedRiskModel) else mark
    found: Ints = held[(size > 0) & (row < market.delist_index()[columns[held]])]
    return found


def _futures(result: Record, day: pd.Timestamp, equity: float) -> dict[str, float]:
    """Return the notional of each product at a close, fraction of equity, negative when sold."""
    table = result.contracts
    own = table[(table["date"] == day) & (table["lots"] != 0)]
    found: dict[str, float] = {}
    for contract, lots, notional in zip(
        own["contract"], own["lots"], own["futures_notional"], strict=True
    ):
        known = IndexProduct.of_contract(str(contract))
        product = known.product if known else str(contract)
        signed = float(np.sign(lots)) * abs(float(notional)) / equity
        found[product] = found.get(product, 0.0) + signed
    return found


def _parts(report: RiskReport, fitted: FittedRisk) -> pd.DataFrame:
    """Return the parts of a forecast, without those that are nothing."""
    variance = report.contributions * report.volatility**2
    table = pd.DataFrame({"variance": variance, "exposure": report.exposures}).loc[variance.index]
    if isinstance(fitted, FittedRiskModel):
        of = fitted.characteristics
        kinds = dict(zip(fitted.factors, ["country"] + ["industry"] * len(of.industries)
                         + ["style"] * len(of.style_names), strict=True))  # fmt: skip
        table["kind"] = [kinds.get(str(name), str(name)) for name in table.index]
    else:  # components have no names
        whole = float(table["variance"].iloc[:-2].sum())
        first = pd.DataFrame({"variance": [whole], "exposure": [np.nan]}, index=["factors"])
        table = pd.concat([first, table.iloc[-2:]])
        table["kind"] = table.index
    table = table.rename_axis("name").reset_index()
    nothing = (table["kind"] == "industry") & (table["exposure"] == 0.0)
    named = _industry_names(fitted.market)
    for language in ("zh", "en"):
        own = [named.get(str(name), ("", ""))[language == "en"] for name in table["name"]]
        table[f"name_{language}"] = own
    return table[~nothing]


def _industry_names(market: Market) -> dict[str, tuple[str, str]]:
    if not market.has("industry"):
        return {}
    known = market.industry()[1]
    names = zip(known["name_zh"].astype(str), known["name_en"].astype(str), strict=True)
    return dict(zip(known["industry"].astype(str), names, strict=True))


def _realised(forecasts: pd.DataFrame, result: Record, horizon: int) -> pd.DataFrame:
    """Return the forecasts with what came, and which of them do not overlap."""
    days, earned = pd.DatetimeIndex(result.ledger.index), _returns(result)
    place = days.get_indexer(pd.DatetimeIndex(forecasts["date"]))
    whole = place + horizon < len(days)
    rows = np.minimum(place + horizon, len(days) - 1)
    table = forecasts.assign(end=days[rows], horizon=horizon)
    spans = [earned[k + 1 : k + 1 + horizon] for k in place]
    table["realised_return"] = np.where(whole, [one.sum() for one in spans], np.nan)
    square = [np.sqrt((one**2).sum()) for one in spans]
    table["realised_volatility"] = np.where(whole, square, np.nan)
    table["z"] = table["realised_return"] / table["volatility"]
    counted, free = np.zeros(len(table), dtype=np.int64), 0
    for n in np.flatnonzero(np.isfinite(table["z"])):
        if place[n] >= free:
            counted[n], free = 1, place[n] + horizon
    return table.assign(counted=counted)[list(_FORECASTS)]


def _returns(result: Record) -> Floats:
    """Return what stocks and futures earned each day over the equity that earned it, [T + 1]."""
    ledger = result.ledger
    gain = ledger[["stock_pnl", "dividends", "futures_pnl"]].sum(axis=1)
    before = ledger["equity"].shift(1) + net_flows(ledger)
    found = gain / before.where(before > 0)
    return np.asarray(found.fillna(0.0), dtype=np.float64)
