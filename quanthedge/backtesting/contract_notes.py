"""What a reader must know of the contracts: those asked for and not held, late rolls, thin days."""

from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from quanthedge.backtesting.narrative import note, worded
from quanthedge.hedge import ContractSchedule, Substitution
from quanthedge.market import Market
from quanthedge.strategy import Strategy
from quanthedge.words import Bilingual

__all__ = ["Missed", "contract_notes", "missed_contracts"]


class Missed(NamedTuple):
    """Days of a run on which the contract asked for was not held.

    Attributes
    ----------
    substituted, unhedged, unknown : list of Substitution
        Another contract was held; none was; the figures that the rule goes by are not known.
    days : int
        Days of the run, of each product after another.
    late : list of int
        Trading days before expiry of rolls that came after the day on which they were asked for.
    rolls : int
    """

    substituted: list[Substitution]
    unhedged: list[Substitution]
    unknown: list[Substitution]
    days: int
    late: list[int]
    rolls: int


def missed_contracts(
    schedules: list[ContractSchedule], contracts: pd.DataFrame, dates: NDArray[np.datetime64]
) -> Missed | None:
    """Return what was asked for and not held on the days of a run; None for a run without lots.

    Parameters
    ----------
    schedules : list of ContractSchedule
    contracts : DataFrame
        Of the run: date, contract, lots.
    dates : datetime64[D] [T]
        Days that were run.
    """
    if not len(contracts) or not (contracts["lots"] != 0).any():
        return None
    last = dates[-1]
    found = [one for s in schedules for one in s.substituted if one.date <= last]
    certain = [one for one in found if one.reason != "unknown"]
    late, rolls = _late_rolls(schedules, certain, last)
    return Missed(
        substituted=[one for one in certain if one.held],
        unhedged=[one for one in certain if not one.held],
        unknown=[one for one in found if one.reason == "unknown"],
        days=len(dates) * len(schedules),
        late=late,
        rolls=rolls,
    )


def _late_rolls(
    schedules: list[ContractSchedule], certain: list[Substitution], last: np.datetime64
) -> tuple[list[int], int]:
    """Days before expiry of the rolls that were due before they were done, and all rolls."""
    waited = {(one.held, one.date) for one in certain}
    late, count = [], 0
    for schedule in schedules:
        before = dict(zip(schedule.dates[1:], schedule.dates[:-1], strict=True))
        rolls = schedule.rolls()
        days = rolls["date"].to_numpy().astype("datetime64[D]")
        done = (rolls["old"] != "").to_numpy() & (days <= last)
        count += int(done.sum())
        left = rolls["days_left"].to_numpy(np.float64)
        for old, day, days_left in zip(rolls["old"][done], days[done], left[done], strict=True):
            if (old, before.get(day)) in waited and np.isfinite(days_left):
                late.append(max(0, int(days_left)))
    return late, count


def contract_notes(
    strategy: Strategy, market: Market, missed: Missed | None, trades: pd.DataFrame
) -> list[Bilingual]:
    """Return the notes on contracts asked for and not held, and on orders in thin contracts."""
    notes = [] if missed is None else _missed_notes(strategy, missed)
    return notes + _thin_notes(strategy, market, trades)


def _missed_notes(strategy: Strategy, missed: Missed) -> list[Bilingual]:
    notes = []
    chosen = strategy.hedge.contract
    both = missed.substituted + missed.unhedged
    if both:
        first = min(both, key=lambda one: one.date)
        reasons = pd.Series([one.reason for one in both]).value_counts()
        notes.append(
            worded(
                "substituted", {"contract": chosen}, count=len(both), days=missed.days,
                others=len(missed.substituted), none=len(missed.unhedged), date=first.date,
                asked=first.asked or "?", held=first.held or "–",
                absent=int(reasons.get("absent", 0)), no_price=int(reasons.get("no_price", 0)),
                stuck=int(reasons.get("stuck", 0)),
            )
        )  # fmt: skip
    if missed.late:
        notes.append(
            note(
                "late_rolls", count=len(missed.late), rolls=missed.rolls,
                least=min(missed.late), most=max(missed.late),
                asked=strategy.hedge.roll_days,
            )
        )  # fmt: skip
    if missed.unknown:
        first = missed.unknown[0]
        notes.append(
            worded(
                "contract_unknown", {"contract": chosen}, count=len(missed.unknown),
                days=missed.days, date=first.date,
            )
        )  # fmt: skip
    return notes


def _thin_notes(strategy: Strategy, market: Market, trades: pd.DataFrame) -> list[Bilingual]:
    """Futures orders above the part of the day's volume to which stock orders are held."""
    futures = ~trades["code"].str.contains(".", regex=False)
    orders = trades[futures & (trades["reason"] != "delivery")]
    if orders.empty:
        return []
    done = orders.groupby(["date", "code"])["quantity"].sum().reset_index()
    bars = pd.concat([market.futures(product) for product in strategy.hedge.products])
    volume = bars.set_index(["date", "contract"])["volume"]
    keys = pd.MultiIndex.from_frame(done[["date", "code"]])
    known = volume.reindex(keys).to_numpy(np.float64)
    part = strategy.execution.participation
    large = done["quantity"].to_numpy(np.float64) > part * known
    notes = []
    if large.any():
        k = int(np.argmax(np.where(large, done["quantity"] / np.maximum(known, 1.0), -1.0)))
        notes.append(
            note(
                "thin_contracts", count=int(large.sum()), part=f"{part:.0%}",
                sample=f"{done['code'].iloc[k]} {done['date'].iloc[k]:%Y-%m-%d}: "
                f"{done['quantity'].iloc[k]:,.0f} / {known[k]:,.0f}",
            )
        )  # fmt: skip
    if np.isnan(known).any():
        k = int(np.isnan(known).argmax())
        sample = f"{done['code'].iloc[k]} {done['date'].iloc[k]:%Y-%m-%d}"
        notes.append(note("volume_unknown", count=int(np.isnan(known).sum()), sample=sample))
    return notes
