"""What narrows a search, as an engine is asked it."""

from datetime import UTC, tzinfo

from index.query import Filter, Range
from index.schema import Facet
from search.query.dates import date_range
from search.request import Narrowing


def conditions(asked: Narrowing, zone: tzinfo = UTC) -> tuple[tuple[Filter, ...], Range | None]:
    """The filters, and the dates, days of the zone, where any are given."""
    chosen: dict[Facet, tuple[str, ...]] = {
        "subject": asked.subject,
        "language": asked.lang,
        "rubric": asked.rubric,
        "source": asked.source,
        "author": asked.author,
    }
    filters = tuple(Filter(facet, values) for facet, values in chosen.items() if values)
    dates = date_range(asked.since, asked.until, zone)
    return filters, None if dates == Range() else dates
