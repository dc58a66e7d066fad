"""How gunicorn serves Poisk; every number can be set in the environment."""

import os

bind = f"{os.environ.get('POISK_HOST', '127.0.0.1')}:{os.environ.get('POISK_PORT', '8000')}"
workers = int(os.environ.get("POISK_WORKERS", "2"))
threads = int(os.environ.get("POISK_THREADS", "4"))
worker_class = "gthread"
preload_app = True  # the dictionaries are read once, their pages shared
timeout = 30
graceful_timeout = 10
keepalive = 5
limit_request_line = 8190
limit_request_fields = 50
max_requests = 100_000
max_requests_jitter = 10_000
accesslog = None  # an access log holds readers' addresses
