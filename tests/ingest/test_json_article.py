"""One rule for articles in JSON, whatever way they come: a list, lines, PUT, PATCH, a file."""

import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from index.article import Article
from index.sources.open import read_stream
from index.sources.source import Rejected
from tests.support.processes import poisk
from tests.support.writing import Desk, desk_in

GOOD = ('{"id": "1", "title": "один"}', '{"id": "3", "title": "три"}')

REFUSED = {
    '"title": "\\ud800"': "half a character",
    '"title": "два", "body": "a \\udc00 b"': "half a character",
    '"title": "два", "subjects": ["\\ud83d"]': "half a character",
    '"title": "два", "n": NaN': "NaN is not a JSON number",
    '"title": "два", "n": [{"m": -Infinity}]': "-Infinity is not a JSON number",
    '"title": "два", "title": "две"': "the name 'title' occurs twice",
    '"title": "\xff"': "not UTF-8: byte 0xff",
    '"title": "два\x00"': "not JSON: Invalid control character",
    '"title": "два", "n": ' + "[" * 9_000 + "]" * 9_000: "nested brackets",
    '"title": "два", "n": ' + "9" * 5_000: "a number is too long",
    '"title": "два", "published_at": 1e999': "not a date",
    '"title": "два",, "n": 1': "not JSON: ",
}
"""Fields of an article, and why it is refused."""

TAKEN = {
    '"title": "два", "n": 123456789012345678901234567890': "два",
    '"title": "два", "n": -9223372036854775809': "два",
    '"title": "два", "n": 1e999': "два",
    '"title": "два", "n": 1e99999999999999999999': "два",
    '"title": "два", "n": "\\ud800"': "два",
    '"title": "\\ud83d\\ude00 два"': "😀 два",
    '"title": "\\u0000два\\ufeff"': "два",
    '"title": "{\\"два\\": [\\\\"': '{"два": [\\',
}
"""Fields of an article, and its title: a field that nobody knows may hold anything."""


def sent(fields: str) -> bytes:
    """An article with these fields; ÿ stands for a byte that is no UTF-8."""
    return ('{"id": "2", ' + fields + "}").encode().replace("\xff".encode(), b"\xff")


def forms(middle: bytes) -> Iterator[tuple[str, bytes]]:
    """Three articles, the second of them this one, in each form that is read."""
    first, last = (one.encode() for one in GOOD)
    three = (first, middle, last)
    yield "application/json", b"[" + b", ".join(three) + b"]"
    yield "application/json", b"\xef\xbb\xbf\n[\n  " + b",\n  ".join(three) + b"\n]\n"
    yield "application/json", b"[" + b",".join(three) + b",]"
    yield "application/x-ndjson", b"\n".join(three)
    yield "application/x-ndjson", b"\xef\xbb\xbf" + b"\r\n".join(three) + b"\r\n"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with desk_in(tmp_path) as opened:
        yield opened


@pytest.mark.parametrize("fields", REFUSED, ids=lambda fields: fields[:40])
def test_a_bad_article_is_refused_with_its_number_and_cause_and_the_others_are_taken(
    desk: Desk, fields: str
) -> None:
    for kind, body in forms(sent(fields)):
        answer = desk.send("POST", "/v1/articles", data=body, content_type=kind).get_json()
        assert answer["accepted"] == 2, answer
        (refused,) = answer["refused"]
        assert refused["line"] == 2
        assert REFUSED[fields] in refused["error"]
        first, rejected, last = read_stream(io.BytesIO(body))
        assert isinstance(first, Article)
        assert isinstance(rejected, Rejected)
        assert isinstance(last, Article)
        assert REFUSED[fields] in str(rejected)
    assert set(desk.parts.store.get(["1", "2", "3"])) == {"1", "3"}


@pytest.mark.parametrize("fields", REFUSED, ids=lambda fields: fields[:40])
def test_a_single_bad_article_is_refused_with_the_same_cause_and_nothing_changes(
    desk: Desk, fields: str
) -> None:
    desk.send("PUT", "/v1/articles/2", json={"title": "было"})
    for method in ("PUT", "PATCH"):
        body = sent(fields.replace(', "n"', ', "source"'))
        response = desk.send(method, "/v1/articles/2", data=body, content_type="application/json")
        assert response.status_code in {400, 422}
        assert REFUSED[fields] in response.get_json()["detail"]
    assert desk.parts.store.get(["2"])["2"].title == "было"


