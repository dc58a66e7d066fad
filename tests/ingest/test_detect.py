"""Files that hold articles in another form, or none: a list, a feed, a page, a table, a wrapper."""

import gzip
import io
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from index.article import Article
from index.sources.json_source import ENOUGH_ALIKE
from index.sources.open import open_source, read_stream
from index.sources.source import ReadOptions, Rejected
from tests.support.processes import poisk
from tests.support.shared import data as shared
from tests.support.writing import Desk, desk_in

SOME = [{"id": str(n), "title": f"Статья {n}", "media": [{"n": 1}]} for n in range(1, 4)]


def read(data: bytes | str, mapping: Mapping[str, str] | None = None) -> list[Article | Rejected]:
    data = data.encode() if isinstance(data, str) else data
    return list(read_stream(io.BytesIO(data), ReadOptions(mapping)))


def only(data: bytes | str) -> str:
    """The one refusal, which is of the file as a whole."""
    (refused,) = read(data)
    assert isinstance(refused, Rejected)
    assert refused.line == 0
    return str(refused)


def pretty(values: list[dict[str, Any]]) -> str:
    return "\n".join(json.dumps(one, ensure_ascii=False, indent=2) for one in values)


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(SOME),
        json.dumps(SOME, ensure_ascii=False, indent=2),
        "[\n" + ",\n".join(json.dumps(one) for one in SOME) + "\n]\n",
        "[" + "\n,".join(json.dumps(one) for one in SOME) + "]",
        "\n\n \ufeff[\n" + ",\n".join(json.dumps(one) for one in SOME) + "\n]",
        json.dumps(SOME[:1]) + "\n" + json.dumps(SOME[1:]),
        "\n".join(json.dumps(one) for one in SOME),
        " ".join(json.dumps(one) for one in SOME),
        pretty(SOME),
        pretty(SOME[:1]) + "\n" + json.dumps(SOME[1]) + "\n" + json.dumps(SOME[2]),
    ],
)  # fmt: skip
def test_a_list_and_objects_one_after_another_are_read_however_they_are_written(text: str) -> None:
    titles = [one.title for one in read(text) if isinstance(one, Article)]
    assert titles == ["Статья 1", "Статья 2", "Статья 3"]
    assert len(read(text)) == 3


@pytest.mark.parametrize("packed", [False, True])
def test_the_command_loads_a_list_from_a_file_and_from_a_pipe(tmp_path: Path, packed: bool) -> None:
    path = tmp_path / "arr.json"
    data = ("[\n" + ",\n".join(json.dumps(one) for one in SOME) + "\n]\n").encode()
    path.write_bytes(gzip.compress(data) if packed else data)
    done = poisk(tmp_path / "data", "load", str(path))
    assert (done.returncode, done.stderr[:19]) == (0, "3 loaded, 0 refused")
    if not packed:
        done = poisk(tmp_path / "pipe", "load", "-", given=json.dumps(SOME))
        assert (done.returncode, done.stderr[:19]) == (0, "3 loaded, 0 refused")


def test_a_list_is_read_as_it_comes() -> None:
    class Endless(io.RawIOBase):
        """A list without an end."""

        number = 0

        def readable(self) -> bool:
            return True

        def readinto(self, buffer: Any) -> int:
            self.number += 1
            data = b"[" * (self.number == 1) + b'{"id": "%d", "title": "a"},\n' % self.number
            buffer[: len(data)] = data
            return len(data)

    articles = read_stream(io.BufferedReader(Endless()))
    assert [one.id for one, _ in zip(articles, range(5), strict=False) if isinstance(one, Article)]


def test_the_first_line_of_a_pipe_is_an_article_before_the_second_is_written() -> None:
    class Slow(io.RawIOBase):
        asked = 0

        def readable(self) -> bool:
            return True

        def readinto(self, buffer: Any) -> int:
            self.asked += 1
            assert self.asked < 3, "more was asked for than the first line"
            data = [b'{"id": "1", "ti', b'tle": "a"}\n'][self.asked - 1]
            buffer[: len(data)] = data
            return len(data)

    one = next(iter(read_stream(io.BufferedReader(Slow()))))
    assert isinstance(one, Article)


