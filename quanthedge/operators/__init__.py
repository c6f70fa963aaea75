"""Rolling and cross-sectional operators on arrays by day and stock."""
