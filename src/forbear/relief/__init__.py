"""Ways out for a borrower: what may be offered now, inside the law and the lender's own terms."""
