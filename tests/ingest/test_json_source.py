"""JSON Lines: others' names for fields, packed files, and lines that are no articles."""

import gzip
import io
import json
import tracemalloc
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.article import Article
from index.sources.json_article import MAX_ARTICLE_BYTES
from index.sources.open import open_source, read_stream
from index.sources.source import Place, ReadOptions, Rejected


def read(data: bytes, mapping: Mapping[str, str] | None = None) -> list[Article | Rejected]:
    return list(read_stream(io.BytesIO(data), ReadOptions(mapping)))


def one(values: dict[str, Any], mapping: Mapping[str, str] | None = None) -> Article:
    (article,) = read(json.dumps(values).encode(), mapping)
    assert isinstance(article, Article)
    return article


@pytest.mark.parametrize(
    ("field", "theirs"),
    [
        ("body", "body text content content_text full_text articleBody"),
        ("lead", "lead summary description annotation"),
        ("title", "title headline name Title"),
        ("url", "url link URL permalink"),
        ("rubric", "rubric section articleSection"),
        ("source", "source agency publisher"),
        ("image_credit", "image_credit imageCredit"),
    ],
)
def test_common_names_of_fields_are_understood(field: str, theirs: str) -> None:
    value = "https://site.ru/1" if field == "url" else "слово"
    for name in theirs.split():
        other = "body" if field == "title" else "title"
        article = one({"id": "1", other: "t", name: value})
        assert getattr(article, field) == value, name


@pytest.mark.parametrize("name", ["id", "guid", "_id", "ID", "uid"])
def test_common_names_of_the_id_are_understood(name: str) -> None:
    assert one({name: "a-17", "title": "t"}).id == "a-17"


@pytest.mark.parametrize(
    "name",
    ["date", "published", "pubDate", "published_at", "publishedAt", "date_published", "@timestamp"],
)
def test_common_names_of_the_date_are_understood(name: str) -> None:
    assert one({"id": "1", "title": "t", name: "2024-05-09"}).published_at == datetime(
        2024, 5, 9, tzinfo=UTC
    )


@pytest.mark.parametrize("name", ["tags", "subjects", "categories", "subject", "topics"])
def test_common_names_of_subjects_are_understood(name: str) -> None:
    assert one({"id": "1", "title": "t", name: ["Спорт", "Наука"]}).subjects == ("Спорт", "Наука")


@pytest.mark.parametrize("name", ["author", "authors", "byline"])
def test_common_names_of_authors_are_understood(name: str) -> None:
    assert one({"id": "1", "title": "t", name: "Анна Лит"}).authors == ("Анна Лит",)


@pytest.mark.parametrize("name", ["lang", "language", "inLanguage"])
@pytest.mark.parametrize("value", ["en", "EN", "en-GB", "en_US"])
def test_a_language_is_understood_with_its_country(name: str, value: str) -> None:
    assert one({"id": "1", "title": "слово", name: value}).language == "en"


@pytest.mark.parametrize("value", [1_715_212_800, 1_715_212_800.0, 1_715_212_800_000])
def test_seconds_and_milliseconds_since_1970_are_a_date(value: float) -> None:
    moment = one({"id": "1", "title": "t", "timestamp": value}).published_at
    assert moment == datetime(2024, 5, 9, tzinfo=UTC)


def test_a_number_that_is_no_moment_is_refused_as_a_date() -> None:
    for value in ("1e300", "true", "-1e17"):
        (found,) = read(b'{"id": "1", "title": "t", "date": %s}' % value.encode())
        assert isinstance(found, Rejected), value
        assert found.field == "published_at"


def test_a_fields_own_name_goes_before_a_common_one_and_what_is_empty_does_not_count() -> None:
    assert one({"id": "1", "text": "чужое", "body": "своё"}).body == "своё"
    assert one({"id": "1", "text": "чужое", "body": ""}).body == "чужое"
    assert one({"id": "1", "text": "первое", "content": "второе"}).body == "первое"


def test_fields_that_mean_nothing_here_are_left_out() -> None:
    assert one({"id": "1", "title": "t", "likes": 5, "comments": []}).title == "t"


def test_a_mapping_goes_before_the_common_names() -> None:
    values = {"id": "1", "text": "одно", "texte": "другое"}
    assert one(values).body == "одно"
    assert one(values, {"texte": "body"}).body == "другое"
    assert one({**values, "title": "t"}, {"text": ""}).body == ""


def test_a_numeric_id_is_an_id() -> None:
    assert one({"id": 17, "title": "t"}).id == "17"


