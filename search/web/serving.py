"""How gunicorn serves Poisk; `gunicorn.conf.py` at the root takes it from here."""

from search.settings import read_settings

_settings = read_settings()

bind = f"{_settings.host}:{_settings.port}"
workers = _settings.workers
threads = _settings.threads
worker_class = "gthread"
preload_app = True  # the dictionaries are read once, their pages shared
timeout = 30
graceful_timeout = 10
keepalive = 5
limit_request_line = 8190
limit_request_fields = 50
max_requests = 100_000
max_requests_jitter = 10_000
control_socket_disable = True  # signals do; a socket in the home folder is one door more
accesslog = None  # an access log holds readers' addresses
