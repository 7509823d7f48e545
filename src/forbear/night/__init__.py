"""The night: bring the book to today, decide, ask the gate, plan; and play whole stretches of it."""
