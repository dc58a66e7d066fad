"""Articles from JSON Lines, under their own names for the fields or others' common ones."""

import gzip
import io
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

from index.article import Article, check_article
from index.errors import ArticleRefused

MAX_LINE_BYTES = 16 * 1024 * 1024

NAMES: Final[Mapping[str, str]] = {
    "text": "body",
    "content": "body",
    "article": "body",
    "full_text": "body",
    "fulltext": "body",
    "lang": "language",
    "headline": "title",
    "name": "title",
    "summary": "lead",
    "description": "lead",
    "annotation": "lead",
    "date": "published_at",
    "published": "published_at",
    "pubdate": "published_at",
    "publishedat": "published_at",
    "datepublished": "published_at",
    "date_published": "published_at",
    "publish_date": "published_at",
    "timestamp": "published_at",
    "updated": "updated_at",
    "modified": "updated_at",
    "datemodified": "updated_at",
    "updatedat": "updated_at",
    "tags": "subjects",
    "subject": "subjects",
    "categories": "subjects",
    "category": "subjects",
    "topics": "subjects",
    "keywords": "subjects",
    "link": "url",
    "agency": "source",
    "publisher": "source",
    "author": "authors",
    "byline": "authors",
    "section": "rubric",
    "guid": "id",
    "_id": "id",
    "uid": "id",
}
"""Common names of others' fields, lower case, and the article's."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A line that gave no article, and why."""

    line: int
    id: str
    field: str
    cause: str
    cure: str


def article_fields(
    values: Mapping[str, Any], mapping: Mapping[str, str] | None = None
) -> Iterator[tuple[str, Any]]:
    """An article's fields among others'; fields that mean nothing here are left out.

    `mapping` names the article's field for others' ("" leaves one out) and goes before
    the common names; a field's own name goes before a common one.
    """
    found: dict[str, Any] = {}
    for given, value in values.items():
        mapped = (mapping or {}).get(given)
        name = mapped if mapped is not None else _own_name(given)
        rank = 0 if mapped is not None else 1 if given == name else 2
        if name and value not in (None, "", []) and rank < found.get(name, (3, None))[0]:
            found[name] = (rank, value)
    for name, (_, value) in found.items():
        yield name, value


def _own_name(given: str) -> str:
    if given in Article.model_fields:
        return given
    return NAMES.get(given.lower(), "")


@contextmanager
def open_lines(path: str) -> Iterator[IO[bytes]]:
    """The file as bytes: plain, gzip (by its first bytes), `-` for standard input."""
    if path == "-":
        with open(0, "rb", closefd=False) as plain:
            yield _unpacked(plain)
    else:
        with Path(path).open("rb") as plain:
            yield _unpacked(plain)


def _unpacked(file: io.BufferedReader) -> IO[bytes]:
    packed = file.peek(2)[:2] == b"\x1f\x8b"
    return gzip.GzipFile(fileobj=file) if packed else file  # type: ignore[return-value]


def read_articles(
    lines: IO[bytes], mapping: Mapping[str, str] | None = None
) -> Iterator[Article | Refused]:
    """One article or one refusal for every line that is not empty."""
    number = 0
    while line := lines.readline(MAX_LINE_BYTES):
        number += 1
        if not line.endswith(b"\n") and len(line) == MAX_LINE_BYTES:
            while (rest := lines.readline(MAX_LINE_BYTES)) and not rest.endswith(b"\n"):
                pass
            yield Refused(number, "", "", "is over 16 MiB", "split it into articles")
        elif line.strip():
            yield _article(number, line, mapping)


def _article(number: int, line: bytes, mapping: Mapping[str, str] | None) -> Article | Refused:
    try:
        values = json.loads(line.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        return Refused(number, "", "", f"is no JSON: {error}", "send one JSON object a line")
    if not isinstance(values, dict):
        return Refused(number, "", "", "is no JSON object", "send one JSON object a line")
    fields = dict(article_fields(values, mapping))
    try:
        return check_article(fields)
    except ArticleRefused as error:
        return Refused(number, str(fields.get("id", "")), error.field, error.cause, error.cure)
