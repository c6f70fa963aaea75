"""Items of simulated statements beyond profit, equity and revenue: cash, costs, debt, spending.

Each company has habits, drawn before any price from a stream of their own: its gross margin, what
it spends on plant, how much of its profit comes as cash.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from quanthedge.market.simulation.companies import Companies
from quanthedge.typing import Days

__all__ = ["Habits", "draw_habits", "further_figures"]

Array = np.ndarray[Any, Any]
_YEAR = 4


@dataclass(frozen=True)
class Habits:
    """What is lasting about a company's business, all arrays [N].

    `gross_margin` and `cash_share` are fractions of revenue and of profit; `investment` is spent on
    plant a year, for each yuan of assets; `state` whether the state controls the company.
    """

    gross_margin: Array
    cash_share: Array
    investment: Array
    state: Array


def draw_habits(companies: Companies, draw: np.random.Generator) -> Habits:
    """Draw the habits of every company."""
    count = len(companies.codes)
    noise = draw.standard_normal((3, count))
    return Habits(
        gross_margin=np.clip(1.6 * companies.margin + 0.12 + 0.05 * noise[0], 0.03, 0.9),
        cash_share=1.05 + 0.25 * noise[1],
        investment=np.exp(-3.0 + 0.5 * noise[2]),
        state=draw.random(count) < 0.35,
    )


def further_figures(
    ends: Days,
    figures: dict[str, Array],
    companies: Companies,
    habits: Habits,
    draw: np.random.Generator,
) -> dict[str, Array]:
    """Return further items of the statements, yuan, [Q, N]; flows since 1 January.

    Parameters
    ----------
    ends
        Ends of the quarters, [Q].
    figures
        total_assets, total_liabilities, revenue, net_profit of `report_tables`, [Q, N].
    companies, habits, draw
    """
    assets, debt = figures["total_assets"], figures["total_liabilities"]
    shape = assets.shape
    noise = draw.standard_normal((5, *shape))
    quarter = _single(ends, figures["net_profit"])
    cash = habits.cash_share * quarter + 0.008 * assets + 0.012 * assets * noise[0]
    spent = assets * habits.investment / _YEAR * np.exp(0.4 * noise[1] - 0.08)
    operating = 1.3 * quarter + 0.002 * assets * noise[2]
    cost = figures["revenue"] * (1 - np.clip(habits.gross_margin + 0.01 * noise[3], 0.01, 0.95))
    made = {
        "operating_cash_flow": _cumulative(ends, cash),
        "capex_paid": _cumulative(ends, spent),
        "investing_cash_flow": -_cumulative(ends, spent * 1.1),
        "financing_cash_flow": _cumulative(ends, spent * 0.4 - 0.3 * np.maximum(quarter, 0.0)),
        "operating_profit": _cumulative(ends, operating),
        "cost_of_sales": cost,
        "cash": assets * np.clip(0.14 + 0.03 * noise[4], 0.01, 0.5),
        "short_term_borrowing": 0.3 * debt,
        "long_term_borrowing": 0.2 * debt,
        "bonds_payable": 0.05 * debt,
        "fixed_assets": assets * np.clip(4 * habits.investment + 0.1, 0.02, 0.7),
    }
    return {name: np.round(values) for name, values in made.items()}


def _parts(ends: Days) -> Array:
    """Return the quarter of the year of each end, 1 to 4, [Q]."""
    month = ends.astype("datetime64[M]").astype(np.int64) % 12 + 1
    return np.asarray(month // 3)


def _single(ends: Days, cumulative: Array) -> Array:
    """Return what each quarter added; a quarter after none known stands for its share."""
    part = _parts(ends)[:, None]
    before = np.vstack([np.full((1, cumulative.shape[1]), np.nan), cumulative[:-1]])
    added = np.where(part == 1, cumulative, cumulative - before)
    return np.where(np.isfinite(added), added, cumulative / part)


def _cumulative(ends: Days, single: Array) -> Array:
    """Return sums since 1 January; before the first known quarter the year was as that one."""
    found = single.copy()
    for quarter, part in enumerate(_parts(ends)):
        if part > 1 and quarter:
            before = found[quarter - 1]
            found[quarter] = single[quarter] + np.where(
                np.isfinite(before), before, single[quarter] * (part - 1)
            )
    return np.where(np.isfinite(single), found, np.nan)
