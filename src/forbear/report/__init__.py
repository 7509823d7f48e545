"""Tables, charts and pages in 中文 and English: one look for summary, demo and evidence."""
