"""The compiled ledger: a day's order of events, futures, fees of orders, corporate actions."""
