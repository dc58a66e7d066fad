"""Segments are built, merged and committed, and generations swapped.

Nothing here evaluates a query.
"""
