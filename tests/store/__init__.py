"""The store of articles."""
