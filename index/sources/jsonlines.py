"""Articles from JSON Lines, under their own names for the fields or others' common ones."""

import errno
import gzip
import io
import json
import os
import sys
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import IO, Any, Final

from index.article import MAX_ID, Article, check_article, clean
from index.errors import ArticleRefused

MAX_LINE_BYTES = 16 * 1024 * 1024

_THEIRS: Final[Mapping[str, str]] = {
    "id": "guid uid",
    "url": "link permalink",
    "title": "headline name",
    "lead": "summary description annotation",
    "body": "text content contenttext fulltext article articlebody",
    "language": "lang inlanguage",
    "subjects": "subject tags categories category topics keywords",
    "rubric": "section articlesection",
    "source": "agency publisher",
    "authors": "author byline creator",
    "published_at": "date published pubdate publishdate publisheddate datepublished timestamp",
    "updated_at": "updated modified dateupdated datemodified",
}

NAMES: Final[Mapping[str, str]] = {
    **{field.replace("_", ""): field for field in Article.model_fields},
    **{name: field for field, names in _THEIRS.items() for name in names.split()},
}
"""Common names of others' fields, in small letters alone, and the article's."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A line that gave no article, and why. `file` is empty for standard input."""

    line: int
    id: str
    field: str
    cause: str
    cure: str
    file: str = ""

    def __str__(self) -> str:
        where = f"{self.file}, line {self.line}" if self.file else f"line {self.line}"
        return f"{where}: {self.field}{' ' if self.field else ''}{self.cause}; {self.cure}"


def article_fields(
    values: Mapping[str, Any], mapping: Mapping[str, str] | None = None
) -> Iterator[tuple[str, Any]]:
    """An article's fields among others'; fields that mean nothing here are left out.

    `mapping` names the article's field for others' ("" leaves one out) and goes before
    the common names; a field's own name goes before a common one; of two common names
    the first in the line counts. What is empty does not count.
    """
    found: dict[str, Any] = {}
    for given, value in values.items():
        mapped = (mapping or {}).get(given)
        name = mapped if mapped is not None else NAMES.get(_letters(given), "")
        rank = 0 if mapped is not None else 1 if given == name else 2
        if name and value not in (None, "", []) and rank < found.get(name, (3, None))[0]:
            found[name] = (rank, value)
    for name, (_, value) in found.items():
        yield name, _ours(name, value)


@lru_cache(maxsize=1_024)
def _letters(name: str) -> str:
    """pubDate, pub_date and pub-date are pubdate; @timestamp is timestamp, _id is id."""
    return "".join(letter for letter in name.lower() if letter.isalnum())


def _ours(field: str, value: Any) -> Any:
    """The value as an article has it: en-GB is en, 1700000000 the moment so many seconds on."""
    if field == "language" and isinstance(value, str):
        return value.strip().lower().replace("_", "-").partition("-")[0]
    if field in {"published_at", "updated_at"} and type(value) in {int, float}:
        with suppress(OverflowError, ValueError, OSError):  # it stays a number, which is no date
            seconds = value / 1000 if abs(value) > 1e11 else value  # JavaScript's are thousandths
            return datetime.fromtimestamp(seconds, UTC)
    return value


@contextmanager
def open_lines(path: str) -> Iterator[IO[bytes]]:
    """The file as bytes: plain, gzip (by its first bytes), `-` for standard input."""
    if path != "-":
        with Path(path).open("rb") as plain:
            yield _unpacked(plain)
    elif sys.stdin is None:  # closed, and its number may be another file's by now
        raise OSError(errno.EBADF, os.strerror(errno.EBADF), "standard input")
    else:
        with open(0, "rb", closefd=False) as plain:
            yield _unpacked(plain)


def _unpacked(file: io.BufferedReader) -> IO[bytes]:
    packed = file.peek(2)[:2] == b"\x1f\x8b"
    return gzip.GzipFile(fileobj=file) if packed else file  # type: ignore[return-value]


def read_articles(
    lines: IO[bytes], mapping: Mapping[str, str] | None = None, file: str = ""
) -> Iterator[Article | Refused]:
    """One article or one refusal for every line that is not empty.

    Where the file cannot be read on (a cut or damaged .gz), the last is a refusal.
    """
    number = 0
    try:
        for number, line in enumerate(_bounded(lines), 1):
            if line.strip():
                yield _article(number, line, mapping, file)
    except (OSError, EOFError, zlib.error) as error:
        why = getattr(error, "strerror", None) or "the file is cut or damaged"
        cure = "send the file again; the lines before this one were read"
        yield Refused(number + 1, "", "", f"cannot be read: {why}", cure, file)


def _bounded(lines: IO[bytes]) -> Iterator[bytes]:
    """The lines; of one that is too long its beginning, one byte over the bound."""
    while line := lines.readline(MAX_LINE_BYTES + 1):
        rest = line
        while len(rest) > MAX_LINE_BYTES and not rest.endswith(b"\n"):
            rest = lines.readline(MAX_LINE_BYTES + 1)
        yield line


def _article(
    number: int, line: bytes, mapping: Mapping[str, str] | None, file: str
) -> Article | Refused:
    try:
        fields = dict(article_fields(_object(line), mapping))
    except ArticleRefused as error:
        return Refused(number, "", error.field, error.cause, error.cure, file)
    return checked(number, fields, file)


def checked(number: int, fields: Mapping[str, Any], file: str = "") -> Article | Refused:
    """The article with these fields, or why it is none; `number` is its line or its place."""
    try:
        return check_article(fields)
    except ArticleRefused as error:
        return Refused(number, _told_id(fields), error.field, error.cause, error.cure, file)


def _told_id(fields: Mapping[str, Any]) -> str:
    """The id of what is refused, as far as it can be told: it may be as wrong as the rest."""
    value = fields.get("id", "")
    return clean(str(value)[:MAX_ID]) if isinstance(value, str | int) else ""


def _object(line: bytes) -> Mapping[str, Any]:
    """The line's JSON object. Raises ArticleRefused."""
    cure = "send one JSON object a line"
    if len(line) > MAX_LINE_BYTES:
        raise ArticleRefused("", f"is over {MAX_LINE_BYTES >> 20} MiB", "split it into articles")
    try:
        values = json.loads(line.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        cause = f"is not UTF-8: byte {error.object[error.start]:#x} at {error.start + 1}"
        raise ArticleRefused("", cause, "save the file as UTF-8") from error
    except json.JSONDecodeError as error:
        cause = f"is no JSON: {error.msg} at character {error.pos + 1}"
        raise ArticleRefused("", cause, cure) from error
    except RecursionError as error:
        raise ArticleRefused("", "is no JSON that can be read: it nests too deep", cure) from error
    except ValueError as error:  # a number of over 4300 digits
        raise ArticleRefused("", "has a number that is too long", "send it as a string") from error
    if not isinstance(values, dict):
        raise ArticleRefused("", "is no JSON object", cure)
    return values
