"""Evidence of factors: what they ranked, and what a hedged fund would have earned."""