RSS = '<?xml version="1.0" encoding="utf-8"?>\n<rss version="2.0"><channel><item/></channel></rss>'
ATOM = '<feed xmlns="http://www.w3.org/2005/Atom">\n<entry/></feed>'
PAGE = '<!DOCTYPE html>\n<html lang="ru"><body><p>Текст</p></body></html>'


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (RSS, "an RSS or Atom feed"),
        (ATOM, "an RSS or Atom feed"),
        (PAGE, "an HTML page"),
        ("<div>\n<p>слово</p></div>", "an HTML page"),
        ("<?xml version='1.0'?><urlset></urlset>", "a sitemap"),
        ("<?xml version='1.0'?>\n<articles/>", "XML"),
        ("id,title,body\n1,Слово,Текст\n2,Другое,Текст\n", "CSV with commas and the columns id,"),
        ('\ufeff"id";"title"\n"1";"Слово; дело"\n', "CSV with semicolons and the columns"),
        ("id\ttitle\n1\tСлово\n", "CSV with tabs and the columns id, title"),
        ("Просто текст.\nИ ещё строка.\n", "not JSON; Poisk reads JSON"),
        ("junk", "not JSON; Poisk reads JSON"),
        (b"PK\x03\x04....", "a ZIP archive"),
        (b"%PDF-1.4", "a PDF document"),
        (gzip.compress(b"{}", mtime=0), "a file compressed with gzip twice; decompress it once; "),
        (json.dumps(SOME, ensure_ascii=False).encode("utf-16"), "in UTF-16LE"),
        (json.dumps(SOME, ensure_ascii=False).encode("utf-16-be"), "in UTF-16BE"),
        (json.dumps(SOME, ensure_ascii=False).encode("utf-32-le"), "in UTF-32LE"),
        *(
            (json.dumps(SOME * 9, ensure_ascii=False).encode(name), f"in {name}, not UTF-8")
            for name in ("windows-1251", "koi8-r", "cp866")
        ),
        (json.dumps({"articles": SOME}), "list of articles in 'articles'; send only that list"),
        (json.dumps({"total": 3, "data": {"items": SOME}}, indent=2), "articles in 'data.items'"),
        (json.dumps({"title": "Лента", "items": SOME * 3_000}), "list of articles in 'items'"),
    ],
    ids=lambda value: str(value[:24]),
)  # fmt: skip
def test_a_file_of_another_form_is_reported_once_by_what_it_seems_to_be(
    data: bytes | str, says: str
) -> None:
    assert says in only(data)


@pytest.mark.parametrize("what", ["feeds", "pages"])
def test_real_feeds_and_pages_are_reported_once(what: str) -> None:
    for path in sorted(shared(what).glob("*ml.gz")):
        with open_source(str(path)) as reading:
            (refused,) = reading
        assert isinstance(refused, Rejected)
        wanted = "an RSS or Atom feed" if path.name.endswith(".xml.gz") else "an HTML page"
        assert wanted in refused.cause, path.name


def test_the_command_tells_a_feed_once_and_goes_on_with_the_next_file(tmp_path: Path) -> None:
    feed, good = tmp_path / "rss.xml", tmp_path / "good.json"
    feed.write_text(RSS + "\n" * 50)
    good.write_text(json.dumps(SOME))
    done = poisk(tmp_path / "data", "load", str(feed), str(good))
    first, last = done.stderr.splitlines()
    assert done.returncode == 1
    assert first.startswith(f"{feed}: this looks like an RSS or Atom feed; Poisk reads JSON")
    assert last.startswith("3 loaded, 1 refused")


@pytest.mark.parametrize(
    "text",
    [
        '{"tags": [{"n": 1}], "id": "1", "title": "a"}',
        '{"tags": [{"n": 1}], "title": "a"}\n{"tags": [{"n": 1}], "title": "b"}',
        '{"title": "a", "media": [{"url": "x", "size": 1}]}\n' * 3,
        'junk\n{"id": "1", "title": "a"}',
        '{"id": "1", "title": "\xff\xfe"}\n'.encode("latin-1").decode("latin-1"),
    ],
)  # fmt: skip
def test_articles_are_not_taken_for_another_form(text: str) -> None:
    assert all(isinstance(one, Article) or one.line for one in read(text))


