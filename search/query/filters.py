"""What narrows a search, as an engine is asked it."""

from datetime import UTC, tzinfo

from index.query import Filter, Range
from index.schema import FILTER_FIELDS
from search.query.dates import date_range
from search.request import Narrowing


def conditions(asked: Narrowing, zone: tzinfo = UTC) -> tuple[tuple[Filter, ...], Range | None]:
    """The filters, and the dates, days of the zone, where any are given."""
    filters = tuple(
        Filter(field.facet, values) for field in FILTER_FIELDS if (values := asked.chosen(field))
    )
    dates = date_range(asked.since, asked.until, zone)
    return filters, None if dates == Range() else dates
