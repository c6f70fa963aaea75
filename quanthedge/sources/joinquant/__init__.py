"""JoinQuant: its tables and how they are read."""
