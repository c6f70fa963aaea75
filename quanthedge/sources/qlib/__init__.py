"""Markets kept by Qlib."""
