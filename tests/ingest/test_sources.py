"""Sources: which one reads a place, what a new one has to say, and how far a reading has come."""

import csv
import gzip
import io
import os
from collections.abc import Generator
from itertools import islice
from pathlib import Path

import pytest

from index.article import Article, check_article
from index.errors import ArticleRefused
from index.sources.open import SOURCES, open_source, read_stream, source_for
from index.sources.source import OpenedSource, Place, ReadOptions, Rejected, Source
from index.sources.streams import Progress


class CsvSource:
    """Tables with the columns id and title: what a second source is, whole."""

    media_types = ("text/csv",)

    def recognizes(self, place: Place) -> bool:
        if place.media_type:
            return place.media_type in self.media_types
        return place.suffix == ".csv" or bool(
            place.content and place.content.head.startswith(b"id,")
        )

    def open(self, place: Place, options: ReadOptions) -> OpenedSource:
        return OpenedSource(self._read(place, options), place.progress)

    def _read(self, place: Place, options: ReadOptions) -> Generator[Article | Rejected]:
        assert place.content
        text = io.TextIOWrapper(place.content.rest, "utf-8", newline="")
        for number, row in enumerate(csv.DictReader(text), 2):
            try:
                yield check_article(row, options.zone)
            except ArticleRefused as error:
                yield place.rejected(error, number)


class TwoArticles:
    """Articles of an address, without a file; it knows how many there are."""

    media_types = ()

    def recognizes(self, place: Place) -> bool:
        return place.scheme == "toy"

    def open(self, place: Place, options: ReadOptions) -> OpenedSource:
        reached = 0

        def read() -> Generator[Article | Rejected]:
            nonlocal reached
            for number in range(1, 3):
                yield check_article({"id": str(number), "title": place.where}, options.zone)
                reached = number

        return OpenedSource(read(), lambda: Progress(reached, 2))


class Remote:
    """An address whose connection is a file: what it opens is closed with the reading."""

    media_types = ()

    def __init__(self, file: Path) -> None:
        self.file = file

    def recognizes(self, place: Place) -> bool:
        return place.scheme == "remote"

    def open(self, place: Place, options: ReadOptions) -> OpenedSource:
        def read() -> Generator[Article | Rejected]:
            with self.file.open("rb") as connection, read_stream(connection, options) as lines:
                yield from lines

        return OpenedSource(read(), place.progress)


WITH_TABLES: tuple[Source, ...] = (CsvSource(), TwoArticles(), *SOURCES)
TABLE = "id,title\n1,Первая\n,Вторая\n3,Третья\n"


@pytest.mark.parametrize("name", ["news.csv", "NEWS.CSV", "news.csv.gz", "news.data"])
def test_a_source_that_is_added_reads_its_files_by_suffix_or_content(
    tmp_path: Path, name: str
) -> None:
    path = tmp_path / name
    path.write_bytes(gzip.compress(TABLE.encode()) if name.endswith("gz") else TABLE.encode())
    with open_source(str(path), sources=WITH_TABLES) as reading:
        first, second, third = reading
    assert isinstance(first, Article)
    assert isinstance(third, Article)
    assert str(second).startswith(f"{path}, line 3: id: empty; ")


def test_files_of_other_sources_are_read_as_before(tmp_path: Path) -> None:
    path = tmp_path / "news.jsonl"
    path.write_text('{"id": "1", "title": "t"}\n')
    with open_source(str(path), sources=WITH_TABLES) as reading:
        assert [type(one) for one in reading] == [Article]


def test_an_address_is_read_by_the_source_of_its_scheme() -> None:
    with open_source("toy://anywhere", sources=WITH_TABLES) as reading:
        assert reading.progress() == Progress(0, 2)
        titles = [one.title for one in reading if isinstance(one, Article)]
        assert titles == ["toy://anywhere"] * 2
        assert reading.progress() == Progress(2, 2)
    with pytest.raises(OSError, match="no-such-scheme"), open_source("no-such-scheme://anywhere"):
        pass


@pytest.mark.filterwarnings("error::ResourceWarning")
@pytest.mark.parametrize("name", ["news.jsonl", "news.jsonl.gz", "remote"])
@pytest.mark.parametrize("reads", [0, 1, 3])
def test_what_a_reading_opened_is_closed_however_much_of_it_was_read(
    tmp_path: Path, name: str, reads: int
) -> None:
    path = tmp_path / name
    lines = b'{"id": "1", "title": "t"}\n' * 3
    path.write_bytes(gzip.compress(lines) if name.endswith("gz") else lines)
    where = "remote://news" if name == "remote" else str(path)
    before = set(Path("/proc/self/fd").iterdir())
    with open_source(where, sources=(Remote(path), *SOURCES)) as reading:
        assert len(list(islice(reading, reads))) == reads
    assert set(Path("/proc/self/fd").iterdir()) == before
    assert list(reading) == []


def test_a_body_is_read_by_the_source_of_its_media_type() -> None:
    table = Place(media_type="text/csv")
    assert source_for(table) is None
    assert isinstance(source_for(table, WITH_TABLES), CsvSource)
    assert source_for(Place(media_type="application/json"), WITH_TABLES) is SOURCES[-1]
    read = read_stream(io.BytesIO(TABLE.encode()), place=table, sources=WITH_TABLES)
    assert [type(one) for one in read] == [Article, Rejected, Article]


@pytest.mark.parametrize("name", ["news.jsonl", "news.jsonl.gz"])
def test_how_many_bytes_of_a_file_are_read_is_known(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    lines = b"".join(
        b'{"id": "%d", "title": "%s"}\n' % (one, os.urandom(500).hex().encode())
        for one in range(2_000)
    )
    path.write_bytes(gzip.compress(lines) if name.endswith("gz") else lines)
    seen = []
    with open_source(str(path)) as reading:
        for _ in reading:
            seen.append(reading.progress())
        seen.append(reading.progress())
    size = path.stat().st_size
    assert {one.total for one in seen} == {size}
    assert [one.read for one in seen] == sorted(one.read for one in seen)
    assert seen[0].read < size // 2
    assert seen[-1].read == size


def test_of_a_pipe_nobody_knows_how_much_is_left(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    end = os.open(path, os.O_RDWR)
    os.write(end, b'{"id": "1", "title": "t"}\n')
    with open_source(str(path)) as reading:
        assert isinstance(next(iter(reading)), Article)
        assert reading.progress() == Progress(0, None)
    os.close(end)


@pytest.mark.parametrize(
    ("where", "suffix"),
    [
        ("news.CSV.gz", ".csv"),
        ("a?b.csv", ".csv"),
        ("https://a.example/a.csv?d=1", ".csv"),
        ("https://a.example/a.csv#2.json", ".csv"),
        ("https://a.example", ""),
    ],
)
def test_a_suffix_is_of_the_path_and_not_of_the_query(where: str, suffix: str) -> None:
    assert Place(where).suffix == suffix
