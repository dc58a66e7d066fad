"""gunicorn's first process, which also looks after the process that watches the indexer."""

from typing import Any

from gunicorn.arbiter import Arbiter as GunicornArbiter  # type: ignore[import-untyped]

from index.ingest.supervision import Supervisor
from search.server.indexing import start_indexer


class Arbiter(GunicornArbiter):  # type: ignore[misc]
    """Starts what it looks after: the web workers, and the process that watches the indexer."""

    watch: Supervisor | None = None

    def watch_indexer(self) -> None:
        """Starts the process that watches the indexer. The app must be loaded."""
        parts = self.app.wsgi().extensions["poisk"]  # its dictionaries are read already
        self.watch = start_indexer(parts, lambda: self.LISTENERS)

    def manage_workers(self) -> None:
        """Starts what has died: called at the death of every child and once a second."""
        super().manage_workers()
        if self.watch:
            self.watch.ensure_running()

    def stop_watch(self) -> None:
        """Ends the indexer, which finishes its commit first."""
        if self.watch:
            self.watch.stop()


def adopt(server: Any) -> Arbiter:
    """The server as an Arbiter of ours.

    `gunicorn wsgi:app` makes its own, and has no setting for another class; ours has no state
    that gunicorn's constructor would have to make.
    """
    if not isinstance(server, Arbiter):
        server.__class__ = Arbiter
    ours: Arbiter = server
    return ours
