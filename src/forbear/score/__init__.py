"""Scores a person can read: small tables of shares, fitted beforehand, kept in a file with a hash."""
