"""Research on hedges: comparison of ratios, the basis desk, books to try them on."""
