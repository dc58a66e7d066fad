"""How gunicorn serves Poisk; `gunicorn.conf.py` at the root takes it from here."""

from typing import Any

from search.logs import set_role
from search.permissions import warn_exposed
from search.server.arbiter import Arbiter, adopt
from search.server.garbage import collect_rarely
from search.server.worker import forget
from search.settings import read_settings

_settings = read_settings()

bind = f"{_settings.host}:{_settings.port}"
workers = _settings.workers
threads = _settings.threads
worker_class = "search.server.worker.Worker"
logger_class = "search.server.gunicorn_log.GunicornLog"
preload_app = True  # the dictionaries are read once, their pages shared
timeout = 30
graceful_timeout = 10
keepalive = 5
worker_connections = 1_000
limit_request_line = 0  # the worker bounds the head as a whole (framing.py)
limit_request_fields = 50
sendfile = False  # an answer goes through the worker, which waits for no client
max_requests = 100_000
max_requests_jitter = 10_000
control_socket_disable = True  # signals do; a socket in the home folder is one door more
accesslog = None  # an access log holds readers' addresses


def when_ready(server: Any) -> None:
    """The indexer is started beside the workers; what is there by now stays, and is shared."""
    collect_rarely()  # the dictionaries have been read
    arbiter = adopt(server)
    warn_exposed(_settings)
    arbiter.watch_indexer()


def post_fork(_server: Any, _worker: Any) -> None:
    """Log lines say which process they are of."""
    set_role("web")


def child_exit(_server: Any, worker: Any) -> None:
    """The others need not leave their connections to one that is gone."""
    forget(worker)


def on_exit(server: Arbiter) -> None:
    """The indexer ends with the service."""
    server.stop_watch()
