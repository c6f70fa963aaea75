"""The record of a run: its tables, and the folder that they are kept in."""
