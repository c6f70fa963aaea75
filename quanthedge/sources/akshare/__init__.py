"""AkShare: its tables, how they are read, and how they are downloaded."""
