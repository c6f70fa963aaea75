"""The basis desk: what each contract costs today, when it is rolled, what a hedge carries."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from quanthedge.cards import Card, Carded, Cell
from quanthedge.documents import asked_day
from quanthedge.errors import DataError
from quanthedge.hedge.research.basis import basis_table
from quanthedge.hedge.research.carry.spreads import spreads_on
from quanthedge.hedge.research.carry.table import opportunities_on
from quanthedge.hedge.research.carry.terms import CarryTerms
from quanthedge.market import Market
from quanthedge.rules import CALENDAR_DAYS_A_YEAR, FuturesRules
from quanthedge.words import Bilingual, in_both, texts

if TYPE_CHECKING:
    import plotly.graph_objects as go

__all__ = ["BasisDesk", "basis_desk"]

_ROLL_DAYS = 4


@dataclass(frozen=True, repr=False)
class BasisDesk(Carded):
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
    market : Market
        The market up to the day.

    """

    product: str
    date: pd.Timestamp
    contracts: pd.DataFrame
    calendar: pd.DataFrame
    carry: pd.DataFrame
    history: pd.DataFrame
    market: Market

    def opportunities(
        self,
        day: str | None = None,
        *,
        terms: CarryTerms | None = None,
        lending: pd.DataFrame | None = None,
    ) -> pd.DataFrame:
        """Return what cash-and-carry in each listed month would pay net of everything, each side.

        Parameters
        ----------
        day : date, optional
            A trading day up to that of the desk, which it is by default.
        terms : CarryTerms, optional
        lending : DataFrame, optional
            What can be borrowed of the basket, for the reverse side: columns date (from which a
            row holds), fee (a year, fraction of the value), available (yuan), collateral (fraction
            of the value, beside the proceeds).

        Returns
        -------
        DataFrame
            A row a contract and side ("carry": stocks bought, future sold; "reverse"): contract,
            position, side, days_left, price (settlement), index (close), basis, dividends (points),
            then yuan a lot: gross = multiplier x (basis + dividends), its negative for the reverse;
            commission, stamp_duty, transfer_fee, exchange_fee, basket_slippage, futures_fee,
            futures_slippage, delivery_fee, lending_fee, financing; net = gross less all of them;
            margin, reserve, capital; financing_rate (a year), return (net on the capital),
            annualised (x 365 / days_left), lending_breakeven (fee a year that would take all,
            before financing), suspended (weight), lots_volume, lots_open_interest, lots_basket,
            lots_limit (bounds on a day; infinite = none), lots (the least of them, and of what is
            lent), capital_at_most (yuan), possible, reason (why not). ``.attrs["assumed"]`` says in
            both languages what is assumed.

        Raises
        ------
        DataError
            When the day is later than the desk's, has no contract, or the lending table is wrong.

        Notes
        -----
        Decided on what is public at the close of the day, to be done the next: prices are the
        settlement price and the index's close of the day. Formulas: docs/carry.md.

        Examples
        --------
        >>> import quanthedge as qh
        >>> table = qh.basis_desk(qh.sample_market(), "2015-03-04").opportunities()
        >>> table.loc[3:4, ["contract", "side", "net", "reason"]].round(2)
          contract     side      net            reason
        3   IF1509    carry -5609.68
        4   IF1503  reverse      NaN  no lending table
        """
        row = self._row(day)
        return opportunities_on(self.market, self.product, row, terms or CarryTerms(), lending)

    def spreads(self, day: str | None = None, *, terms: CarryTerms | None = None) -> pd.DataFrame:
        """Return every calendar spread of the listed months against its fair value.

        Parameters
        ----------
        day : date, optional
            A trading day up to that of the desk, which it is by default.
        terms : CarryTerms, optional

        Returns
        -------
        DataFrame
            near, far, days_near, days_between, spread (far less near, points), fair = index x rate
            x days_between / 365 - dividends expected between the two deliveries, deviation =
            spread - fair, trade ("sell far" or "buy far"); yuan a pair of lots: gross (the
            deviation), futures_fee and futures_slippage of both legs in and out, net, margin
            (charged on the day: of both legs, or of the larger one where the rule book says so),
            margin_both, capital (margin and reserve); return, annualised (to the near delivery).
            ``.attrs["assumed"]`` says in both languages what is assumed.

        Raises
        ------
        DataError
            When the day is later than the desk's.

        Examples
        --------
        >>> import quanthedge as qh
        >>> table = qh.basis_desk(qh.sample_market(), "2015-03-04").spreads()
        >>> table[["near", "far", "spread", "fair", "net"]].round(2).head(2)
             near     far  spread   fair     net
        0  IF1503  IF1504     7.2   7.89  -97.11
        1  IF1503  IF1506    15.8  12.15  789.97
        """
        return spreads_on(self.market, self.product, self._row(day), terms or CarryTerms())

    def _row(self, day: str | None) -> int:
        """Return the row of a day of the desk."""
        if day is None:
            return len(self.market.dates) - 1
        if asked_day(day) > self.market.dates[-1]:
            raise DataError(
                f"basis desk: {day} is later than its day {self.date:%Y-%m-%d}; "
                "ask for a desk of that day"
            )
        return self.market.day(day)

    def card(self) -> Card:
        """Return what each contract costs and when it is rolled, and what to call next."""
        said = texts("quanthedge.hedge.research", "card")
        both = self.contracts.merge(self.calendar[["contract", "roll_day"]], on="contract")
        rows: list[tuple[Cell, ...]] = [
            (
                str(one["contract"]), f"{one['price']:,.1f}", f"{one['basis']:+,.1f}",
                _percent(one["annualised_adjusted"]), f"{one['days_left']:.0f}",
                "" if pd.isna(one["roll_day"]) else f"{one['roll_day']:%Y-%m-%d}",
            )
            for one in both.to_dict("records")
        ]  # fmt: skip
        facts = [said["adjusted"], *_best_carry(self.opportunities(), said)]
        steps = [
            ("desk.opportunities()", said["opportunities"]),
            ("desk.plot()", said["plot"]),
            ("desk.calendar", said["calendar"]),
        ]
        if len(self.carry):
            facts.append(in_both(said["carry"], amount=f"{self.carry['to_delivery'].sum():+,.0f}"))
            steps.append(("desk.carry", said["held"]))
        title = in_both(said["desk"], product=self.product, date=f"{self.date:%Y-%m-%d}")
        heads = [said[name] for name in ("price", "basis", "year", "left", "roll")]
        return Card(title, facts, rows, steps, heads=heads)

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


