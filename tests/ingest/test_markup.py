"""HTML in texts: what is read as HTML, what stays as it is, and hostile texts."""

import time
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from index.sources.markup import Markup, looks_like_html, text_of
from index.sources.streams import open_file
from tests.support.golden import GOLDEN
from tests.support.shared import data as shared

TEXTS = GOLDEN / "html" / "texts.yaml"
CASES: list[dict[str, str]] = yaml.safe_load(TEXTS.read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["sent"][:40])
def test_a_text_is_read_as_the_golden_file_says(case: dict[str, str]) -> None:
    read = Markup().plain({"id": "1", "body": case["sent"]})
    assert read["body"] == case.get("text", case["sent"])
    assert Markup("never").plain({"body": case["sent"]})["body"] == case["sent"]


def hostile() -> Iterator[str]:
    size = 400_000
    for piece in (
        "<", "<!--", "<a ", '<a "', "<a \"'", "<div>", "<b></i>", "</p>", "&", "&amp", "<script",
        "<script>", "</script", "<!", "<![CDATA[", "<p <p>", "<a href='", "<b id=1><p>", "<td>",
        "<br", "\0<p>", "<x-y ", "<svg>", "<style><script>", '"<a" ', " \n\t", "<br>\n",
    ):  # fmt: skip
        yield "<p>текст</p>" + piece * (size // len(piece))


@pytest.mark.parametrize("text", list(hostile()), ids=lambda text: repr(text[:24]))
def test_a_hostile_text_is_read_in_some_seconds(text: str) -> None:
    begun = time.process_time()
    looks_like_html(text)
    text_of(text)
    assert time.process_time() - begun < 20


def test_labels_and_headlines_are_read_and_ids_and_addresses_are_not() -> None:
    markup = Markup()
    fields: dict[str, Any] = {
        "id": "a&amp;b", "url": "https://a.ru/?x=1&amp;y=2", "title": "<b>Мир</b> &amp; труд",
        "subjects": ["R&amp;D", "Наука"], "authors": "A &amp; B", "published_at": 5,
    }  # fmt: skip
    assert markup.plain(fields) == fields | {
        "title": "Мир & труд", "subjects": ["R&D", "Наука"], "authors": "A & B",
    }  # fmt: skip
    assert markup.plain({"id": "1", "title": "Мир"}) == {"id": "1", "title": "Мир"}
    assert markup.count == 1


def test_where_it_is_always_html_a_lone_tag_is_read_too() -> None:
    assert Markup("always").plain({"body": "Тег <b> и <br> слово"})["body"] == "Тег и\nслово"


def test_real_pages_become_text_without_tags_and_scripts() -> None:
    for path in sorted(shared("pages").glob("*.html.gz")):
        with open_file(str(path)) as (stream, _):
            page = b"".join(iter(lambda: stream.read1(1 << 16), b"")).decode("utf-8", "replace")
        assert looks_like_html(page)
        text = text_of(page)
        assert len(text) > 500, path.name
        for sign in ("<div", "<p>", "</", "function(", "href="):
            assert sign not in text, (path.name, sign)
