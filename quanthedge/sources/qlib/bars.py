"""What was traded, from Qlib's adjusted bars.

Prices are stored times `factor`, volumes divided by it: ``traded price = stored / factor`` and
``shares = stored x factor``. Only the steps of the factor matter, so it makes no difference that
Qlib scales each stock to a first close of 1.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from quanthedge.errors import DataError
from quanthedge.market.checks import Collector
from quanthedge.sources.cents import Cents
from quanthedge.sources.qlib.features import Features

__all__ = ["PRE_CLOSE", "USED", "Units", "index_bars", "stock_bars", "units_of"]

Array = np.ndarray[Any, Any]
PRICES = ("open", "high", "low", "close")
_NEEDED = (*PRICES, "volume")
PRE_CLOSE = ("pre_close", "preclose")  # read only where there is no factor
USED = {*_NEEDED, *PRE_CLOSE, "factor", "amount", "vwap"}
SAMPLE = 40  # stocks from which the units of volume and amount are told
_SCATTER = 1.1  # stocks whose ratios lie within this factor are in the same units


@dataclass(frozen=True)
class Units:
    """How volumes and amounts are written.

    Attributes
    ----------
    volume
        Shares per unit of volume.
    amount
        Yuan per unit of amount; None when amounts cannot be used.
    """

    volume: float = 1.0
    amount: float | None = 1.0


def units_of(features: Features, names: Sequence[str], collector: Collector) -> Units:
    """Tell from some stocks whether volume and amount are in shares and yuan, or as at Tushare.

    Qlib documents no unit. Shares and yuan are taken when ``amount / (volume x price)`` is near 1
    (or when there is no amount to tell); lots of 100 and thousands of yuan when it is near 0.1,
    which no other units in use give.
    """
    told = [name for name in names if features.has(name, "amount")]
    step = max(1, len(told) // SAMPLE)
    ratios = [_ratio(features, name) for name in told[::step]]
    known = np.array([ratio for ratio in ratios if np.isfinite(ratio)])
    if len(known) == 0:
        what = "the unit of volume is not in the source: shares are taken"
        collector.assume("stock_daily", what)
        return Units()
    middle = float(np.median(known))
    alike = np.abs(np.log(known / middle)) < np.log(_SCATTER)
    if alike.mean() < 0.8:
        what = (
            "amount is on another scale for each stock (divided by its first close?) and is left "
            "out; the unit of volume cannot be told: shares are taken"
        )
        collector.assume("stock_daily", what)
        return Units(amount=None)
    if abs(np.log(middle / 0.1)) < np.log(_SCATTER):
        what = (
            "amount / (volume x price) is 0.1: volume is taken to be in lots of 100 shares and "
            "amount in thousands of yuan"
        )
        collector.assume("stock_daily", what)
        return Units(100.0, 1000.0)
    return Units()


def _ratio(features: Features, name: str) -> float:
    """Return the median of amount / (volume x price) of a stock, NaN when it never traded."""
    values = features.needed(name, ("close", "volume"))
    amount = features.read(name, "amount")
    if amount is None:
        return float("nan")
    # stored price x stored volume = traded price x shares: the factor cancels
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        ratio = amount / (values["close"] * values["volume"])
    ratio = ratio[np.isfinite(ratio) & (ratio > 0)]
    return float(np.median(ratio)) if len(ratio) else float("nan")


def stock_bars(
    features: Features,
    stocks: Mapping[str, str],
    spans: Mapping[str, Sequence[tuple[Any, Any]]],
    units: Units,
    collector: Collector,
) -> Iterator[pa.Table]:
    """Return the bars of each stock as they were traded, one table per stock.

    Parameters
    ----------
    features
        The files.
    stocks
        Folder name by our code, in order of our codes.
    spans
        Intervals of `instruments/all.txt` by our code; days outside them are left out, as Qlib
        does. A stock that is not in it keeps all its days.
    units
        Of volume and amount.
    collector
        Told what was converted and left out.
    """
    tally = _Tally(collector)
    for code, name in stocks.items():
        yield _bars_of(features, code, name, spans.get(code), units, tally)
    tally.finish()


def _bars_of(
    features: Features,
    code: str,
    name: str,
    spans: Sequence[tuple[Any, Any]] | None,
    units: Units,
    tally: "_Tally",
) -> pa.Table:
    values = features.needed(name, _NEEDED)
    for field in ("factor", "amount", "vwap"):
        found = features.read(name, field)
        if found is not None:
            values[field] = found
    if "factor" not in values:
        values["pre_close"] = _pre_close(features, name)
    close, volume = values["close"], values["volume"]
    kept = ~np.isnan(close) | (volume > 0)  # a volume without a price stays, for the checks to name
    if kept.any():
        days = np.flatnonzero(kept)
        tally.suspended += int(days[-1] - days[0] + 1 - len(days))
    inside = _inside(features.calendar, spans)
    tally.outside(code, features.calendar, kept & ~inside)
    rows = np.flatnonzero(kept & inside)
    values = {field: found[rows] for field, found in values.items()}
    dates = features.calendar[rows]
    factor = values.get("factor", np.ones(len(rows)))
    bad = ~((factor > 0) & (factor < np.inf)) & ~np.isnan(values["close"])
    if bad.any():
        place = int(bad.argmax())
        raise DataError(
            f"{features.folder / name}/factor.day.bin: {int(bad.sum()):,} days have a close but no "
            f"factor above 0 (first: {code} {dates[place]}, factor {factor[place]:g}); without it "
            "the traded price is not known"
        )
    columns: dict[str, Any] = {"code": pa.DictionaryArray.from_arrays(
        np.zeros(len(rows), dtype=np.int32), pa.array([code], pa.string())
    )}  # fmt: skip
    columns["date"] = pa.array(dates, pa.date32())
    for field in (*PRICES, "pre_close"):
        if field in values:
            columns[field] = tally.cents.rounded(code, dates, field, values[field] / factor)
    with np.errstate(over="ignore", invalid="ignore"):
        shares = np.floor(values["volume"] * factor * units.volume + 0.5)
        columns["volume"] = shares
        columns["amount"] = _amount(values, factor, shares, units, tally)
    if "factor" in values:
        columns["adj_factor"] = factor
    return pa.table(columns)


def _pre_close(features: Features, name: str) -> Array:
    """Return the previous closes of a stock without a factor: its prices are as traded."""
    for field in PRE_CLOSE:
        found = features.read(name, field)
        if found is not None:
            return found
    raise DataError(f"{features.folder / name}: neither factor.day.bin nor pre_close.day.bin")


def _inside(calendar: Array, spans: Sequence[tuple[Any, Any]] | None) -> Array:
    if spans is None:
        return np.ones(len(calendar), dtype=bool)
    inside = np.zeros(len(calendar), dtype=bool)
    for start, end in spans:
        inside |= (calendar >= start) & (calendar <= end)
    return inside


def _amount(
    values: Mapping[str, Array], factor: Array, shares: Array, units: Units, tally: "_Tally"
) -> Array:
    """Return the amounts, or what the VWAP says of them, or NaN."""
    if "amount" in values and units.amount is not None:
        return values["amount"] * units.amount
    if "vwap" in values:
        tally.from_vwap += len(shares)
        return values["vwap"] / factor * shares
    return np.full(len(shares), np.nan)


class _Tally:
    """Counts what is done to stock bars and reports it at the end."""

    def __init__(self, collector: Collector) -> None:
        self._collector = collector
        self.cents = Cents(
            collector,
            "converted from float32 x factor to 0.01 yuan",
            " after dividing by the factor",
            "the factor does not lead back to traded prices (Yahoo's, for example, stay adjusted "
            "for splits); dump the data again with close / factor = the traded price",
        )
        self.suspended = 0
        self.from_vwap = 0

    def outside(self, code: str, calendar: Array, days: Array) -> None:
        """Count days outside a stock's interval."""
        if days.any():
            first = f"{code} {calendar[int(days.argmax())]}"
            what = "outside the stock's interval in instruments/all.txt left out, as Qlib does"
            self._collector.add(
                "info", "stock_daily", "interval", int(days.sum()), what, [first], unit="bar"
            )

    def finish(self) -> None:
        """Report the counts."""
        self.cents.finish()
        add = self._collector.add
        if self.suspended:
            what = "without a close between a stock's first and last left out: it was suspended"
            add("info", "stock_daily", "no close", self.suspended, what, unit="day")
        if self.from_vwap:
            what = "worked out as vwap x volume"
            add("info", "stock_daily", "vwap", self.from_vwap, what, unit="amount")


