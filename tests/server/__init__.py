"""Poisk as it is served: processes, sockets, a browser."""
