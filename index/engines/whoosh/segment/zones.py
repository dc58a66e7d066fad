"""The year, month or day that moments fall into by the clocks of a time zone.

Numbered as numpy's datetime64 numbers them. Segments keep moments only, so that an index
does not depend on a zone.
"""

from datetime import date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np

from index.engines.whoosh.segment.arrays import Numbers

UTC = "UTC"
_DENSE = 20_000
"""Up to so many periods in a row, the beginnings of all are looked up."""
_LIMITS = np.iinfo(np.int64)
_FIRST, _LAST = np.datetime64("0001-01-01"), np.datetime64("9999-12-31")


def periods_of(moments: Numbers, unit: str, zone: str) -> Numbers:
    """Each moment's period: unix seconds in, numbers of years (Y), months (M) or days (D) out."""
    dates = moments.astype("datetime64[s]").astype(f"datetime64[{unit}]")
    in_utc = dates.astype(np.int64)
    if zone == UTC or not len(in_utc):
        return in_utc
    # A clock is less than a day from UTC: it shows the same period, or one beside it.
    first, last = int(in_utc.min()) - 1, int(in_utc.max()) + 1
    if last - first < _DENSE:
        starts = _starts(first, last, unit, zone)
        indices = in_utc - first
        periods = in_utc - (moments < starts.take(indices))
        indices += 1
        periods += moments >= starts.take(indices)
    else:  # an article of the year 1
        used = np.unique(in_utc)
        near = np.unique(np.concatenate((used - 1, used, used + 1)))
        starts = _starts_of(near, unit, zone)
        periods = near[np.searchsorted(starts, moments, side="right") - 1]
    least, most = np.array([_FIRST, _LAST]).astype(f"datetime64[{unit}]").astype(np.int64)
    if first < least or last > most:
        periods = periods.clip(least, most)
    return periods


@lru_cache(maxsize=16)  # days of ten years take longer than their articles
def _starts(first: int, last: int, unit: str, zone: str) -> Numbers:
    """The moments at which the periods from `first` to `last` begin."""
    return _starts_of(np.arange(first, last + 1), unit, zone)


def _starts_of(periods: Numbers, unit: str, zone: str) -> Numbers:
    """The moment at which each period begins: a day may have 23 or 25 hours, or be left out."""
    days = periods.astype(f"datetime64[{unit}]").astype("datetime64[D]").tolist()
    clocks = ZoneInfo(zone)
    return np.array([_start(day, clocks) for day in days], dtype=np.int64)


def _start(day: date | int, zone: ZoneInfo) -> int:
    if not isinstance(day, date):  # before the year 1, after 9999: a number of days
        return int(_LIMITS.min if day < 0 else _LIMITS.max)
    return int(datetime(day.year, day.month, day.day, tzinfo=zone).timestamp())
