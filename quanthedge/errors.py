"""The one family of errors: what is wrong, where, what is accepted, what to do."""

__all__ = [
    "DataError",
    "LedgerError",
    "QuantHedgeError",
    "RuleError",
    "StrategyError",
    "StrategyWarning",
]


class QuantHedgeError(Exception):
    """Base of every error that QuantHedge raises on purpose."""


class DataError(QuantHedgeError):
    """Market data is missing, malformed or does not cover what was asked for."""


class StrategyError(QuantHedgeError):
    """A strategy is malformed or cannot be run on the market at hand."""


class RuleError(QuantHedgeError):
    """The rule book does not cover a date, board or product."""


class LedgerError(QuantHedgeError):
    """The ledger broke one of its promises or the fund became insolvent."""


class StrategyWarning(UserWarning):
    """A strategy says something of itself that its parameters no longer bear out."""
