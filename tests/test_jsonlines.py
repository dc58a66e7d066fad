"""JSON Lines: others' names for fields, packed files, and lines that are no articles."""

import gzip
import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from index.article import Article
from index.sources.jsonlines import MAX_LINE_BYTES, Refused, open_lines, read_articles


def read(data: bytes, mapping: Mapping[str, str] | None = None) -> list[Article | Refused]:
    return list(read_articles(io.BytesIO(data), mapping))


def one(values: dict[str, Any], mapping: Mapping[str, str] | None = None) -> Article:
    (article,) = read(json.dumps(values).encode(), mapping)
    assert isinstance(article, Article)
    return article


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("text", "body"), ("content", "body"), ("body", "body"), ("lang", "language"),
        ("language", "language"), ("link", "url"), ("url", "url"), ("summary", "lead"),
        ("rubric", "rubric"), ("agency", "source"),
    ],
)  # fmt: skip
def test_common_names_of_fields_are_understood(theirs: str, ours: str) -> None:
    value = "ru" if ours == "language" else "https://e.org/1" if ours == "url" else "слово"
    article = one({"id": "1", "title": "t", theirs: value})
    assert getattr(article, ours) == value


@pytest.mark.parametrize("name", ["date", "published", "pubDate", "published_at", "datePublished"])
def test_common_names_of_the_date_are_understood(name: str) -> None:
    moment = one({"id": "1", "title": "t", name: "2024-05-09"}).published_at
    assert moment is not None
    assert moment.isoformat() == "2024-05-09T00:00:00+00:00"


@pytest.mark.parametrize("name", ["tags", "subjects", "categories", "subject"])
def test_common_names_of_subjects_are_understood(name: str) -> None:
    assert one({"id": "1", "title": "t", name: ["Спорт", "Наука"]}).subjects == ("Спорт", "Наука")


def test_fields_that_mean_nothing_here_are_left_out() -> None:
    assert one({"id": "1", "title": "t", "likes": 5, "comments": []}).title == "t"


def test_a_mapping_goes_before_the_common_names() -> None:
    values = {"id": "1", "text": "одно", "texte": "другое"}
    assert one(values).body == "одно"
    assert one(values, {"texte": "body"}).body == "другое"
    assert one({**values, "title": "t"}, {"text": ""}).body == ""


def test_a_numeric_id_is_an_id() -> None:
    assert one({"id": 17, "title": "t"}).id == "17"


def test_bad_lines_are_refused_with_their_number_and_the_rest_goes_on() -> None:
    good = b'{"id": "1", "title": "t"}'
    lines = [good, b"", b"{", b"[1]", b"\xff\xfe", b'{"id": "2"}', b'{"a":' * 100_000, good]
    found = read(b"\n".join(lines))
    assert [type(one) for one in found] == [Article, *[Refused] * 5, Article]
    refused = [one for one in found if isinstance(one, Refused)]
    assert [one.line for one in refused] == [3, 4, 5, 6, 7]
    assert all(one.cause and one.cure for one in refused)
    assert refused[3].id == "2"


def test_a_byte_order_mark_and_carriage_returns_are_no_harm() -> None:
    found = read(b'\xef\xbb\xbf{"id": "1", "title": "t"}\r\n\r\n{"id": "2", "title": "t"}\r\n')
    assert [one.id for one in found] == ["1", "2"]


def test_a_line_over_the_bound_is_refused_and_not_kept_in_memory() -> None:
    long = b'{"id": "1", "title": "' + b"a" * (2 * MAX_LINE_BYTES) + b'"}\n'
    found = read(long + b'{"id": "2", "title": "t"}\n')
    assert [type(one) for one in found] == [Refused, Article]


def test_a_packed_file_is_known_by_its_first_bytes(tmp_path: Path) -> None:
    path = tmp_path / "articles.data"
    path.write_bytes(gzip.compress(b'{"id": "1", "title": "t"}\n'))
    with open_lines(str(path)) as lines:
        assert [one.id for one in read_articles(lines)] == ["1"]
