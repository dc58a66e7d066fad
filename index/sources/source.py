"""What a source of articles is: it recognizes a place and reads the articles there."""

import re
import shlex
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, tzinfo
from pathlib import PurePosixPath
from typing import Final, Protocol, Self
from urllib.parse import urlsplit

from index.article import Article
from index.errors import ArticleRefused
from index.sources.markup import Markup
from index.sources.streams import Beginning, Progress

_ADDRESS: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+)://")


@dataclass(frozen=True, slots=True)
class Rejected:
    """What gave no article, and why.

    `line` is its line, or its position in a list, from 1, as `unit` says; 0 is the file as a whole.
    `file` is empty for standard input.
    """

    line: int
    id: str
    field: str
    cause: str
    cure: str
    file: str = ""
    unit: str = "line"

    def __str__(self) -> str:
        position = f"{self.unit} {self.line}" if self.line else ""
        where = ", ".join(part for part in (self.file, position) if part) or "standard input"
        field = f"{self.field}: " if self.field else ""
        return f"{where}: {field}" + "; ".join(part for part in (self.cause, self.cure) if part)


@dataclass(frozen=True, slots=True)
class Place:
    """A place that may have articles.

    `where` is a path, `-` for standard input, an address, or "" for the body of a request.
    `content` is None while nothing of it is read, and always for an address: its source fetches it.
    `media_type` is what the sender of a body calls it; "" where nobody says.
    """

    where: str = ""
    content: Beginning | None = None
    media_type: str = ""
    progress: Callable[[], Progress] = Progress

    @property
    def scheme(self) -> str:
        """`https` of an address, in small letters; "" for a file or a body."""
        found = _ADDRESS.match(self.where)
        return found[1].lower() if found else ""

    @property
    def suffix(self) -> str:
        """`.csv` of news.csv and news.CSV.gz, in small letters; "" where there is none.

        Of an address the query and the fragment do not count: https://a.example/news.csv?d=1.
        """
        where = urlsplit(self.where).path if self.scheme else self.where
        path = PurePosixPath(where.lower())
        return path.with_suffix("").suffix if path.suffix == ".gz" else path.suffix

    def rejected(
        self, error: ArticleRefused, line: int = 0, unit: str = "line", article_id: str = ""
    ) -> Rejected:
        """The error as what a source yields; `line` 0 is the place as a whole."""
        file = "" if self.where == "-" else self.where
        return Rejected(line, article_id, error.field, error.cause, error.cure, file, unit)


def _map_option(field: str, theirs: str) -> str:
    return f"try --map {shlex.quote(f'{field}={theirs}')}"


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """How articles are read, whatever the source."""

    mapping: Mapping[str, str] | None = None
    """The article's field for others' names; before the common names of a source."""
    advice: Callable[[str, str], str] = _map_option
    """How to say which field is meant, in words for the sender: (article's field, theirs)."""
    markup: Markup | None = None
    """Reads texts that are HTML; None leaves all as they are."""
    zone: tzinfo = UTC
    """The time zone of dates that have none."""


DEFAULTS: Final = ReadOptions()


@dataclass(frozen=True, slots=True)
class OpenedSource:
    """The articles of an opened place, and how much of it is read. Iterate once.

    At the end of a `with` the generator is closed, and so is what it opened in a `with` of its own.
    """

    articles: Generator[Article | Rejected]
    progress: Callable[[], Progress] = Progress

    def __iter__(self) -> Iterator[Article | Rejected]:
        return self.articles

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.articles.close()


class Source(Protocol):
    """A kind of place that articles come from. Knows nothing of the store."""

    @property
    def media_types(self) -> tuple[str, ...]:
        """Of the HTTP bodies that it recognizes, for OpenAPI; empty: none."""

    def recognizes(self, place: Place) -> bool:
        """Whether this source reads such a place, by its scheme, media type, suffix or content.

        Of an address, and of a body before it is read, `place.content` is None.
        """

    def open(self, place: Place, options: ReadOptions) -> OpenedSource:
        """Begins to read a place that the source recognizes.

        Whatever is wrong with the content is yielded as Rejected, and the rest goes on where it
        can; errors of a stream that is read over HTTP are raised.
        """
