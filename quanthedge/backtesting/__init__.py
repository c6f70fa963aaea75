"""From a strategy and a market to a result: preparation, ledger, fund, notes."""
