"""What the sleeves of a fund brought one of its investors: the fund's lines, by his part of it.

On each day an investor has of every line of the fund the part that his money is of the fund's at
the last close: his value before the accrued performance fee, class by class, over that of all. A
class has of every line the part that its assets are; the sales service fee is the class's that
bears it. Performance fees are charged by lot or by name and are no part of this: what of them is
not charged by name stands in the last line.
"""

import numpy as np
import pandas as pd

from quanthedge.ledger import net_flows
from quanthedge.performance.sleeves import sleeve_bridge
from quanthedge.record import Record
from quanthedge.typing import Bools, Floats

__all__ = ["sleeve_lines"]

_FEES = ("management_fee", "custody_fee", "audit_fee")
_BEARS_SERVICE = "C"  # the class of units that pays for its sale


def sleeve_lines(
    result: Record, investor: str, first: pd.Timestamp, last: pd.Timestamp, gained: float
) -> pd.DataFrame:
    """Return what an investor's result of a spell of days is made of, by sleeve.

    Parameters
    ----------
    result : Record
    investor : str
    first, last : Timestamp
        Trading days, both counted.
    gained : float
        His result of these days before the fees that were charged by name, yuan.

    Returns
    -------
    DataFrame
        Indexed by ``line``: each sleeve by its label, ``interest`` of the treasury, ``fees``
        (management, custody, audit, service), ``revaluation`` of suspended holdings and
        ``performance_fee``; columns ``of_fund``, what the line added to the value of a unit over
        these days before performance fees, a fraction of that value at their beginning, and
        ``yuan``, what of it was the investor's. The first column sums to the fund's return before
        performance fees, the second to ``gained``. Empty for a fund without sleeves.

    Notes
    -----
    The line ``performance_fee`` is what is left: the change of his accrued fee, a fee charged
    through the value of a unit, what leavers' fees left in the fund, and the rounding of units and
    their values. ``of_fund`` chains days: a day's line over the fund's money of its morning, times
    what a yuan had become by then.
    """
    if result.sleeves.empty:
        return pd.DataFrame({"of_fund": [], "yuan": []}, index=pd.Index([], name="line"))
    daily = sleeve_bridge(result, "day")
    labels = list(dict.fromkeys(result.sleeves["sleeve"]))
    lines = daily[[*labels, "interest"]].copy()
    lines["fees"] = daily[list(_FEES)].sum(axis=1)
    lines["revaluation"] = daily["revaluation"]
    inside = np.asarray((daily.index >= first) & (daily.index <= last))
    part, of_class = _parts(result, investor, pd.DatetimeIndex(daily.index))
    service = daily["service_fee"].to_numpy()
    own = (lines.to_numpy() * part[:, None])[inside].sum(axis=0)
    yuan = pd.Series(own, index=lines.columns)
    yuan["fees"] += float((service * of_class)[inside].sum())
    lines["fees"] += service
    found = pd.DataFrame({"of_fund": _of_fund(result, lines, inside), "yuan": yuan})
    found.loc["performance_fee"] = [0.0, gained - float(yuan.sum())]
    return found.rename_axis("line")


def _of_fund(result: Record, lines: pd.DataFrame, inside: Bools) -> pd.Series:
    """Return what each line added to a yuan in the fund."""
    ledger = result.ledger
    money = (ledger["equity"].shift(1) + net_flows(ledger)).iloc[1:]
    steps = lines.div(money, axis=0)[inside]
    grown = (1.0 + steps.sum(axis=1)).cumprod().shift(1, fill_value=1.0)
    return steps.mul(grown, axis=0).sum()


def _parts(result: Record, investor: str, days: pd.DatetimeIndex) -> tuple[Floats, Floats]:
    """Return his part of the fund on each day, and that of the class that bears service fees."""
    charged = result.investors[result.investors["event"] == "performance_fee"]
    keys = ["date", "investor", "share_class"]
    by_name = charged.groupby(keys, observed=True)["performance_fee_yuan"].sum()
    people = result.investor_days.set_index(keys)
    gross = people["value_yuan"] + people["accrued_fee_yuan"]
    gross = gross.add(by_name.reindex(gross.index, fill_value=0.0))
    table = gross.rename("gross").reset_index()
    whole = _by_class(table).reindex(days, fill_value=0.0)
    own = _by_class(table[table["investor"] == investor])
    own = own.reindex(index=days, columns=whole.columns, fill_value=0.0)
    of_class = (own / whole.where(whole > 0.0)).fillna(0.0)
    assets = whole.copy()
    if _BEARS_SERVICE in assets:
        assets[_BEARS_SERVICE] += result.ledger["service_fee"].iloc[1:]
    weight = assets.div(assets.sum(axis=1).where(lambda s: s > 0.0), axis=0).fillna(0.0)
    service = of_class.get(_BEARS_SERVICE, pd.Series(0.0, index=days))
    return np.asarray((of_class * weight).sum(axis=1)), np.asarray(service)


def _by_class(people: pd.DataFrame) -> pd.DataFrame:
    """Return assets before performance fees by day and class of units."""
    return people.pivot_table("gross", "date", "share_class", aggfunc="sum", fill_value=0.0)
