"""The count of what was tried on the same data, and periods that are sealed."""
