"""How gunicorn serves the app: sockets, worker processes, the indexer beside them.

Nothing here knows what a route answers.
"""
