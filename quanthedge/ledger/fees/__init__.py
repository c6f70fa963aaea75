"""Unit value and performance fee in whole numbers, compiled for the ledger's kernel."""
