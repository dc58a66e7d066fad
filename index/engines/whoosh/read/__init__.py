"""A snapshot of all segments, and a query on it: matches, scores, order, positions, counts.

Nothing here writes a file.
"""
