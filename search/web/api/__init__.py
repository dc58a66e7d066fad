"""The JSON API, /v1: the table of its routes, what answers them, and its description.

Pages for readers never live here, nor does what every answer of the app has in common.
"""
