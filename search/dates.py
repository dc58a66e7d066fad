"""Periods as people write them: 2017, 2017-03, 2017-03-09, and from one to another."""

import re
from datetime import UTC, datetime, timedelta

from index.query import Range

_PERIOD = re.compile(r"(\d{4})(?:-(\d{1,2}))?(?:-(\d{1,2}))?")


def period(text: str) -> tuple[datetime, datetime]:
    """The first moment of a year, month or day (UTC), and of the next. Raises ValueError."""
    match = _PERIOD.fullmatch(text.strip())
    if not match:
        raise ValueError(f"{text!r} is no year, month or day")
    year, month, day = match.groups()
    start = datetime(int(year), int(month or 1), int(day or 1), tzinfo=UTC)
    try:
        if day:
            return start, start + timedelta(days=1)
        if month:
            return start, (start + timedelta(days=31)).replace(day=1)
        return start, start.replace(year=start.year + 1)
    except (OverflowError, ValueError):  # the last day, month or year that a date can hold
        return start, datetime.max.replace(tzinfo=UTC)


def date_range(since: str, until: str) -> Range:
    """From the start of one period to the end of another; "" leaves that end open."""
    return Range(
        since=int(period(since)[0].timestamp()) if since else None,
        until=int(period(until)[1].timestamp()) if until else None,
    )


def day_of(moment: int | None) -> str:
    """The UTC day of a moment in unix seconds; "" for none."""
    return "" if moment is None else datetime.fromtimestamp(moment, UTC).date().isoformat()
