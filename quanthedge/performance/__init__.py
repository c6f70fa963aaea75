"""What a run earned, risked and paid: statistics with one definition each, and their summary."""

from quanthedge.performance.book import LedgerFigures, opened_lots, refusals_by_reason
from quanthedge.performance.book_risk import BookRisk
from quanthedge.performance.bridge import Bridge, By
from quanthedge.performance.deflation import (
    SUPPOSED_TRIALS,
    deflated_by_trials,
    expected_highest_sharpe,
)
from quanthedge.performance.drawdown import Drawdowns
from quanthedge.performance.fairness import fairness
from quanthedge.performance.holdings import ShareGrowth, check_market, held_through
from quanthedge.performance.idle import cash_drag
from quanthedge.performance.long_leg import long_leg
from quanthedge.performance.market_tables import market_tables
from quanthedge.performance.measures import MINIMUM_DAYS, Measure, Summary
from quanthedge.performance.neutrality_parts import correlation_parts, correlation_stated_otherwise
from quanthedge.performance.overfit import Cscv, cscv, deflated
from quanthedge.performance.period import Period
from quanthedge.performance.relation import Pair
from quanthedge.performance.relations import Relations
from quanthedge.performance.returns import (
    NO_MOVE,
    annual_return,
    daily_returns,
    levels,
    period_levels,
    period_return,
    period_returns,
    sharpe_ratio,
    sortino_ratio,
    volatility,
    win_rate,
    years,
)
from quanthedge.performance.risk_free import risk_free_rate
from quanthedge.performance.robust import NeweyWest
from quanthedge.performance.significance import alpha_estimates
from quanthedge.performance.sleeves import sleeve_bridge, sleeve_figures
from quanthedge.performance.spans import Spans, Window
from quanthedge.performance.statement import Statement, investor_statement
from quanthedge.performance.summary import summary_of

__all__ = [
    "MINIMUM_DAYS",
    "NO_MOVE",
    "SUPPOSED_TRIALS",
    "BookRisk",
    "Bridge",
    "By",
    "Cscv",
    "Drawdowns",
    "LedgerFigures",
    "Measure",
    "NeweyWest",
    "Pair",
    "Period",
    "Relations",
    "ShareGrowth",
    "Spans",
    "Statement",
    "Summary",
    "Window",
    "alpha_estimates",
    "annual_return",
    "cash_drag",
    "check_market",
    "correlation_parts",
    "correlation_stated_otherwise",
    "cscv",
    "daily_returns",
    "deflated",
    "deflated_by_trials",
    "expected_highest_sharpe",
    "fairness",
    "held_through",
    "investor_statement",
    "levels",
    "long_leg",
    "market_tables",
    "opened_lots",
    "period_levels",
    "period_return",
    "period_returns",
    "refusals_by_reason",
    "risk_free_rate",
    "sharpe_ratio",
    "sleeve_bridge",
    "sleeve_figures",
    "sortino_ratio",
    "summary_of",
    "volatility",
    "win_rate",
    "years",
]