def index_bars(features: Features, indices: Mapping[str, str], collector: Collector) -> pa.Table:
    """Return index_daily; values of an index with a factor are divided by it.

    Parameters
    ----------
    features
        The files.
    indices
        Folder name by our code.
    collector
        Told which levels may be normalised.
    """
    pieces = []
    for code, name in indices.items():
        values = features.needed(name, ("close",))
        for field in ("open", "high", "low", "volume", "amount", "factor"):
            found = features.read(name, field)
            values[field] = np.full(len(features.calendar), np.nan) if found is None else found
        rows = np.flatnonzero(~np.isnan(values["close"]))
        values = {field: found[rows] for field, found in values.items()}
        factor = _index_factor(code, values["close"], values["factor"], collector)
        table = {"code": pa.array([code] * len(rows), pa.string())}
        table["date"] = pa.array(features.calendar[rows], pa.date32())
        for field in PRICES:
            table[field] = pa.array(values[field] / factor)
        with np.errstate(over="ignore", invalid="ignore"):
            table["volume"] = pa.array(values["volume"] * factor)
        table["amount"] = pa.array(values["amount"])
        pieces.append(pa.table(table))
    whole = pa.concat_tables(pieces)
    what = "taken from float32: values are good to 7 digits"
    collector.add("info", "index_daily", "float32", whole.num_rows, what, unit="bar")
    return whole


def _index_factor(code: str, close: Array, factor: Array, collector: Collector) -> Array:
    sound = (factor > 0) & (factor < np.inf)
    if len(close) and sound.all() and not (factor == 1).all():
        return factor
    partly = sound.any() and not sound.all()
    if len(close) and abs(close[0] - 1) < 1e-6:
        what = f"{code} is scaled to a first close of 1 and has no factor to undo it: its returns "
        what += "are right, its level is not, nor is any basis of futures on it"
    else:
        what = f"{code} has no factor on every day" if partly else f"{code} has no factor but 1"
        what += ": its values are taken to be the published ones"
    collector.assume("index_daily", what)
    return np.ones(len(close))
