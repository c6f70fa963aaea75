"""A product that aims at k times the moves of a price, rebalanced by a policy."""

import csv
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import ConfigDict, Field, model_validator

from quanthedge.errors import DataError, StrategyError
from quanthedge.hedge.policies import (
    AnyOf,
    Band,
    Calendar,
    LeverageTrigger,
    Policy,
    PriceMove,
    compile_policy,
)
from quanthedge.plain import Told
from quanthedge.rules import CALENDAR_DAYS_A_YEAR
from quanthedge.typing import Floats

__all__ = ["ExposureResult", "LeveragedExposure"]

_SECONDS_PER_YEAR = CALENDAR_DAYS_A_YEAR * 86400.0
PARTS = ("compounding", "leverage_drift", "trading_cost", "funding", "management_fee")


@dataclass(frozen=True)
class ExposureResult:
    """What a leveraged product did.

    Attributes
    ----------
    frame : DataFrame
        One row a bar: price, value, exposure (signed), leverage_before and leverage (before and
        after rebalancing; NaN once wiped out), traded (exposure bought), trading_cost, funding,
        management_fee, rebalances, reason (calendar, limit, inside the bar, wiped out).
    target : float
    parts : dict
        What the product's return differs by from k times that of the price, adding up to it:
        compounding (a product of constant leverage, rebalanced at every bar), leverage_drift (the
        leverage that was really held), trading_cost, funding, management_fee.

    """

    frame: pd.DataFrame
    target: float
    parts: dict[str, float]

    @property
    def total_return(self) -> float:
        """Return of the product over the span."""
        value = self.frame["value"]
        return float(value.iloc[-1] / value.iloc[0] - 1.0)

    @property
    def underlying_return(self) -> float:
        """Return of the price over the span."""
        price = self.frame["price"]
        return float(price.iloc[-1] / price.iloc[0] - 1.0)

    @property
    def decay(self) -> float:
        """Return of the product less k times that of the price."""
        return self.total_return - self.target * self.underlying_return

    @property
    def wiped_out(self) -> bool:
        """Whether nothing was left at some time."""
        return bool(self.frame["value"].iloc[-1] <= 0.0)

    def summary(self) -> pd.Series:
        """Return the figures of the span by name."""
        frame = self.frame
        leverage = frame["leverage"]
        mean_value = float(frame["value"].mean())
        return pd.Series(
            {
                "total_return": self.total_return,
                "underlying_return": self.underlying_return,
                "target_times_underlying": self.target * self.underlying_return,
                "decay": self.decay,
                **self.parts,
                "leverage_mean": float(leverage.mean()),
                "leverage_lowest": float(leverage.min()),
                "leverage_highest": float(leverage.max()),
                "rebalances": float(frame["rebalances"].sum()),
                "turnover": float(frame["traded"].abs().sum()) / mean_value,
                "wiped_out": float(self.wiped_out),
            }
        )


