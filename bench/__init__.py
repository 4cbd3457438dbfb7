"""Measurements anyone can run; each prints a table and, with --json, one line of JSON."""
