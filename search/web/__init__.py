"""The web: the JSON API, the pages, and the one table of errors."""