@pytest.mark.parametrize("fields", TAKEN, ids=lambda fields: fields[:40])
def test_what_json_allows_is_taken_in_every_form(desk: Desk, fields: str) -> None:
    for kind, body in forms(sent(fields)):
        desk.send("PUT", "/v1/articles/2", json={"title": "было"})
        answer = desk.send("POST", "/v1/articles", data=body, content_type=kind).get_json()
        assert (answer["accepted"], answer["refusals"]) == (3, 0), answer
        assert desk.parts.store.get(["2"])["2"].title == TAKEN[fields]


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b'"text"', "not JSON"),
        (b"42", "not JSON"),
        (b"null", "not a JSON object"),
        (b"]", "not JSON"),
        (b"[", "is not closed"),
        (b"{", "is not closed"),
        (b"[" * 1_000_000, "is not closed"),
        (b"[" + b"[" * 1_000_000 + b"\n", "is not closed"),
        (b'{"a":' * 1_000_000, "is not closed"),
        (b"NaN", "not JSON"),
        (b"\x00", "not JSON"),
    ],
    ids=lambda value: str(value[:12]),
)
def test_a_body_that_is_nothing_of_the_kind_is_refused_whole(
    desk: Desk, body: bytes, says: str
) -> None:
    response = desk.send("POST", "/v1/articles", data=body, content_type="application/json")
    assert (response.status_code, response.get_json()["field"]) == (400, "body")
    assert says in response.get_json()["detail"]
    (refused,) = read_stream(io.BytesIO(body))
    assert says in str(refused)


@pytest.mark.parametrize(
    ("body", "lines", "says"),
    [
        (b"[[]]", [1], "not a JSON object"),
        (b"[{}]", [1], "id missing"),
        (b"{}", [1], "id missing"),
        (b'[5, "text", null, true]', [1, 2, 3, 4], "not a JSON object"),
        (b"[,]", [1], "not JSON"),
        (b"[[[[[[]]]]], {}]", [1, 2], "not a JSON object"),
        (b"[" + b"[" * 1_000_000 + b"]" * 1_000_000 + b"]", [1], "nested brackets"),
    ],
    ids=lambda value: str(value)[:12],
)
def test_what_is_no_article_is_never_passed_over_in_silence(
    desk: Desk, body: bytes, lines: list[int], says: str
) -> None:
    response = desk.send("POST", "/v1/articles", data=body, content_type="application/json")
    answer = response.get_json()
    assert (response.status_code, answer["accepted"]) == (202, 0)
    assert [one["line"] for one in answer["refused"]] == lines
    rejected = answer["refused"][0]
    assert says in f"{rejected['field']} {rejected['error']}"


@pytest.mark.parametrize(
    ("middle", "refused"),
    [
        (b'{"id": "2", "title": "a" "b"}', 1),
        (b'{"id": "2", "tags": ["a", "b"}', 1),
        (b'{"id": "2", "title": "He said "hi" to all"}', 1),
        (b'{"id": "2", "title": "two\nlines"}', 1),
        (b'{"id": "2"]}', 1),
        (b'["a"}]', 1),
        (b"junk", 1),
        (b"", 1),
        (b'{"id": "2", "n": ' + b'"\\"' * 50_000 + b'"}', 1),
    ],
)
def test_after_a_fault_within_a_list_the_next_articles_are_read(
    middle: bytes, refused: int
) -> None:
    body = b"[" + GOOD[0].encode() + b"," + middle + b",\n" + GOOD[1].encode() + b"]"
    found = list(read_stream(io.BytesIO(body)))
    assert isinstance(found[0], Article)
    assert isinstance(found[-1], Article)
    assert len(found) == 2 + refused


def test_a_list_that_is_left_open_is_reported_after_its_articles() -> None:
    for end in (b"", b",", b', {"id": "2', b', {"id": "2"'):
        *_, last = found = list(read_stream(io.BytesIO(b"[" + GOOD[0].encode() + end)))
        assert len(found) == 2, end
        assert isinstance(found[0], Article)
        assert isinstance(last, Rejected)
        assert (last.line, last.unit) == (2, "article")
        assert "is not closed" in last.cause


def test_the_command_follows_the_rule_too(tmp_path: Path) -> None:
    first, last = (one.encode() for one in GOOD)
    file = tmp_path / "articles.json"
    file.write_bytes(b"[" + b", ".join([first, *map(sent, REFUSED), last]) + b"]")
    done = poisk(tmp_path / "data", "load", str(file))
    assert done.returncode == 1
    *lines, summary = done.stderr.splitlines()
    assert f"2 loaded, {len(REFUSED)} refused" in summary
    for number, (line, cause) in enumerate(zip(lines, REFUSED.values(), strict=True), 2):
        assert line.startswith(f"{file}, article {number}: ")
        assert cause in line


def test_values_are_cut_alike_wherever_the_stream_is_broken() -> None:
    """The quotes and backslashes of a text may fall on either side of a piece's end."""

    class Drops(io.BytesIO):
        size = 1

        def read1(self, size: int | None = -1, /) -> bytes:
            return super().read1(min(self.size, size or 1))

    values = [{"id": str(n), "title": 'a\\"]} {[' * n + "\\"} for n in range(1, 6)]
    for size in range(1, 40):
        for text in (json.dumps(values), json.dumps(values, indent=1)):
            stream = Drops(text.encode())
            stream.size = size
            titles = [one.title for one in read_stream(stream) if isinstance(one, Article)]
            assert titles == [str(one["title"]).strip() for one in values], size
