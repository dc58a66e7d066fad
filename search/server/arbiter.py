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

    `gunicorn wsgi:app` always constructs its own class: `BaseApplication.run` names it, no setting
    replaces it, and no hook is called each second or when a child that is no worker dies. So the
    class of the object is changed, which is safe as ours adds no state to what was constructed.
    """
    if not isinstance(server, Arbiter):
        server.__class__ = Arbiter
    ours: Arbiter = server
    return ours