def test_one_article_in_another_encoding_among_english_ones_is_refused_alone() -> None:
    good = b'{"id": "%d", "title": "%s"}\n'
    lines = [good % (n, b"An English article" * 20) for n in range(50)]
    lines[7] = good % (7, "Статья на русском".encode("windows-1251") * 10)
    refused = [one for one in read(b"".join(lines)) if isinstance(one, Rejected)]
    assert [one.line for one in refused] == [8]


def strangers(count: int, **fields: str) -> Iterator[str]:
    for n in range(count):
        yield json.dumps({name: value.format(n) for name, value in fields.items()}) + "\n"


@pytest.mark.parametrize(
    ("fields", "advice"),
    [
        ({"nid": "{}", "kop": "Слово"}, "--map id=nid"),
        ({"kop": "Слово", "Номер": "{}", "rubric": "Спорт"}, "--map 'id=Номер'"),
        ({"title": "Слово {}", "link": "https://news.example.ru/{}"}, "--map id=link"),
        ({"title": "Слово {}", "site_id": "7", "slug": "story-{}"}, "--map id=slug"),
        ({"title": "Слово", "артикул №": "А-{}"}, "--map 'id=артикул №'"),
        ({"title": "Слово", "text": "Одно и то же"}, "an id of 1 to 512 characters"),
    ],
)
def test_where_no_line_has_an_id_the_fields_and_the_likely_one_are_named(
    fields: dict[str, str], advice: str
) -> None:
    *_, last = found = read("".join(strangers(5, **fields)))
    assert len(found) == 5
    assert isinstance(last, Rejected)
    assert last.field == "id"
    assert advice in last.cure
    assert f"the fields in it are {', '.join(fields)}" in last.cure


def test_after_a_thousand_lines_without_an_id_the_rest_is_not_read() -> None:
    lines = "".join(strangers(5_000, nid="{}", kop="Слово"))
    *_, last = found = read(lines)
    assert len(found) == ENOUGH_ALIKE
    assert "--map id=nid" in str(last)
    assert "the rest was not read" in str(last)
    assert len(read(lines, {"nid": "id", "kop": "title"})) == 5_000


def test_where_one_line_has_an_id_all_are_read() -> None:
    lines = '{"id": "1", "title": "a"}\n' + "".join(strangers(2_000, title="Слово"))
    assert len(read(lines)) == 2_001


def test_where_the_text_has_other_names_these_are_reported() -> None:
    fields = {"id": "{}", "kop": "Школа {} открылась в Берлине", "texte": "Слово о школе. " * 50}
    *_, last = read("".join(strangers(20, **fields)))
    assert isinstance(last, Rejected)
    assert "--map title=kop" in last.cure
    assert "--map body=texte" in last.cure


def test_an_address_that_is_mapped_to_the_id_stays_the_address() -> None:
    (one,) = read('{"title": "a", "link": "https://a.ru/1"}', {"link": "id"})
    assert isinstance(one, Article)
    assert one.id == one.url == "https://a.ru/1"


def test_over_http_the_error_says_how_to_name_the_field(tmp_path: Path) -> None:
    with desk_in(tmp_path) as desk:
        answer = _post(desk, "".join(strangers(3_000, nid="{}", kop="Слово")))
        assert (answer["accepted"], answer["refusals"]) == (0, ENOUGH_ALIKE)
        assert "send nid as id" in answer["refused"][-1]["error"]
        for data in (RSS, PAGE, "id,title\n1,a\n", json.dumps({"articles": SOME})):
            assert _post(desk, data)["field"] == "body"
        assert _post(desk, json.dumps(SOME))["accepted"] == 3


def _post(desk: Desk, data: str) -> dict[str, Any]:
    sent = desk.send("POST", "/v1/articles", data=data, content_type="application/x-ndjson")
    answer: dict[str, Any] = sent.get_json()
    return answer
