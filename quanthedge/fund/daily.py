"""What each class of units and each investor is worth at every close.

The row of a day stands after a performance fee charged that day and before the orders and dividends
of that close, which are booked before the next open: as the day's row of the ledger.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from quanthedge.fund.methods import Worth
from quanthedge.fund.values import half_up
from quanthedge.ledger import LedgerRecord
from quanthedge.typing import Floats

__all__ = ["DailyValues", "class_values_without_clients"]

_CLASS_COLUMNS = [
    "date", "share_class", "units", "assets_yuan", "unit_value", "cumulative_unit_value",
    "unit_value_after_fee", "accrued_fee_yuan",
]  # fmt: skip
_INVESTOR_DAY_COLUMNS = [
    "date", "investor", "share_class", "units", "value_yuan", "accrued_fee_yuan",
]  # fmt: skip


@dataclass
class DailyValues:
    """Spells of days as they were valued, one entry for a class and spell.

    Attributes
    ----------
    spells : list of (share class, day indices [D], assets [D], Worth)
    paid : list of (share class, day index, yuan a unit)
        Dividends.
    """

    spells: list[tuple[str, NDArray[np.int64], Floats, Worth]] = field(default_factory=list)
    paid: list[tuple[str, int, float]] = field(default_factory=list)

    def drop(self, t: int) -> None:
        """Forget day t, which is valued again after a fee."""
        kept = []
        for name, days, assets, worth in self.spells:
            if days[-1] != t:
                kept.append((name, days, assets, worth))
            elif days.size > 1:
                kept.append((name, days[:-1], assets[:-1], worth.without_last_day()))
        self.spells = kept

    def worth_at(self, t: int) -> dict[tuple[str, str], float]:
        """Return what each investor would get at the close of day t, by name and class."""
        found: dict[tuple[str, str], float] = {}
        for name, days, _, worth in reversed(self.spells):
            if days[-1] != t:
                break
            yuan = half_up(worth.value[-1], 2).tolist()
            found |= {(one, name): v for one, v in zip(worth.investors, yuan, strict=True)}
        return found

    def classes(self, dates: NDArray[np.datetime64]) -> pd.DataFrame:
        """Return the table of classes, sorted by date and class."""
        parts = []
        for name, days, assets, worth in self.spells:
            units = float(worth.units.sum())
            added = np.zeros(days.size)
            for other, day, each in self.paid:
                added += np.where((other == name) & (days > day), each, 0.0)
            parts.append(
                {
                    "date": dates[days],
                    "share_class": np.full(days.size, name, dtype=object),
                    "units": np.full(days.size, round(units, 2)),
                    "assets_yuan": assets,
                    "unit_value": worth.unit_value,
                    "cumulative_unit_value": half_up(worth.unit_value + added, 6),
                    "unit_value_after_fee": half_up((assets - worth.accrued) / units, 4),
                    "accrued_fee_yuan": worth.accrued,
                }
            )
        return _joined(parts, _CLASS_COLUMNS, ["date", "share_class"])

    def investors(self, dates: NDArray[np.datetime64]) -> pd.DataFrame:
        """Return the table of investors, sorted by date; within a day in order of joining."""
        parts = []
        for name, days, _, worth in self.spells:
            count = len(worth.investors)
            parts.append(
                {
                    "date": np.repeat(dates[days], count),
                    "investor": np.tile(np.array(worth.investors, dtype=object), days.size),
                    "share_class": np.full(days.size * count, name, dtype=object),
                    "units": np.tile(worth.units, days.size),
                    "value_yuan": half_up(worth.value.ravel(), 2),
                    "accrued_fee_yuan": half_up(worth.fee.ravel(), 2),
                }
            )
        return _joined(parts, _INVESTOR_DAY_COLUMNS, ["date", "share_class"])


def _joined(parts: list[dict[str, Any]], columns: list[str], order: list[str]) -> pd.DataFrame:
    frame = pd.DataFrame(
        {
            name: np.concatenate([part[name] for part in parts]) if parts else np.array([])
            for name in columns
        }
    )
    frame["date"] = pd.to_datetime(frame["date"]).astype("datetime64[ms]")
    for name in ("investor", "share_class"):
        if name in frame:
            frame[name] = frame[name].astype("str")
    return frame.sort_values(order, kind="stable", ignore_index=True)


def class_values_without_clients(
    record: LedgerRecord, dates: NDArray[np.datetime64]
) -> pd.DataFrame:
    """Return the table of classes of a fund that one founder holds: class A is all of it.

    Parameters
    ----------
    record : LedgerRecord
    dates : datetime64 [T]
        Trading days of the span.
    """
    days = record.days_run
    value = record.column("unit_value_before_accrual")[:days]
    part = {
        "date": dates[:days],
        "share_class": np.full(days, "A", dtype=object),
        "units": record.column("units")[:days],
        "assets_yuan": record.column("equity")[:days],
        "unit_value": value,
        "cumulative_unit_value": value,
        "unit_value_after_fee": record.column("unit_value")[:days],
        "accrued_fee_yuan": record.column("accrued_performance_fee")[:days],
    }
    return _joined([part], _CLASS_COLUMNS, ["date", "share_class"])
