"""The indexer beside the web workers: started with them, started anew when it dies.

A small process is forked from gunicorn's first one and forks the indexer, so that
both share the dictionaries' pages and a new indexer is there in a moment. When the
first process is gone, however it went, the kernel ends both; when the small one is,
the first forks another.
"""

import ctypes
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import NoReturn, Protocol

from index.ingest.indexer import Stop
from search.logs import set_role
from search.parts import Parts

_PR_SET_PDEATHSIG = 1
_SHORTEST = 5.0
"""An indexer that lived for fewer seconds is started anew after a pause."""
_PAUSE = 1.0

_log = logging.getLogger("poisk.indexer")


class Listening(Protocol):
    """A socket that a server listens on."""

    def close(self) -> None:
        """Listens no more, in this process."""


class Watch:
    """The watching process, as the first process of a server has it."""

    def __init__(
        self, parts: Callable[[], Parts], listening: Callable[[], Iterable[Listening]]
    ) -> None:
        """Starts it. `parts` joins the parts in the indexer's process.

        `listening` are the server's sockets: kept open by an indexer that ends its batch,
        they would keep the next server from listening.
        """
        self._parts = parts
        self._listening = listening
        self._start()

    def see(self) -> None:
        """Starts another where it is gone."""
        if self._gone() and time.monotonic() - self._started > _PAUSE:
            _log.warning("the process that watches the indexer ended; starting it again")
            self._start()

    def stop(self) -> None:
        """Ends it and the indexer, which finishes the commit at hand."""
        with suppress(ProcessLookupError):
            os.kill(self._process, signal.SIGTERM)
        for _ in range(300):
            if self._gone():
                return
            time.sleep(0.05)

    def _start(self) -> None:
        first = os.getpid()
        self._started = time.monotonic()
        if (process := os.fork()) == 0:
            for one in self._listening():
                one.close()
            _as_child(first)
            set_role("watch")
            _watch(self._parts)
        self._process = process

    def _gone(self) -> bool:
        try:
            return os.waitpid(self._process, os.WNOHANG) != (0, 0)
        except ChildProcessError:  # gunicorn saw it first
            return True


def run_indexer(parts: Parts) -> None:
    """Indexes until it is told to stop (SIGTERM, SIGINT)."""
    stop = Stop()
    indexer = parts.indexer  # opened before: a signal in the midst of that would wait for itself

    def ask(_number: int, _frame: object) -> None:
        stop.asked = True
        indexer.wake()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, ask)
    parts.read_dictionaries()
    indexer.run(stop, _rebuild_elsewhere)


def _rebuild_elsewhere(work: int) -> None:
    subprocess.Popen(  # noqa: S603  # our own command
        [sys.executable, "-m", "search.cli.main", "rebuild", "--work", str(work)],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
    )  # fmt: skip


def _watch(parts: Callable[[], Parts]) -> NoReturn:
    indexer = 0

    def stop(_number: int, _frame: object) -> None:
        if indexer:
            with suppress(OSError):
                os.kill(indexer, signal.SIGTERM)
                os.waitpid(indexer, 0)
        os._exit(0)

    signal.signal(signal.SIGTERM, stop)
    while True:
        started, watcher = time.monotonic(), os.getpid()
        if (indexer := os.fork()) == 0:
            _as_child(watcher)
            _index(parts)
        with suppress(ChildProcessError):
            os.waitpid(indexer, 0)
        indexer = 0
        _log.warning("the indexer ended; starting it again")
        if time.monotonic() - started < _SHORTEST:
            time.sleep(_PAUSE)


def _index(parts: Callable[[], Parts]) -> NoReturn:
    status = 0
    set_role("indexer")
    try:
        run_indexer(parts())
    except Exception:
        _log.exception("the indexer failed")
        status = 1
    os._exit(status)


def _as_child(parent: int) -> None:
    """A fork of a server is none: its signals are not ours, nor are its sockets."""
    for number in range(1, signal.NSIG):
        with suppress(OSError, ValueError):
            signal.signal(number, signal.SIG_DFL)
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the first process, which tells us
    with suppress(AttributeError, OSError, TypeError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:  # it died before the kernel knew
        os._exit(0)
