"""How a hit is shown: its marked title, its best passages, its other fields.

Nothing here asks an engine or knows of HTTP.
"""
