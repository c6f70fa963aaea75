"""One of each factor of the catalogue, with windows short enough for small markets, and odd ones.

A new factor is tried by all that stands here without being named; its slow reading is a function of
its kind in tests/oracles/factors.py.
"""

from functools import cache

from quanthedge.factors import (
    CATALOGUE,
    EarningsYield,
    Momentum,
    ProfitGrowth,
    RevenueGrowth,
    Reversal,
    Turnover,
    Volatility,
)
from tests.market_fake import fake_market

CLASSES = tuple(CATALOGUE.classes().values())
_LONG = 60  # trading days beyond which a default is shortened
_YEAR = 260
# Whose exposures need not depend on the last day.
SLOW = {"momentum", "long_reversal", "downside_beta", "age"}


def short(kind):
    """The factor with its long windows cut to a sixth, those of years to a twelfth."""
    defaults = {name: field.default for name, field in kind.model_fields.items()}
    return kind(
        **{
            name: days // (6 if days <= _YEAR else 12)
            for name, days in defaults.items()
            if type(days) is int and days >= _LONG and name != "memory"  # no window of history
        }
    )


FACTORS = [
    *(short(kind) for kind in CLASSES),
    EarningsYield(fallback=False),
    Momentum(window=9, skip=0, min_traded=1.0),
    ProfitGrowth(lag_days=5, fallback=False, scale="base"),
    RevenueGrowth(lag_days=12, scale="book_equity"),
    Reversal(window=1),
    Turnover(window=10, min_traded=0.3),
    Volatility(window=5, min_traded=0.01),
]


@cache
def fake(seed):
    return fake_market(seed)


@cache
def known(name, seed):
    """The exposures of a factor, told by its name, on a whole market in memory."""
    (factor,) = [one for one in FACTORS if name_of(one) == name]
    found = factor.exposure(fake(seed))
    found.flags.writeable = False
    return found


def name_of(factor):
    parameters = factor.model_dump(exclude={"kind"})
    return factor.kind + "".join(f" {key}={value}" for key, value in parameters.items())
