"""One loan, exactly: product, schedule, interest, waterfall, account, yearly cost."""
