"""A book that nobody lives in: people, loans, payments and contacts drawn from a seed."""
