"""What `gunicorn wsgi:app` reads; every number is a setting (see search/settings.py)."""

from search.web.serving import *  # noqa: F403