GOOD = b'{"id": "1", "title": "t"}'


@pytest.mark.parametrize(
    ("line", "cause"),
    [
        (b"{", "not JSON"),
        (b"\x00", "not JSON"),
        (b"[1]", "not a JSON object"),
        (b"null", "not a JSON object"),
        (b'{"id": "\xff"}', "not UTF-8: byte 0xff at 9"),
        (b"\xff\xfe{\x00}\x00", "not UTF-8"),
        (b'{"a":' * 100_000, "nested brackets"),
        (b'{"id": "1", "likes": ' + b"9" * 5_000 + b"}", "a number is too long"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_line_that_is_no_object_is_refused_with_its_number_and_the_rest_goes_on(
    line: bytes, cause: str
) -> None:
    before, refused, after = read(b"\n".join([GOOD, b"", line, GOOD]))
    assert isinstance(before, Article)
    assert isinstance(after, Article)
    assert isinstance(refused, Rejected)
    assert (refused.line, refused.id) == (3, "")
    assert cause in refused.cause
    assert refused.cure


def test_a_refused_article_is_named_with_its_field_and_the_cure() -> None:
    lines = io.BytesIO(GOOD + b'\n{"id": "2", "title": "t", "pubDate": "soon"}\n')
    _, refused = read_stream(lines, place=Place("news.jsonl"))
    assert isinstance(refused, Rejected)
    assert (refused.id, refused.field) == ("2", "published_at")
    assert str(refused).startswith("news.jsonl, line 2: published_at: not a date; send ISO 8601")


@given(st.lists(st.binary(max_size=40).map(lambda line: line.replace(b"\n", b"")), max_size=8))
def test_whatever_the_bytes_are_a_line_gives_one_answer(lines: list[bytes]) -> None:
    found = read(b"\n".join([GOOD, *lines, GOOD]))
    assert len(found) == sum(bool(line.strip()) for line in lines) + 2
    assert isinstance(found[-1], Article)


def test_a_byte_order_mark_and_carriage_returns_are_no_harm() -> None:
    found = read(b'\xef\xbb\xbf{"id": "1", "title": "t"}\r\n\r\n{"id": "2", "title": "t"}\r\n')
    assert [one.id for one in found] == ["1", "2"]


def test_a_line_over_the_bound_is_refused_and_not_kept_in_memory() -> None:
    long = b'{"id": "1", "title": "' + b"a" * (2 * MAX_ARTICLE_BYTES) + b'"}\n'
    lines = io.BytesIO(long + GOOD + b"\n" + long)
    tracemalloc.start()
    found = list(read_stream(lines))
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert [type(one) for one in found] == [Rejected, Article, Rejected]
    assert [one.line for one in found if isinstance(one, Rejected)] == [1, 3]
    assert most < 4 * MAX_ARTICLE_BYTES


def test_a_packed_file_is_known_by_its_first_bytes(tmp_path: Path) -> None:
    path = tmp_path / "articles.data"
    path.write_bytes(gzip.compress(GOOD + b"\n") + gzip.compress(GOOD + b"\n"))
    with open_source(str(path)) as reading:
        assert [type(one) for one in reading] == [Article, Article]


def test_a_plain_file_may_be_empty_or_end_without_a_newline(tmp_path: Path) -> None:
    path = tmp_path / "articles.jsonl.gz"
    for content, count in ((b"", 0), (GOOD, 1)):
        path.write_bytes(content)
        with open_source(str(path)) as reading:
            assert len(list(reading)) == count


def _cut(packed: bytes) -> bytes:
    return packed[: len(packed) // 2]


def _flipped(packed: bytes) -> bytes:
    return packed[:-5] + bytes([packed[-5] ^ 1]) + packed[-4:]  # in the checksum


def _followed_by_noise(packed: bytes) -> bytes:
    return packed + b"noise"


@pytest.mark.parametrize("damage", [_cut, _flipped, _followed_by_noise])
def test_where_a_packed_file_is_damaged_the_last_line_is_a_refusal(
    tmp_path: Path, damage: Callable[[bytes], bytes]
) -> None:
    path = tmp_path / "articles.jsonl.gz"
    numbered = [b'{"id": "%d", "title": "t"}\n' % number for number in range(5_000)]
    path.write_bytes(damage(gzip.compress(b"".join(numbered))))
    with open_source(str(path)) as reading:
        *read_well, last = reading
    assert read_well
    assert all(isinstance(one, Article) for one in read_well)
    assert isinstance(last, Rejected)
    assert last.line == len(read_well) + 1
    assert "reading stopped" in str(last)
