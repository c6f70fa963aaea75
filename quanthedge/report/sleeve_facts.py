"""Figures of answers about the sleeves of a fund: what each earned, tied up and went with."""

import numpy as np
import pandas as pd

from quanthedge.performance import sleeve_bridge, sleeve_figures
from quanthedge.report.writer import Writer
from quanthedge.words import notation

__all__ = ["sleeve_facts"]

Facts = dict[str, str | None]


def sleeve_facts(writer: Writer, facts: Facts, holds: set[str]) -> None:
    """Note what every sleeve came to, and whether the fund was better with them."""
    if not len(writer.run.sleeves):
        holds.add("no_sleeves")
        return
    holds.add("has_sleeves")
    alone = writer.run.variants.get("stocks_alone")
    holds.add("sleeves_only" if alone is None else "sleeves_beside")
    table = {row["sleeve"]: row for _, row in sleeve_figures(writer.run, "whole").iterrows()}
    daily = sleeve_bridge(writer.run, "day")
    index = writer.run.ledger["index_close"].pct_change()
    told = [
        _told(writer, name, table[label], daily[label].corr(index))
        for label, name in writer.run.strategy.sleeve_names(writer.language).items()
        if table[label]["days"] > 0 or label != "stocks"
    ]
    facts["sleeves_told"] = ("；" if writer.language == "zh" else "; ").join(told)


def _told(writer: Writer, name: str, figures: pd.Series, correlation: float) -> str:
    """Return a sleeve in a clause."""
    said, unit = writer.words["sleeves"], float(writer.words["figures"]["money_unit"])
    if not figures["days"]:
        return str(said["told_idle"]).format(name=name)
    equity = figures["net_yuan"] / figures["of_equity"] if figures["of_equity"] else np.nan
    known = np.isfinite(correlation) and np.isfinite(equity)
    return str(said["told"] if known else said["told_short"]).format(
        name=name,
        net=notation.number(figures["net_yuan"] / unit, ",.0f"),
        money=writer.words["figures"]["money"],
        of_equity=notation.number(figures["of_equity"], ".2%"),
        days=f"{figures['days']:,}",
        capital=notation.number(figures["capital_yuan"] / equity, ".1%"),
        correlation=notation.number(correlation, ".2f"),
    )
