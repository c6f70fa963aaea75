"""What a purchase after a decision would have earned, and what stood against it."""
