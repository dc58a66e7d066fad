"""The indexer beside the web workers: started with them, started anew when it dies.

A small process is forked from gunicorn's first one and forks the indexer, so that
both share the dictionaries' pages and a new indexer is there in a moment. When the
first process is gone, however it went, the kernel ends both.
"""

import ctypes
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from typing import NoReturn

from index.indexer import Stop
from search.parts import Parts

_PR_SET_PDEATHSIG = 1
_SHORTEST = 5.0
"""An indexer that lived for fewer seconds is started anew after a pause."""

_log = logging.getLogger("poisk.indexer")


def start_watched(parts: Callable[[], Parts]) -> int:
    """Starts the watching process; its id. `parts` joins the parts in the indexer's process."""
    parent = os.getpid()
    if (child := os.fork()) == 0:
        _as_child(parent)
        _watch(parts)
    return child


def stop_watched(child: int) -> None:
    """Ends the watching process and the indexer, which finishes the batch at hand."""
    with suppress(ProcessLookupError):
        os.kill(child, signal.SIGTERM)
    for _ in range(300):
        try:
            if os.waitpid(child, os.WNOHANG) != (0, 0):
                return
        except ChildProcessError:  # gunicorn saw it first
            return
        time.sleep(0.05)


def run_indexer(parts: Parts) -> None:
    """Indexes until it is told to stop (SIGTERM, SIGINT)."""
    stop = Stop()

    def ask(_number: int, _frame: object) -> None:
        stop.asked = True
        parts.indexer.wake()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, ask)
    parts.analyzer("поиск search")
    parts.indexer.run(stop, _rebuild_elsewhere)


def _rebuild_elsewhere(work: int) -> None:
    subprocess.Popen(  # noqa: S603  # our own command
        [sys.executable, "-m", "search.cli", "rebuild", "--work", str(work)],
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
        _log.warning("the indexer ended; another is started")
        if time.monotonic() - started < _SHORTEST:
            time.sleep(1)


def _index(parts: Callable[[], Parts]) -> NoReturn:
    status = 0
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    try:
        run_indexer(parts())
    except Exception:
        _log.exception("the indexer broke")
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
