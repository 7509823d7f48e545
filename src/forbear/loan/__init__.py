"""One loan, exactly: product, schedule, interest, waterfall, account (events to position), yearly cost."""
