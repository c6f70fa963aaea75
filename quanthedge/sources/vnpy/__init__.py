"""Markets kept by VeighNa (vnpy)."""
