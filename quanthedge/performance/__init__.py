"""Statistics of a run: return, risk, neutrality, trading, costs; tables by period."""

from quanthedge.performance.statistics import (
    TRADING_DAYS,
    Drawdown,
    Regression,
    annual_return,
    drawdown_series,
    max_drawdown,
    period_values,
    regression,
    sharpe,
    sortino,
    volatility,
    win_rate,
)
from quanthedge.performance.summary import Measure, Summary, measure_texts, summary
from quanthedge.performance.tables import (
    COSTS,
    INCOME,
    attribution,
    fund_values,
    monthly_table,
    yearly_table,
)

__all__ = [
    "COSTS",
    "INCOME",
    "TRADING_DAYS",
    "Drawdown",
    "Measure",
    "Regression",
    "Summary",
    "annual_return",
    "attribution",
    "drawdown_series",
    "fund_values",
    "max_drawdown",
    "measure_texts",
    "monthly_table",
    "period_values",
    "regression",
    "sharpe",
    "sortino",
    "summary",
    "volatility",
    "win_rate",
    "yearly_table",
]
