"""Queries out: from what a person typed to an answer.

Nothing here knows how an engine keeps its index.
"""
