"""The indexer with the parts of this process: beside a server's workers, or as a command."""

import subprocess
import sys
from collections.abc import Callable, Iterable
from typing import Protocol

from index.ingest.supervision import Role, Supervisor, run_until_signal
from search.logs import set_role
from search.parts import Parts


class Listening(Protocol):
    """A socket that a server listens on."""

    def close(self) -> None:
        """Listens no more, in this process."""


def start_indexer(parts: Parts, listening: Callable[[], Iterable[Listening]]) -> Supervisor:
    """Starts an indexer beside the workers of a server.

    `listening` are the server's sockets: kept open by an indexer that ends its batch,
    they would keep the next server from listening.
    """

    def on_fork(role: Role) -> None:
        if role == "watch":
            for socket in listening():
                socket.close()
        set_role(role)

    return Supervisor(lambda: run_indexer(parts), on_fork)


def run_indexer(parts: Parts) -> None:
    """Indexes until it is told to stop (SIGTERM, SIGINT)."""
    # The indexer is opened before: a signal in the midst of that would wait for itself.
    run_until_signal(parts.indexer, parts.read_dictionaries, _rebuild_elsewhere)


def _rebuild_elsewhere(number: int) -> None:
    subprocess.Popen(  # noqa: S603  # our own command
        [sys.executable, "-m", "search.cli.main", "rebuild", "--job", str(number)],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
    )  # fmt: skip
