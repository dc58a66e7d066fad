"""Queries out: from what a person typed to JSON and pages."""
