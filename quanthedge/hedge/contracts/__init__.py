"""Which contract is held: chains, roll schedule, choice between products."""
