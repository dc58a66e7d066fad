"""How often somebody may ask: requests are counted in fixed windows, errors too.

The package limits (MIT) reads a limit such as "6000 per minute; 100 per second". Counting and the
headers are here, because a request should not pay for more than counting it.
"""

import logging
import time
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, NamedTuple

from flask import Response, g
from limits import RateLimitItem, parse_many
from werkzeug.exceptions import TooManyRequests

from search.web.shared_counters import Count, SharedCounters

LimitedView = Callable[..., Any]
_log = logging.getLogger("poisk.web")


class Counted(NamedTuple):
    """A limit, and the requests of its window with this one."""

    limit: RateLimitItem
    window: Count

    @property
    def is_reached(self) -> bool:
        """Whether the request is one too many."""
        return self.window.requests > self.limit.amount


class LimitReached(TooManyRequests):
    """A request that is one too many."""

    def __init__(self, counted: Counted) -> None:
        super().__init__(str(counted.limit))
        self.counted = counted


class RequestCounter:
    """Counts requests of one scope against its limits."""

    def __init__(self, counters: SharedCounters, scope: str, rate: str) -> None:
        """`rate` has the limits; empty: there is none."""
        self._counters = counters
        limits = sorted(parse_many(rate)) if rate else []
        self._limits = [(one, f"/{scope}/{one}", one.get_expiry()) for one in limits]

    def count(self, whose: str) -> Counted | None:
        """Counts a request against each limit, the shortest window first; the shortest one.

        One that is refused does not count against the limits of longer windows: LimitReached.
        """
        first = None
        try:
            for limit, name, seconds in self._limits:
                counted = Counted(limit, self._counters.add(whose + name, seconds))
                if counted.is_reached:
                    raise LimitReached(counted)
                first = first or counted
        except OSError as error:  # a full disk keeps nobody from searching
            _log.warning("requests are not counted: %s", error, exc_info=error)
        return first


class RateLimits:
    """Counts the requests of views. `whose` names who asks; `folder` has the file of the counts."""

    def __init__(self, folder: Path, whose: Callable[[], str]) -> None:
        self._counters = SharedCounters(folder)
        self._whose = whose

    def counter(self, scope: str, rate: str) -> RequestCounter:
        """Counts the requests of all views of this scope together."""
        return RequestCounter(self._counters, scope, rate)

    def limited(self, counter: RequestCounter) -> Callable[[LimitedView], LimitedView]:
        """A view whose requests are counted; it raises LimitReached."""

        def limit(view: LimitedView) -> LimitedView:
            @wraps(view)
            def limited(*arguments: Any, **named: Any) -> Any:
                try:
                    g.rate_limit = counter.count(self._whose())
                except LimitReached as error:
                    g.rate_limit = error.counted
                    raise
                return view(*arguments, **named)

            return limited

        return limit


def add_rate_limit(response: Response) -> None:
    """Says in headers how many requests are left, where this request was counted."""
    for name, value in rate_limit_headers(g.get("rate_limit")):
        response.headers.add(name, value)


def rate_limit_headers(counted: Counted | None) -> list[tuple[str, str]]:
    """The headers that say how many requests are left."""
    if counted is None:
        return []
    limit, (requests, until) = counted
    headers = [
        ("X-RateLimit-Limit", str(limit.amount)),
        ("X-RateLimit-Remaining", str(max(0, limit.amount - requests))),
        ("X-RateLimit-Reset", str(int(until + 1))),
    ]
    if counted.is_reached:
        headers.append(("Retry-After", str(int(until + 1 - time.time()))))
    return headers
