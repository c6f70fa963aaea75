"""Markets kept by WonderTrader (wtpy)."""
