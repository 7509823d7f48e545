"""The law as data: rulebooks, one gate over columns, receipts."""
