"""Periods as people write them: 2017, 2017-03, 2017-03-09, and from one to another.

A day is one of the site's time zone (POISK_TIME_ZONE): it may have 23 or 25 hours.
"""

import re
from datetime import UTC, datetime, timedelta, tzinfo

from index.query import Range

_PERIOD = re.compile(r"(\d{4})(?:-(\d{1,2}))?(?:-(\d{1,2}))?")

_FIRST, _LAST = (
    int(one.replace(tzinfo=UTC).timestamp()) for one in (datetime.min, datetime(9999, 12, 31))
)


def period(text: str, zone: tzinfo = UTC) -> tuple[datetime, datetime]:
    """The first moment of a year, month or day in the zone, and of the next. Raises ValueError."""
    match = _PERIOD.fullmatch(text.strip())
    if not match:
        raise ValueError(f"{text!r} is not a year, month or day")
    year, month, day = match.groups()
    start = datetime(int(year), int(month or 1), int(day or 1), tzinfo=zone)
    try:
        if day:
            return start, start + timedelta(days=1)
        if month:
            return start, (start + timedelta(days=31)).replace(day=1)
        return start, start.replace(year=start.year + 1)
    except (OverflowError, ValueError):  # the last day, month or year that a date can hold
        return start, datetime.max.replace(tzinfo=zone)


def date_range(since: str, until: str, zone: tzinfo = UTC) -> Range:
    """From the start of one period to the end of another; "" leaves that end open."""
    return Range(
        since=int(period(since, zone)[0].timestamp()) if since else None,
        until=int(period(until, zone)[1].timestamp()) if until else None,
    )


def day_of(moment: int | None, zone: tzinfo = UTC) -> str:
    """The zone's day of a moment in unix seconds; "" for none."""
    if moment is None:
        return ""
    known = min(max(moment, _FIRST), _LAST)  # 0001-01-01 in Moscow begins before year 1 in UTC
    return in_zone(datetime.fromtimestamp(known, UTC), zone).date().isoformat()


def in_zone(moment: datetime, zone: tzinfo) -> datetime:
    """The moment by the zone's clocks; as it is where they would show no year from 1 to 9999."""
    try:
        return moment.astimezone(zone)
    except OverflowError:
        return moment
