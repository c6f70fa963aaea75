"""What a run says of stocks that its sleeves borrowed, and of sleeves that could have."""

import pandas as pd

from quanthedge.backtesting.narrative import note
from quanthedge.strategy import Strategy
from quanthedge.words import Bilingual

__all__ = ["lending_notes"]


def lending_notes(strategy: Strategy, tables: dict[str, pd.DataFrame]) -> list[Bilingual]:
    """Say for each sleeve of carry why its reverse side is not done, or what it borrowed."""
    found = []
    for one in strategy.sleeves:
        if one.kind != "cash_and_carry":
            continue
        if one.lent is None:
            found.append(note("not_lent", label=one.label))
            continue
        days, trades, refusals = (
            tables[name][tables[name]["sleeve"] == one.label]
            for name in ("sleeves", "trades", "refusals")
        )
        returned = (trades["reason"] == "cash_cut") & (trades["side"] == "buy")
        found.append(
            note(
                "lent",
                label=one.label, rows=f"{len(one.lent):,}", first=one.lent["date"].iloc[0],
                low=f"{one.lent['fee'].min():.2%}", high=f"{one.lent['fee'].max():.2%}",
                most=f"{days['stocks_borrowed'].max():,.0f}",
                days=int((days["stocks_borrowed"] > 0).sum()),
                fee=f"{days['lending_fee'].sum():,.0f}",
                cut=int((refusals["reason"] == "not_lendable").sum()), back=int(returned.sum()),
            )
        )  # fmt: skip
    return found
