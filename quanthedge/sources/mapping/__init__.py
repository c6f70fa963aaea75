"""Any CSV, Parquet or Feather files, read as a `mapping.toml` says."""
