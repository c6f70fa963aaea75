"""The basis desk: what each contract costs today, when it is rolled, what a hedge carries."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from quanthedge.errors import DataError
from quanthedge.hedge.research.basis import basis_table
from quanthedge.market import Market
from quanthedge.rules import CALENDAR_DAYS_A_YEAR, futures_rules

if TYPE_CHECKING:
    import plotly.graph_objects as go

__all__ = ["BasisDesk", "basis_desk"]

_ROLL_DAYS = 4


@dataclass(frozen=True)
class BasisDesk:
    """The desk of a day.

    Attributes
    ----------
    product : str
    date : Timestamp
    contracts : DataFrame
        The listed contracts, as rows of :func:`basis_table` of the day.
    calendar : DataFrame
        For each of them: last_trading_day, roll_day (so many trading days before),
        trading_days_left, following, spread (following less own price, points), spread_annualised.
    carry : DataFrame
        For each contract held: lots (below 0 sold short), notional (of a short above 0),
        to_delivery (expected gain until delivery, yuan, when the basis less dividends goes to
        nothing), per_year (yuan).
    history : DataFrame
        `basis_table` up to the day.

    """

    product: str
    date: pd.Timestamp
    contracts: pd.DataFrame
    calendar: pd.DataFrame
    carry: pd.DataFrame
    history: pd.DataFrame

    def text(self) -> str:
        """Return the three tables for a terminal."""
        parts = [
            f"{self.product} on {self.date:%Y-%m-%d}",
            self.contracts.drop(columns=["date"]).to_string(
                index=False, float_format="{:.4f}".format
            ),
            self.calendar.to_string(index=False, float_format="{:.4f}".format),
        ]
        if len(self.carry):
            parts.append(self.carry.to_string(index=False, float_format="{:,.4f}".format))
        return "\n\n".join(parts)

    def plot(self) -> "go.Figure":
        """Return the adjusted annualised basis of each position up to the day."""
        import plotly.graph_objects as go

        figure = go.Figure()
        for position, part in self.history.groupby("position", observed=True):
            figure.add_scatter(
                x=part["date"], y=part["annualised_adjusted"], mode="lines", name=str(position)
            )
        figure.update_layout(
            title=f"{self.product}: basis before dividends, annualised",
            yaxis_tickformat=".2~%",
            template="plotly_white",
        )
        return figure


def basis_desk(
    market: Market,
    date: str | None = None,
    product: str = "IF",
    *,
    lots: dict[str, int] | None = None,
    roll_days: int = _ROLL_DAYS,
) -> BasisDesk:
    """Return the basis desk of a day, from what was public at its close.

    Parameters
    ----------
    market : Market
    date : date, optional
        A trading day; the market's last by default.
    product : {"IF", "IH", "IC", "IM"}
    lots : dict, optional
        Lots held by contract, below 0 when sold short. Of a run's last day: ``result.contracts``
        holds them.
    roll_days : int
        Trading days before the last trading day on which a hedge is rolled.

    Raises
    ------
    DataError
        When no contract is listed on the day, or one held is not.
    """
    row = len(market.dates) - 1 if date is None else market.day(date)
    day = market.dates[row]
    known = market.until(day)
    history = basis_table(known, product)
    today = history[history["date"] == pd.Timestamp(day)].reset_index(drop=True)
    if today.empty:
        raise DataError(f"basis of {product}: no contract has a price and its index on {day}")
    bars = known.futures(product)
    ends = bars.drop_duplicates("contract").set_index("contract")["last_trading_day"]
    calendar = _calendar(known, today, ends, row, roll_days)
    multiplier = futures_rules(product, [day]).multiplier
    carry = _carry(today, lots or {}, multiplier, product)
    return BasisDesk(product, pd.Timestamp(day), today, calendar, carry, history)


def _calendar(
    market: Market, today: pd.DataFrame, ends: pd.Series, row: int, roll_days: int
) -> pd.DataFrame:
    """Return when each contract ends and is rolled, and what the roll then earns."""
    trading = market.calendar
    here = int(np.searchsorted(trading, market.dates[row]))
    rows = []
    listed = today.to_dict("records")
    for k, one in enumerate(listed):
        end = np.datetime64(ends[one["contract"]], "D")
        place = int(np.searchsorted(trading, end))
        beyond = place >= len(trading)
        left = int(np.busday_count(market.dates[row], end)) if beyond else place - here
        roll = np.datetime64("NaT") if beyond else trading[max(here, place - roll_days)]
        after = listed[k + 1] if k + 1 < len(listed) else None
        spread = after["price"] - one["price"] if after else np.nan
        between = after["days_left"] - one["days_left"] if after else np.nan
        rows.append(
            {
                "contract": one["contract"],
                "last_trading_day": pd.Timestamp(end),
                "roll_day": pd.Timestamp(roll),
                "trading_days_left": left,
                "following": after["contract"] if after else "",
                "spread": spread,
                "spread_annualised": spread / one["index"] * CALENDAR_DAYS_A_YEAR / between
                if after
                else np.nan,
            }
        )
    return pd.DataFrame(rows)


def _carry(
    today: pd.DataFrame, lots: dict[str, int], multiplier: float, product: str
) -> pd.DataFrame:
    """Return what the lots of the day earn when the basis before dividends goes to nothing."""
    rows = []
    prices = today.set_index("contract")
    for contract, held in lots.items():
        if not contract.startswith(product):
            continue
        if contract not in prices.index:
            raise DataError(
                f"basis desk: {contract} is held but not listed on the day; listed are "
                f"{', '.join(prices.index)}"
            )
        one = prices.loc[contract]
        gain = -held * multiplier * (one["basis"] + one["dividends"])
        years = one["days_left"] / CALENDAR_DAYS_A_YEAR
        rows.append(
            {
                "contract": contract,
                "lots": held,
                "notional": -held * multiplier * one["price"],
                "to_delivery": gain,
                "per_year": gain / years if years > 0 else np.nan,
            }
        )
    return pd.DataFrame(rows, columns=["contract", "lots", "notional", "to_delivery", "per_year"])
