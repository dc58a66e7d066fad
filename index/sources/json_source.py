"""Articles from JSON, line by line or value by value, as a file or a body turns out to be."""

import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, tzinfo
from typing import Any, Final

from index.article import Article, check_article
from index.errors import ArticleRefused
from index.sources.detect import Form, form_of
from index.sources.field_names import Rejected, article_fields, told_id
from index.sources.json_article import MAX_ARTICLE_BYTES, json_object
from index.sources.json_values import Values
from index.sources.markup import Markup
from index.sources.missing_fields import Unmapped
from index.sources.streams import DAMAGED, Beginning, Stream, beginning, damage

ENOUGH = 1_000
"""So many objects from the first on that lack the same field, and the rest is not read."""


def mapped(field: str, theirs: str) -> str:
    """How the command `poisk load` is told whose name a field has."""
    return f"try --map {shlex.quote(f'{field}={theirs}')}"


@dataclass(frozen=True, slots=True)
class How:
    """How a file or a body is read."""

    mapping: Mapping[str, str] | None = None
    """The article's field for others' names."""
    file: str = ""
    """The file's name, for messages; empty for standard input and for a request."""
    advice: Callable[[str, str], str] = mapped
    """How the sender tells which field is meant, in words: (article's field, theirs)."""
    markup: Markup | None = None
    """Reads texts that are HTML; None leaves all as they are."""
    may_be_empty: bool = True
    """Whether nothing at all is no mistake."""
    zone: tzinfo = UTC
    """The time zone of dates that have none."""


PLAIN: Final = How()


def read_articles(stream: Stream, how: How = PLAIN) -> Iterator[Article | Rejected]:
    """An article or a refusal for every line that is not empty, or for every value of a list.

    Where nothing can be read at all: one refusal, with the line 0. Where the rest cannot be read
    (a cut list, a damaged .gz), the last is a refusal.
    """
    try:
        begun = beginning(stream)
        if not begun.head and not how.may_be_empty:
            raise ArticleRefused("", "empty", "send a JSON list of articles")
        form = form_of(begun.head, begun.is_all)
    except DAMAGED as error:
        yield _refused(0, damage(error), how)
    except ArticleRefused as error:
        yield _refused(0, error, how)
    else:
        numbered = _lines(begun) if form is Form.LINES else enumerate(Values(begun.rest), 1)
        yield from _judged(_to_the_end(numbered), how, form.value)


def _refused(
    number: int, error: ArticleRefused, how: How, unit: str = "line", told: str = ""
) -> Rejected:
    return Rejected(number, told, error.field, error.cause, error.cure, how.file, unit)


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


def _judged(pieces: Iterator[Piece], how: How, unit: str) -> Iterator[Article | Rejected]:
    """Each piece as an article or a refusal.

    As long as all of them lack the same field the last refusal is held back: it says which fields
    there are. After so many that is enough.
    """
    unmapped, held = Unmapped(how.advice), list[Rejected]()
    for number, data in pieces:
        values: Mapping[str, Any] = {}
        fields: dict[str, Any] = {}
        one: Article | Rejected
        try:
            if isinstance(data, ArticleRefused):
                raise data
            values = json_object(data)
            fields = dict(article_fields(values, how.mapping))
            if how.markup:
                fields = how.markup.plain(fields)
            one = check_article(fields, how.zone)
        except ArticleRefused as error:
            one = _refused(number, error, how, unit, told_id(fields))
        lacks = unmapped.see(values, fields)
        yield from held
        held.clear()
        if isinstance(one, Article) or not lacks:
            yield one
        else:
            held.append(one)
            if unmapped.seen == ENOUGH:
                break
    for one in held:
        yield replace(one, cure=unmapped.cure(one.cure, unmapped.seen == ENOUGH))
