"""The same strategy without its hedge, with less and with more money at work."""

from quanthedge.errors import StrategyError
from quanthedge.market import Market
from quanthedge.result import Result
from quanthedge.run import backtest
from quanthedge.strategy import Strategy

__all__ = ["NAMES", "run_variants", "variants"]

NAMES = ("long_only", "half", "levered")
LONG_ONLY = 0.95  # of equity in stocks: no margin has to be kept
MORE, LESS = 1.5, 0.5  # times the invested fraction
ROOM = 0.3  # of the stocks, kept for the margin of the futures


def variants(strategy: Strategy, names: tuple[str, ...] = NAMES) -> dict[str, Strategy]:
    """Return variants of a strategy.

    Parameters
    ----------
    strategy : Strategy
    names : tuple of str
        ``long_only``: no futures, 95% in stocks; ``half``: half the invested fraction, no loan;
        ``levered``: one and a half times the invested fraction, with as much loan as stocks and 30%
        of them for margin need beyond the equity.

    Raises
    ------
    StrategyError
        When a name is not known.
    """
    found = {}
    for name in names:
        if name == "long_only":
            changes = {"invested_fraction": LONG_ONLY}
            hedge = strategy.hedge.model_copy(update={"ratio": 0.0, "range": None})
            accounts = strategy.accounts.model_copy(update={"borrowed": 0.0})
        elif name == "half":
            changes = {"invested_fraction": strategy.invested_fraction * LESS}
            hedge = strategy.hedge
            accounts = strategy.accounts.model_copy(update={"borrowed": 0.0})
        elif name == "levered":
            invested = strategy.invested_fraction * MORE
            changes = {"invested_fraction": invested}
            hedge = strategy.hedge
            loan = max(0.0, invested * (1.0 + ROOM) - 1.0)
            accounts = strategy.accounts.model_copy(update={"borrowed": round(loan, 4)})
        else:
            raise StrategyError(f"variant {name!r}; accepted: {', '.join(NAMES)}")
        plain = strategy.model_dump() | changes | {"hedge": hedge, "accounts": accounts}
        found[name] = Strategy.model_validate(plain)
    return found


def run_variants(
    strategy: Strategy,
    market: Market,
    start: str | None = None,
    end: str | None = None,
    names: tuple[str, ...] = NAMES,
) -> dict[str, Result]:
    """Run variants of a strategy on a market; see :func:`variants` and :func:`backtest`."""
    return {
        name: backtest(one, market, start, end) for name, one in variants(strategy, names).items()
    }
