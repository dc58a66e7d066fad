"""From a source into the store, from the store into the engine: intake, loading, the indexer.

Nothing here knows how an engine stores, how a file is read or what a search asks.
"""
