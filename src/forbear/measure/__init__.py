"""What happened, in figures: roll rates, exposure to contact, and what it costs."""
