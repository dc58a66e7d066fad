"""Articles from JSON, line by line or value by value, as a file or a body turns out to be."""

from collections.abc import Generator, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from index.article import Article, check_article
from index.errors import ArticleRefused
from index.sources.detect import Form, form_of
from index.sources.field_names import article_fields, id_of_rejected
from index.sources.json_article import MAX_ARTICLE_BYTES, json_object
from index.sources.json_values import JsonValues
from index.sources.missing_fields import MissingFields
from index.sources.source import OpenedSource, Place, ReadOptions, Rejected
from index.sources.streams import DAMAGED, Beginning, damage

ENOUGH_ALIKE = 1_000
"""So many objects from the first on that lack the same field, and the rest is not read."""
JSON_LINES: Final = (
    "application/x-ndjson",
    "application/ndjson",
    "application/jsonl",
    "application/x-jsonlines",
)
JSON: Final = "application/json"


class JsonSource:
    """JSON: one article a line, or a list of articles."""

    media_types = (JSON, *JSON_LINES)

    def recognizes(self, place: Place) -> bool:
        """By its media type; without one any content, to say what it seems to be if not JSON."""
        if place.media_type:
            return place.media_type in self.media_types
        return place.content is not None

    def open(self, place: Place, options: ReadOptions) -> OpenedSource:
        """An article or a Rejected for every line that is not empty, or for every value of a list.

        Where nothing can be read at all: one Rejected, with the line 0. Where the rest cannot be
        read (a cut list, a damaged .gz), the last is a Rejected.
        """
        return OpenedSource(_read(place, options), place.progress)


def _read(place: Place, options: ReadOptions) -> Generator[Article | Rejected]:
    begun = place.content
    assert begun is not None, "JSON is read from content"
    try:
        if not begun.head and place.media_type == JSON:
            raise ArticleRefused("", "empty", "send a JSON list of articles")
        form = form_of(begun.head, begun.is_all)
    except DAMAGED as error:
        yield place.rejected(damage(error))
    except ArticleRefused as error:
        yield place.rejected(error)
    else:
        numbered = _lines(begun) if form is Form.LINES else enumerate(JsonValues(begun.rest), 1)
        yield from _checked(_to_the_end(numbered), place, options, form.value)


def _lines(begun: Beginning) -> Iterator[tuple[int, bytes]]:
    """The lines that are not empty; of one that is too long, one byte over the bound."""
    number = begun.lines_before
    while line := begun.rest.readline(MAX_ARTICLE_BYTES + 1):
        number += 1
        rest = line
        while len(rest) > MAX_ARTICLE_BYTES and not rest.endswith(b"\n"):
            rest = begun.rest.readline(MAX_ARTICLE_BYTES + 1)
        if line.strip():
            yield number, line


Piece = tuple[int, bytes | ArticleRefused]


def _to_the_end(numbered: Iterable[tuple[int, bytes]]) -> Iterator[Piece]:
    """The pieces; where there can be no more before the end, why, as the next one."""
    number = 0
    try:
        for number, data in numbered:
            yield number, data
    except ArticleRefused as error:
        yield number and number + 1, error
    except DAMAGED as error:
        yield number + 1, damage(error)


def _checked(
    pieces: Iterator[Piece], place: Place, options: ReadOptions, unit: str
) -> Iterator[Article | Rejected]:
    """Each piece as an article or a Rejected.

    As long as all of them lack the same field the last Rejected is held back: it says which fields
    there are. After so many that is enough.
    """
    missing, held = MissingFields(options.advice), list[Rejected]()
    for number, data in pieces:
        values: Mapping[str, Any] = {}
        fields: dict[str, Any] = {}
        result: Article | Rejected
        try:
            if isinstance(data, ArticleRefused):
                raise data
            values = json_object(data)
            fields = dict(article_fields(values, options.mapping))
            if options.markup:
                fields = options.markup.plain(fields)
            result = check_article(fields, options.zone)
        except ArticleRefused as error:
            result = place.rejected(error, number, unit, id_of_rejected(fields))
        lacks = missing.see(values, fields)
        yield from held
        held.clear()
        if isinstance(result, Article) or not lacks:
            yield result
        else:
            held.append(result)
            if missing.seen == ENOUGH_ALIKE:
                break
    for result in held:
        yield replace(result, cure=missing.cure(result.cure, missing.seen == ENOUGH_ALIKE))
