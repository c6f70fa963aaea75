"""The futures leg of the ledger: lots wanted, trading, settlement, margin."""
