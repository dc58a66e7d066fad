"""The log: one line an event, on standard error, the same in every process of Poisk.

    2026-11-23T10:00:00.123+03:00 WARNING indexer[4711] poisk.indexer: waiting: the disk is full

A cause that comes again is logged once and counted. Hostile text cannot begin a line of its own;
keys and passwords are left out. Readers' addresses are never given to the log.
"""

import atexit
import logging
import os
import re
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType

WINDOW = 60.0
"""Seconds in which a cause is logged once."""
_CAUSES = 256
"""So many causes are remembered; the oldest makes room."""
_LONGEST = 4_000
"""Characters of a message."""
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_KEY = re.compile(r"(poisk_[a-z2-7]{10})_[A-Za-z0-9_-]{43}")
_PASSWORD = re.compile(r"(://[^\s:/@]*):[^\s/@]+@")


def start_logging(role: str, handler: logging.Handler | None = None) -> None:
    """Everything that is logged in this process goes to standard error, or to the handler."""
    handler = handler or logging.StreamHandler()
    handler.setFormatter(LineFormatter(role))
    handler.addFilter(Repeats(handler.handle))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("poisk").setLevel(logging.INFO)
    logging.captureWarnings(True)
    sys.excepthook = _log_uncaught
    threading.excepthook = _log_thread


def set_role(role: str) -> None:
    """Says what this process does, from now on: a fork does something else."""
    for handler in logging.getLogger().handlers:
        if isinstance(handler.formatter, LineFormatter):
            handler.formatter.role = role


class LineFormatter(logging.Formatter):
    """Time, level, role and number of the process, logger, message; a traceback is indented."""

    def __init__(self, role: str) -> None:
        super().__init__()
        self.role = role

    def format(self, record: logging.LogRecord) -> str:
        moment = datetime.fromtimestamp(record.created).astimezone()
        line = (
            f"{moment.isoformat(timespec='milliseconds')} {record.levelname}"
            f" {self.role}[{os.getpid()}] {record.name}: {_one_line(record.getMessage())}"
        )
        if not record.exc_info:
            return line
        traceback = self.formatException(record.exc_info).split("\n")
        return "\n".join([line, *(f"    | {_one_line(one)}" for one in traceback)])


def _one_line(text: str) -> str:
    """The text without line breaks, other control characters, and secrets."""
    if len(text) > _LONGEST:
        text = f"{text[:_LONGEST]}… ({len(text)} characters)"
    text = _KEY.sub(r"\1_…", text)
    text = _PASSWORD.sub(r"\1:…@", text)
    return _CONTROL.sub(lambda found: repr(found[0])[1:-1], text)


@dataclass(slots=True)
class _Cause:
    """What is known about a cause: when it may be logged again, how often it came meanwhile."""

    until: float
    record: logging.LogRecord
    count: int = 0


class Repeats(logging.Filter):
    """Lets a cause through once in a window, then says how often it came; its traceback once.

    Errors have the same cause where the same line raised the same kind of error; else messages
    that are equal have. Safe for threads and for forks.
    """

    def __init__(
        self,
        emit: Callable[[logging.LogRecord], object],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`emit` is given the records that say how often a cause came."""
        super().__init__()
        self._emit = emit
        self._clock = clock
        self._begin()

    def _begin(self) -> None:
        self._process = os.getpid()
        self._lock = threading.Lock()
        self._causes: dict[tuple[object, ...], _Cause] = {}
        self._timer: threading.Timer | None = None

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the record is logged now."""
        if hasattr(record, "repeated"):
            return True
        if self._process != os.getpid():  # a fork: the lock may be held by nobody who lives here
            self._begin()
        key, now = _cause(record), self._clock()
        with self._lock:
            known = self._causes.pop(key, None)
            if known and now < known.until:
                self._causes[key] = known
                known.count += 1
                self._wake_at(known.until - now)
                return False
            over = [known] if known else []
            if not known and len(self._causes) >= _CAUSES:
                over.append(self._causes.pop(next(iter(self._causes))))
            counted = _counted(over, now)
            self._causes[key] = _Cause(now + WINDOW, record)
        if known:  # it is known where that comes from
            record.exc_info = record.exc_text = None
        for one in counted:
            self._emit(one)
        return True

    def flush(self, all_of_them: bool = False) -> None:
        """Says how often causes came whose window is over."""
        now = self._clock()
        with self._lock:
            self._timer = None
            over = [one for one in self._causes.values() if all_of_them or one.until <= now]
            counted = _counted(over, now)
            left = [one.until - now for one in self._causes.values() if one.count]
            if left and not all_of_them:
                self._wake_at(min(left))
        for one in counted:
            self._emit(one)

    def _wake_at(self, seconds: float) -> None:
        """Looks again in so many seconds, or at this process's end."""
        if self._timer is None:
            self._timer = threading.Timer(max(0.1, seconds), self.flush)
            self._timer.daemon = True
            self._timer.start()
            atexit.unregister(self._at_exit)
            atexit.register(self._at_exit)

    def _at_exit(self) -> None:
        if self._process == os.getpid():
            self.flush(all_of_them=True)


def _cause(record: logging.LogRecord) -> tuple[object, ...]:
    """What two records have in common that say the same."""
    if record.exc_info and record.exc_info[1]:
        kind, _, traceback = record.exc_info
        while traceback and traceback.tb_next:
            traceback = traceback.tb_next
        place = (traceback.tb_frame.f_code.co_filename, traceback.tb_lineno) if traceback else ()
        return (record.name, record.levelno, kind, place)
    return (record.name, record.levelno, record.getMessage()[:_LONGEST])


def _counted(causes: list[_Cause], now: float) -> list[logging.LogRecord]:
    """A record for each cause that came again, whose count begins again."""
    records = []
    for cause in causes:
        if cause.count:
            values = dict(vars(cause.record))
            times = "once" if cause.count == 1 else f"{cause.count} times"
            seconds = round(now - cause.until + WINDOW)
            message = cause.record.getMessage()[: _LONGEST - 100]
            message += f" … repeated {times} in the last {seconds} s"
            values |= {"msg": message, "args": None, "exc_info": None, "created": time.time()}
            records.append(logging.makeLogRecord({**values, "repeated": True}))
            cause.count = 0
    return records


def _log_uncaught(
    kind: type[BaseException], error: BaseException, traceback: TracebackType | None
) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, traceback)
        return
    log = logging.getLogger("poisk")
    log.critical("the process ends: %s", kind.__name__, exc_info=(kind, error, traceback))


def _log_thread(ended: threading.ExceptHookArgs) -> None:
    if ended.exc_value is not None and ended.exc_type is not SystemExit:
        error = (ended.exc_type, ended.exc_value, ended.exc_traceback)
        logging.getLogger("poisk").error("a thread ended: %s", ended.exc_type, exc_info=error)
