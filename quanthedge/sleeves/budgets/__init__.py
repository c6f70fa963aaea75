"""What a sleeve's budget is of: capital, margin or risk, and what that makes of its decisions.

A budget of capital is the part of the equity that decisions are parts of. A budget of margin takes
them as parts of the whole equity and makes them smaller where their contracts would need more
margin. A budget of risk sizes them by what the sleeve's own gain has moved on paper.
"""

from quanthedge.sleeves.budgets.margin import margin_needed, margin_shares
from quanthedge.sleeves.budgets.risk import RiskReview, risk_shares
from quanthedge.sleeves.budgets.shares import BudgetOf, BudgetShares

__all__ = [
    "BudgetOf",
    "BudgetShares",
    "RiskReview",
    "margin_needed",
    "margin_shares",
    "risk_shares",
]
