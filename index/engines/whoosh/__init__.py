"""The embedded engine: the Engine protocol over our segments, and the Codec that lets Whoosh
read them.

No other folder imports whoosh.
"""
