"""Articles in: sources, loading, the indexer."""