class LeveragedExposure(Told):
    """A long or short product of k times a price.

    Examples
    --------
    >>> token = LeveragedExposure(target=3.0, policy=Calendar(every_days=1))
    >>> round(token.run([10_000.0, 11_000.0, 12_100.0]).total_return, 9)
    0.69
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(default="", description="Name of the product.")
    description: str = Field(default="", description="A paragraph saying what it is.")
    target: float = Field(description="Leverage aimed at; below 0: short.")
    policy: Policy = Field(description="When it is rebalanced.")
    initial_value: float = Field(default=100.0, gt=0, description="Value at the start.")
    trading_cost: float = Field(
        default=0.0, ge=0, lt=0.5, description="Cost of a rebalancing, fraction of what it trades."
    )
    management_fee_per_year: float = Field(default=0.0, ge=0, lt=1, description="Of the value.")
    funding_rate: float = Field(
        default=0.0, gt=-1, lt=1, description="A year, of the exposure; longs pay it to shorts."
    )

    @model_validator(mode="after")
    def _has_a_side(self) -> Self:
        if self.target == 0:
            raise ValueError("target 0 has no exposure; give a leverage such as 3 or -3")
        return self

    def run(
        self,
        prices: Any,
        *,
        high: Any = None,
        low: Any = None,
        funding_rate: Any = None,
    ) -> ExposureResult:
        """Return what the product does along a price series.

        Parameters
        ----------
        prices : Series or array-like [T]
            Rising times as index, days or finer; an array is taken as daily. Times of a zone are
            taken in UTC, as venues state theirs.
        high, low : array-like [T], optional
            Of each bar. With them a policy that lands on the target acts inside a bar, at the price
            that triggers it, on the way from the last price to the bar's worst for the product;
            without them at the bar's price. Calendars, and policies that land on an edge, act at
            the bar's price in either case.
        funding_rate : array-like [T], optional
            A year, in place of the constant one.

        Raises
        ------
        DataError
            When a price is not a positive number, times do not rise, or lengths differ.

        Notes
        -----
        A bar: the exposure moves with the price; funding ``rate x exposure x time`` and the fee
        ``rate x value x time`` are paid; then the policy is asked. A rebalancing lands on its
        leverage after its cost. At a move of -1/k since the last one the product is worth nothing,
        and stays so.

        """
        from quanthedge.products.leverage.kernels import COLUMNS, REASONS, TRIGGERS, follow_exposure

        series = _checked(prices)
        values = series.to_numpy(dtype=np.float64)
        times = series.index.to_numpy()
        bounds = [_bound(side, values, name) for side, name in ((high, "high"), (low, "low"))]
        years = np.zeros(values.size)
        years[1:] = np.diff(times).astype("timedelta64[s]").astype(np.float64) / _SECONDS_PER_YEAR
        rates = np.full(values.size, self.funding_rate)
        if funding_rate is not None:
            rates = np.asarray(funding_rate, dtype=np.float64)
            if rates.shape != values.shape or not np.isfinite(rates).all():
                raise DataError(
                    f"funding_rate: {rates.size} values for {values.size} prices, or one that is "
                    "no number; give one for each"
                )
        program = compile_policy(self.policy, _daily(times))
        flags = np.concatenate([program.flags, np.zeros_like(program.flags[:1])])
        rows = np.zeros((values.size, len(COLUMNS)))
        crowded = follow_exposure(
            values, *bounds, years, self.target, self.initial_value, self.trading_cost,
            self.management_fee_per_year, rates, program._replace(flags=flags), rows,
        )  # fmt: skip
        if crowded >= 0:
            raise DataError(
                f"prices: bar {series.index[crowded]} reaches the policy's limit more than "
                f"{TRIGGERS} times between {values[crowded - 1]:g} and its extreme; give finer bars"
            )
        frame = pd.DataFrame(rows, index=series.index, columns=list(COLUMNS))
        parts = self._parts(values, frame)
        shown = frame.drop(columns=[name for name in COLUMNS if name.startswith("log_")])
        shown.insert(0, "price", values)
        shown["rebalances"] = shown["rebalances"].astype(np.int64)
        shown["reason"] = [REASONS[int(code)] for code in shown["reason"]]
        return ExposureResult(shown, self.target, parts)

    def _parts(self, prices: Floats, frame: pd.DataFrame) -> dict[str, float]:
        """Split the difference to k times the price's return, exactly."""
        returns = prices[1:] / prices[:-1] - 1.0
        simple = self.target * (prices[-1] / prices[0] - 1.0)
        growth = 1.0 + self.target * returns
        constant = float(np.prod(growth)) - 1.0 if (growth > 0).all() else -1.0
        logs = frame[[f"log_{name}" for name in PARTS[2:]]].sum()
        held = float(np.exp(frame["log_held"].sum())) - 1.0
        total = float(frame["value"].iloc[-1] / frame["value"].iloc[0]) - 1.0
        paid = total - held
        whole = float(logs.sum())
        # a part that took all has a logarithm without end: what was paid is its own
        ended = np.isneginf(logs.to_numpy())
        if ended.any():
            shares = pd.Series(ended / ended.sum(), index=logs.index)
        else:
            shares = logs / whole if whole != 0.0 else logs * 0.0
        parts = {"compounding": constant - simple, "leverage_drift": held - constant}
        parts.update({name: paid * float(shares[f"log_{name}"]) for name in PARTS[2:]})
        if whole == 0.0:
            parts["leverage_drift"] += paid
        return parts

    @classmethod
    def venue(cls, venue: str, product: str, **changes: Any) -> Self:
        """Return a product with the published policy of a venue.

        The policies stand in ``quanthedge/products/leverage/data/venues.csv`` with sources and
        confidence.

        >>> LeveragedExposure.venue("Huobi", "3S").policy.of[1].short
        -5.0
        """
        source = files("quanthedge.products.leverage").joinpath("data/venues.csv")
        rows = list(csv.DictReader(source.read_text(encoding="utf-8").splitlines()))
        for row in rows:
            if (row["venue"], row["product"]) == (venue, product):
                name = f"{venue} {product}"
                return cls(
                    name=name, target=float(row["target"]), policy=_venue_policy(row), **changes
                )
        known = ", ".join(f"{row['venue']} {row['product']}" for row in rows)
        raise StrategyError(f"no product {product!r} of venue {venue!r}; there are {known}")


