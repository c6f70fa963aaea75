"""Markets kept by RQAlpha (bundles)."""
