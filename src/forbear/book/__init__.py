"""Many loans as columns: the tables of a book, their layout on disk, and what enters them."""
