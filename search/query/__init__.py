"""The text of a query becomes the neutral Query tree, and a tree becomes words again.

Nothing here searches, and nothing ranks.
"""
