"""The indexer beside the web workers: started with them, started again when it dies.

A small process is forked from a server's first one and forks the indexer, so that
both share the dictionaries' pages and a new indexer is there in a moment. When the
first process is gone, however it went, the kernel ends both; when the small one is,
the first forks another.
"""

import logging
import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Literal, NoReturn

from index.ingest.indexer import Indexer, Stop
from index.processes import end_with_parent

_SHORTEST = 5.0
"""An indexer that lived for fewer seconds is started again after a pause."""
_PAUSE = 1.0

Role = Literal["watch", "indexer"]
"""What a forked process does: it watches the indexer, or is the indexer."""

_log = logging.getLogger("poisk.indexer")


class Supervisor:
    """Sees that there is an indexer, from the first process of a server."""

    def __init__(self, run: Callable[[], object], on_fork: Callable[[Role], object]) -> None:
        """Starts the watching process, and that the indexer.

        `run` is the indexer, until a signal asks it to stop (see run_until_signal).
        `on_fork` is called first in each forked process, with what that does.
        """
        self._run = run
        self._on_fork = on_fork
        self._start()

    def ensure_running(self) -> None:
        """Starts another watching process where it is gone."""
        if self._is_gone() and time.monotonic() - self._started > _PAUSE:
            _log.warning("the process that watches the indexer ended; starting it again")
            self._start()

    def stop(self) -> None:
        """Ends it and the indexer, which finishes the commit at hand."""
        with suppress(ProcessLookupError):
            os.kill(self._process, signal.SIGTERM)
        for _ in range(300):
            if self._is_gone():
                return
            time.sleep(0.05)

    def _start(self) -> None:
        first = os.getpid()
        self._started = time.monotonic()
        if (process := os.fork()) == 0:
            _reset_signals(first)
            self._on_fork("watch")
            self._watch()
        self._process = process

    def _is_gone(self) -> bool:
        try:
            return os.waitpid(self._process, os.WNOHANG) != (0, 0)
        except ChildProcessError:  # the server saw it first
            return True

    def _watch(self) -> NoReturn:
        """The watching process."""
        indexer = 0

        def stop(_number: int, _frame: object) -> None:
            if indexer:
                with suppress(OSError):
                    os.kill(indexer, signal.SIGTERM)
                    os.waitpid(indexer, 0)
            os._exit(0)

        signal.signal(signal.SIGTERM, stop)
        while True:
            started, watch = time.monotonic(), os.getpid()
            if (indexer := os.fork()) == 0:
                _reset_signals(watch)
                self._on_fork("indexer")
                self._index()
            with suppress(ChildProcessError):
                os.waitpid(indexer, 0)
            indexer = 0
            _log.warning("the indexer ended; starting it again")
            if time.monotonic() - started < _SHORTEST:
                time.sleep(_PAUSE)

    def _index(self) -> NoReturn:
        """The indexer's process."""
        status = 0
        try:
            self._run()
        except Exception:
            _log.exception("the indexer failed")
            status = 1
        os._exit(status)


def run_until_signal(
    indexer: Indexer,
    prepare: Callable[[], object],
    rebuild_elsewhere: Callable[[int], object],
) -> None:
    """Indexes until SIGTERM or SIGINT; the commit at hand is finished.

    `prepare` is called before the first change; `rebuild_elsewhere` starts a process for the
    rebuild with this number.
    """
    stop = Stop()

    def ask(_number: int, _frame: object) -> None:
        stop.asked = True
        indexer.wake()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, ask)
    prepare()
    indexer.run(stop, rebuild_elsewhere)


def _reset_signals(parent: int) -> None:
    """A fork of a server is none: its signals are not ours, and it ends with its parent."""
    for number in range(1, signal.NSIG):
        with suppress(OSError, ValueError):
            signal.signal(number, signal.SIG_DFL)
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the first process, which tells us
    end_with_parent(parent, signal.SIGTERM)
