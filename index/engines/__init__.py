"""What an engine must do (base) and which one a setting names (open).

Nothing outside an engine's own folder knows how it does it.
"""
