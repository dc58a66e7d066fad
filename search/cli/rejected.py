"""Rejected articles as lines for a terminal: the first of each cause, and a count of the others."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from index.sources.source import Rejected

SHOWN = 3
"""So many of each cause are printed."""
_MOST_CAUSES = 1_000
"""More causes are not counted: each of their articles is printed."""

Cause = tuple[str, str, str]
"""File, field and cause; its numbers do not count."""


@dataclass(slots=True)
class _Count:
    cure: str
    shown: int = 0
    rest: int = 0


@dataclass(slots=True)
class RejectedLines:
    """Words the rejected articles of a load, which may be as many as there are articles."""

    _counts: dict[Cause, _Count] = field(default_factory=dict)

    def of(self, rejected: Rejected) -> Iterator[str]:
        """The lines for one more. One with another cure than before is always printed: it sums up
        those before it."""
        # `not JSON: … at character 17`: wherever it is, it is one cause
        cause = (rejected.file, rejected.field, re.sub(r"\d+", "…", rejected.cause))
        count = self._counts.get(cause) or _Count(rejected.cure)
        if len(self._counts) < _MOST_CAUSES:
            self._counts[cause] = count
        if rejected.cure != count.cure:
            yield from _rest(cause, count)
            yield str(rejected)
        elif count.shown < SHOWN:
            count.shown += 1
            yield str(rejected)
        else:
            count.rest += 1

    def rest(self) -> Iterator[str]:
        """The counts of those that were not printed, at the end."""
        for cause, count in self._counts.items():
            yield from _rest(cause, count)


def _rest(cause: Cause, count: _Count) -> Iterator[str]:
    if count.rest:
        what = ": ".join(filter(None, cause))
        yield f"{what} ({count.rest} more)"
    count.rest = 0
