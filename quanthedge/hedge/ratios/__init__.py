"""How much to hedge: rules for the ratio, and the ratio of a book before it is held."""
