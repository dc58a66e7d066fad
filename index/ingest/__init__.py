"""From the store into the engine: changes in their order, each once.

Nothing here knows how an engine stores or how an article was sent.
"""
