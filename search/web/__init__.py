"""The JSON API and the pages over Flask, one file a concern.

Nothing here knows gunicorn or the command line.
"""
