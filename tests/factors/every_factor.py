"""One of each factor, with windows short enough for small markets, and odd parameters."""

from typing import get_args

from quanthedge.factors import (
    BookYield,
    DividendYield,
    EarningsYield,
    Factor,
    Illiquidity,
    Leverage,
    Momentum,
    ProfitGrowth,
    ReturnOnEquity,
    RevenueGrowth,
    Reversal,
    SalesYield,
    Size,
    Turnover,
    Volatility,
)

FACTORS = [
    BookYield(),
    DividendYield(),
    EarningsYield(),
    EarningsYield(fallback=False),
    Illiquidity(window=11),
    Leverage(),
    Momentum(window=40, skip=7),
    Momentum(window=9, skip=0, min_traded=1.0),
    ProfitGrowth(lag_days=30),
    ProfitGrowth(lag_days=5, fallback=False, scale="base"),
    ReturnOnEquity(),
    RevenueGrowth(lag_days=30),
    RevenueGrowth(lag_days=12, scale="book_equity"),
    Reversal(window=10),
    Reversal(window=1),
    SalesYield(),
    Size(),
    Turnover(window=10, min_traded=0.3),
    Volatility(window=20),
    Volatility(window=5, min_traded=0.01),
]
CLASSES = get_args(get_args(Factor)[0])


def name_of(factor):
    parameters = factor.model_dump(exclude={"kind"})
    return factor.kind + "".join(f" {key}={value}" for key, value in parameters.items())
