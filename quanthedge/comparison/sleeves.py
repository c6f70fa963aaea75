"""What the sleeves of runs side by side brought, and what they tied up."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from quanthedge.ledger import line_names, net_flows, signed_lines
from quanthedge.record import Record, RunVariant
from quanthedge.rules import TRADING_DAYS_A_YEAR
from quanthedge.words import LANGUAGES

__all__ = ["compared_sleeves"]

_SLEEVE_COLUMNS = (
    "product", "sleeve", "name_en", "name_zh", "contribution", "financing", "margin", "capital",
    "days",
)  # fmt: skip
_EARNED = ("stock_pnl", "dividends", "futures_pnl", *line_names("cost", by_trade=True))


def compared_sleeves(name: str, result: Record, others: Mapping[str, Any]) -> pd.DataFrame:
    """Return a line for each sleeve of each run; a run without any has one line, empty.

    Parameters
    ----------
    name : str
        How the fund is called.
    result : Record
    others : mapping
        Other products by name; runs and variants among them are looked at.

    Returns
    -------
    DataFrame
        ``product``, ``sleeve`` (label), ``name_en``, ``name_zh``; of the fund's money a year, days
        over the morning's and 243 of them: ``contribution`` (after the costs of trading) and
        ``financing`` (what its money cost; missing of a variant, which keeps no sleeves); of the
        equity, mean over all days: ``margin`` and ``capital`` (stocks and margin); ``days`` on
        which it held anything. No row where no run has a sleeve.
    """
    runs = {name: result} | {
        title: one for title, one in others.items() if isinstance(one, Record | RunVariant)
    }
    if all(isinstance(one, RunVariant) or one.sleeves.empty for one in runs.values()):
        return pd.DataFrame(columns=list(_SLEEVE_COLUMNS))
    stocks = {f"name_{of}": result.strategy.sleeve_names(of)["stocks"] for of in LANGUAGES}
    rows = [row | {"product": title} for title, one in runs.items() for row in _lines(one, stocks)]
    found = pd.DataFrame(rows, columns=list(_SLEEVE_COLUMNS))
    numbers = dict.fromkeys(_SLEEVE_COLUMNS[4:], "float64")
    return found.astype(dict.fromkeys(_SLEEVE_COLUMNS[:4], "str") | numbers)


def _lines(run: Record | RunVariant, stocks: dict[str, str]) -> list[dict[str, Any]]:
    """Return the lines of a run: of the variant without sleeves that of its stocks."""
    none = {"sleeve": "", "name_en": "", "name_zh": ""}
    if isinstance(run, RunVariant):
        alone = run.name == "stocks_alone"
        return [{"sleeve": "stocks"} | stocks | _stocks_alone(run.ledger)] if alone else [none]
    if run.sleeves.empty:
        return [none]
    names = [run.strategy.sleeve_names("en"), run.strategy.sleeve_names("zh")]
    table = run.sleeves.assign(
        earned=run.sleeves[["stock_pnl", "dividends", "futures_pnl"]].sum(axis=1)
        - run.sleeves["costs"],
        paid=-run.sleeves["interest"],
    )
    return [
        {"sleeve": label, "name_en": names[0][label], "name_zh": names[1][label]}
        | _figures(run.ledger, table[table["sleeve"] == label].set_index("date"))
        for label in names[0]
    ]


def _stocks_alone(ledger: pd.DataFrame) -> dict[str, float]:
    """Return the figures of a fund that holds its stocks and nothing else."""
    days = ledger.iloc[1:]
    own = days.assign(earned=signed_lines(days, _EARNED).sum(axis=1), paid=np.nan)
    return _figures(ledger, own)


def _figures(ledger: pd.DataFrame, own: pd.DataFrame) -> dict[str, float]:
    """Return the figures of a sleeve from its days."""
    morning = (ledger["equity"].shift(1) + net_flows(ledger)).iloc[1:]
    capital = own["stock_value"] + own["cash_pledged"] + own["margin_required"]
    equity = ledger["equity"].iloc[1:]
    return {
        "contribution": float((own["earned"] / morning).mean() * TRADING_DAYS_A_YEAR),
        "financing": float((own["paid"] / morning).mean(skipna=False) * TRADING_DAYS_A_YEAR),
        "margin": float((own["margin_required"] / equity).mean()),
        "capital": float((capital / equity).mean()),
        "days": float((capital > 0).sum()),
    }
