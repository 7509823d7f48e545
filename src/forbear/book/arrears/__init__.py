"""What every loan owes, for all loans at once: a first morning, and each day after it."""
