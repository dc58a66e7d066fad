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


class _Counted(NamedTuple):
    """A limit, and the requests of its window with this one."""

    limit: RateLimitItem
    window: Count

    @property
    def is_reached(self) -> bool:
        return self.window.requests > self.limit.amount


class RateLimits:
    """Counts the requests of views. `whose` names who asks; `folder` has the file of the counts."""

    def __init__(self, folder: Path, whose: Callable[[], str]) -> None:
        self._counters = SharedCounters(folder)
        self._whose = whose

    def limited(self, scope: str, rate: str) -> Callable[[LimitedView], LimitedView]:
        """A view whose requests are counted with those of all views of this scope.

        The view raises TooManyRequests where one of the limits in `rate` is reached.
        """
        limits = sorted(parse_many(rate))

        def limit(view: LimitedView) -> LimitedView:
            @wraps(view)
            def limited(*arguments: Any, **named: Any) -> Any:
                self._count(scope, limits)
                return view(*arguments, **named)

            return limited

        return limit

    def _count(self, scope: str, limits: list[RateLimitItem]) -> None:
        """Counts a request against each limit, the shortest window first.

        One that is refused does not count against the limits of longer windows.
        """
        name = f"{self._whose()}/{scope}"
        try:
            for limit in limits:
                window = self._counters.add(f"{name}/{limit}", limit.get_expiry())
                counted = _Counted(limit, window)
                if limit is limits[0] or counted.is_reached:
                    g.rate_limit = counted
                if counted.is_reached:
                    raise TooManyRequests(str(limit))
        except OSError as error:  # a full disk keeps nobody from searching
            _log.warning("requests are not counted: %s", error, exc_info=error)


def add_rate_limit(response: Response) -> None:
    """Says in headers how many requests are left, where this request was counted."""
    if (counted := g.get("rate_limit")) is None:
        return
    limit, (requests, until) = counted
    add = response.headers.add
    add("X-RateLimit-Limit", str(limit.amount))
    add("X-RateLimit-Remaining", str(max(0, limit.amount - requests)))
    add("X-RateLimit-Reset", str(int(until + 1)))
    if counted.is_reached:
        response.headers["Retry-After"] = str(int(until + 1 - time.time()))
