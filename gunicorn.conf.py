"""What `gunicorn wsgi:app` reads; every number is a setting (see search/settings.py)."""

from search.server.serving import *  # noqa: F403
