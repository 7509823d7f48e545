"""Every fact a rule, policy or model may ask for: one table of definitions, one place that computes."""
