"""Text becomes tokens: words are cut, normalised, and given the terms that they are found by.

Nothing here knows fields, articles or engines.
"""
