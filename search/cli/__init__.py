"""The command `poisk`, one file a command group.

Nothing here answers HTTP, and the web is never imported.
"""
