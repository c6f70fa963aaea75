"""Tushare Pro: its tables, how they are read, and how they are downloaded."""
