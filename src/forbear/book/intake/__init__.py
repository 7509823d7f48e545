"""A lender's files become the tables of a book, and every row is accounted for."""
