"""Which source reads a place: the first of SOURCES that recognizes it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Final

from index.sources.json_source import JsonSource
from index.sources.source import DEFAULTS, OpenedSource, Place, ReadOptions, Source
from index.sources.streams import DAMAGED, Stream, beginning, damage, open_file

_JSON: Final = JsonSource()
_UNNAMED: Final = Place()
SOURCES: Final[tuple[Source, ...]] = (_JSON,)
"""A new source goes before JSON, which recognizes all content, to say what it seems to be."""


def source_for(place: Place, sources: tuple[Source, ...] = SOURCES) -> Source | None:
    """The source that reads this place."""
    return next((source for source in sources if source.recognizes(place)), None)


@contextmanager
def open_source(
    where: str, options: ReadOptions = DEFAULTS, sources: tuple[Source, ...] = SOURCES
) -> Iterator[OpenedSource]:
    """The articles at a path, on standard input (`-`) or at an address that a source recognizes.

    Raises OSError where there is no such file.
    """
    place = Place(where)
    if place.scheme and (source := source_for(place, sources)):
        with source.open(place, options) as opened:
            yield opened
        return
    with open_file(where) as (stream, progress):
        place = replace(place, progress=progress)
        with read_stream(stream, options, place, sources) as opened:
            yield opened


def read_stream(
    stream: Stream,
    options: ReadOptions = DEFAULTS,
    place: Place = _UNNAMED,
    sources: tuple[Source, ...] = SOURCES,
) -> OpenedSource:
    """The articles in bytes as they come; where nothing can be read: one Rejected with line 0."""
    try:
        place = replace(place, content=beginning(stream))
    except DAMAGED as error:
        rejected = place.rejected(damage(error))
        return OpenedSource(one for one in (rejected,))
    return (source_for(place, sources) or _JSON).open(place, options)