def _best_carry(table: pd.DataFrame, said: dict[str, Bilingual]) -> list[Bilingual]:
    """Return what the best month pays, and what that assumes, for the card."""
    known = table[(table["side"] == "carry") & table["possible"] & table["annualised"].notna()]
    if known.empty:
        return []
    best = known.iloc[int(known["annualised"].to_numpy().argmax())]
    return [
        in_both(
            said["opportunity"],
            contract=best["contract"],
            annualised=f"{best['annualised']:+.1%}",
            net=f"{best['net']:+,.0f}",
        ),
        in_both(said["assumed"], slippage=f"{CarryTerms().slippage_bp:g}"),
    ]


def _percent(value: float) -> str:
    return "" if pd.isna(value) else f"{value:+.2%}"


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

    Examples
    --------
    >>> import quanthedge as qh
    >>> market = qh.sample_market()
    >>> desk = qh.basis_desk(market, "2015-03-31", lots={"IF1504": -20})
    >>> desk.contracts[["contract", "days_left", "annualised_adjusted"]].round(4)
      contract  days_left  annualised_adjusted
    0   IF1504         17              -0.0694
    1   IF1505         45              -0.0237
    2   IF1506         80              -0.0182
    3   IF1509        171              -0.0220
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
    multiplier = FuturesRules.between(product, [day]).multiplier
    carry = _carry(today, lots or {}, multiplier, product)
    return BasisDesk(product, pd.Timestamp(day), today, calendar, carry, history, known)


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
