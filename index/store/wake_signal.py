"""Waking the indexer at once, where it runs on this machine; elsewhere it looks by itself."""

import select
import socket
import sys
from contextlib import suppress

_WORK, _DAMAGE = b"!", b"?"


class WakeSignal:
    """A signal among the processes of one store: many may send, one waits."""

    def __init__(self, identity: str) -> None:
        # Linux' abstract names need no file, no rights, and go with the process.
        self._name = f"\0poisk-{identity}" if sys.platform == "linux" else ""
        self._waiting: socket.socket | None = None
        self._named = False

    def send(self, damage: bool = False) -> None:
        """Says that there is work, or damage to the index.

        Never fails: for work, who waits looks by itself in time.
        """
        if self._name:
            with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sending:
                sending.setblocking(False)
                sending.sendto(_DAMAGE if damage else _WORK, self._name)

    def wait(self, seconds: float) -> bool:
        """Returns when there is work, or after so many seconds; whether damage was met.

        The signals reach the first that waits, until it closes.
        """
        if self._waiting is None:
            self._waiting = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            self._waiting.setblocking(False)
        if self._name and not self._named:
            with suppress(OSError):  # another has not closed yet
                self._waiting.bind(self._name)
                self._named = True
        ready, _, _ = select.select([self._waiting], [], [], seconds)
        damage = False
        with suppress(BlockingIOError):
            while ready:
                damage |= self._waiting.recv(16) == _DAMAGE
        return damage

    def close(self) -> None:
        """Waits no more."""
        if self._waiting is not None:
            self._waiting.close()
            self._waiting = None
            self._named = False
