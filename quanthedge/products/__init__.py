"""Products of leverage and lending on top of the core: a side wing."""