def _venue_policy(row: dict[str, str]) -> Any:
    """Return the policy that a row of the venues' table describes."""
    parts: list[Any] = []
    if row["at_utc"]:
        parts.append(Calendar(every="day", at=row["at_utc"]))  # type: ignore[arg-type]
    elif row["scheduled"] == "daily":
        parts.append(Calendar(every="day"))
    if row["trigger_leverage"]:
        level = float(row["trigger_leverage"])
        trigger = {"long" if level > 0 else "short": level}
        parts.append(LeverageTrigger.model_validate(trigger))
    if row["trigger_move"]:
        parts.append(PriceMove(fraction=abs(float(row["trigger_move"]))))
    if row["band_low"]:
        parts.append(Band(low=float(row["band_low"]), high=float(row["band_high"])))
    return parts[0] if len(parts) == 1 else AnyOf(of=tuple(parts))


def _checked(prices: Any) -> pd.Series:
    """Return prices by time, or raise DataError."""
    if isinstance(prices, pd.Series):
        series = prices
    else:
        values = np.asarray(prices, dtype=np.float64)
        series = pd.Series(values, index=pd.date_range("2000-01-01", periods=values.size))
    if len(series) < 2:
        raise DataError(f"prices: {len(series)} bars; accepted are two or more")
    if not isinstance(series.index, pd.DatetimeIndex):
        raise DataError("prices: the index holds no times; give a Series by date or time")
    if series.index.tz is not None:
        series = series.set_axis(series.index.tz_convert("UTC").tz_localize(None))
    if not series.index.is_monotonic_increasing or series.index.has_duplicates:
        later = series.index[1:] > series.index[:-1]
        place = int(np.argmin(later)) + 1
        raise DataError(
            f"prices: {series.index[place]} follows {series.index[place - 1]}; times must rise, "
            "each once"
        )
    values = series.to_numpy(dtype=np.float64)
    wrong = ~(np.isfinite(values) & (values > 0))
    if wrong.any():
        place = int(np.argmax(wrong))
        raise DataError(
            f"prices: {values[place]} at {series.index[place]}; accepted are positive numbers"
        )
    return series


def _bound(side: Any, values: Floats, name: str) -> Floats:
    """Return highs or lows, NaN where there are none."""
    if side is None:
        return np.full(values.size, np.nan)
    bound = np.asarray(side, dtype=np.float64)
    if bound.shape != values.shape:
        raise DataError(f"{name}: {bound.size} values for {values.size} prices; give one for each")
    outside = bound < values if name == "high" else bound > values
    if outside.any():
        place = int(np.argmax(outside))
        raise DataError(
            f"{name}: {bound[place]} in bar {place} whose price is {values[place]}; accepted is a "
            f"{name} that holds the price"
        )
    return bound


def _daily(times: NDArray[np.datetime64]) -> NDArray[np.datetime64]:
    """Return times as days where no bar has a time of day."""
    days = times.astype("datetime64[D]")
    return days if (days == times).all() else times
