"""Ledgers written by hand: the columns that a test is not about."""

import pandas as pd

from quanthedge.ledger import line_names

STATED = ("revaluation", "accrued_performance_fee", "accrued_fee_at_open")


def hand_made(ledger: pd.DataFrame) -> pd.DataFrame:
    """Return the ledger with nothing paid, moved, revalued or accrued where it does not say so."""
    empty = {
        name: 0.0
        for name in (*line_names("cost"), *line_names("fee"), *line_names("flow"), *STATED)
        if name not in ledger.columns
    }
    return ledger.assign(**empty)
