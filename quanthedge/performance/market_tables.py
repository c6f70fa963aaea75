"""The tables of a record that are made of the run and its market, by name."""

from collections.abc import Callable

import pandas as pd

from quanthedge.market import Market
from quanthedge.performance.alpha_groups import group_table, part_table
from quanthedge.performance.tilts import tilt_table
from quanthedge.record import Record
from quanthedge.risk import AnyRiskModel, FittedRisk

__all__ = ["market_tables"]


def market_tables(
    market: Market, model: AnyRiskModel | None, fitted: Callable[[], FittedRisk] | None
) -> dict[str, Callable[[Record], pd.DataFrame]]:
    """Return what makes each table of alpha and tilts of a run, by name.

    Parameters
    ----------
    market : Market
        The market of the run.
    model : RiskModel, optional
        The strategy's; its styles are those of the tilts.
    fitted : callable, optional
        Gives it, fitted on the market; it is asked where there is an alpha to split.
    """
    return {
        "alpha_groups": lambda run: group_table(run, market),
        "alpha_parts": lambda run: part_table(run, market, fitted),
        "tilts": lambda run: tilt_table(run, market, model),
    }
