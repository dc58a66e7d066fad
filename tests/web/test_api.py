"""The JSON API: every route, its names, its ways of asking. Errors: test_api_errors.py."""

import gzip
import html
import json
import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient

from index.article import check_article
from index.engines.whoosh.engine import WhooshEngine
from search.web.app import create_app
from tests.support.asking import answer, posted, problem
from tests.support.demo import demo_articles, parts_in

STORY = "ru-story01-forum-strasbourg"
ARTICLES = {one.id: one for one in demo_articles()}


def ids(found: dict[str, Any]) -> list[str]:
    return [hit["id"] for hit in found["hits"]]


# Search


def test_a_search_answers_under_the_names_that_programs_rely_on(client: FlaskClient) -> None:
    found = answer(client, "/v1/search", q="школам", histogram="year")
    assert set(found) == {
        "query", "total", "took_ms", "hits", "facets", "histogram", "interpretations", "page",
    }  # fmt: skip
    assert found["query"]["text"] == "школам"
    assert set(found["query"]) >= {"text", "parsed"}
    assert set(found["hits"][0]) >= {
        "id", "url", "title", "language", "subjects", "rubric", "source", "authors",
        "published_at", "score", "highlight", "snippets", "highlights",
    }  # fmt: skip
    assert set(found["facets"]) == {"subject", "language", "rubric", "source", "author"}
    assert set(found["facets"]["subject"][0]) == {"value", "count", "selected"}
    assert set(found["histogram"][0]) == {"from", "count"}
    assert found["page"] == {"number": 1, "per_page": 10, "pages": 1, "next": None}
    assert found["interpretations"] == []
    assert found["took_ms"] > 0


def test_a_hit_says_of_its_article_what_the_article_says(client: FlaskClient) -> None:
    for hit in answer(client, "/v1/search", per_page=100)["hits"]:
        article = ARTICLES[hit["id"]]
        assert hit["url"] == article.url
        assert hit["title"] == article.title
        assert hit["language"] == article.language
        assert tuple(hit["subjects"]) == article.subjects
        assert hit["rubric"] == article.rubric
        assert hit["source"] == article.source
        assert tuple(hit["authors"]) == article.authors
        assert datetime.fromisoformat(hit["published_at"]) == article.published_at


def test_highlights_are_the_marked_words_in_code_points(client: FlaskClient) -> None:
    for hit in answer(client, "/v1/search", q="школа музей", per_page=100)["hits"]:
        article = ARTICLES[hit["id"]]
        spans = [article.title[start:end] for start, end in hit["highlights"]["title"]]
        assert spans == _marked(hit["highlight"]["title"])
        for snippet, passage in zip(hit["snippets"], hit["highlights"]["snippets"], strict=True):
            text = getattr(article, passage["field"])
            assert [text[start:end] for start, end in passage["marks"]] == _marked(snippet)


def _marked(snippet: str) -> list[str]:
    return [html.unescape(one) for one in re.findall("<mark>(.*?)</mark>", snippet)]


@pytest.mark.parametrize("form", ["школа", "школы", "школе", "школу", "школой", "школам", "ШКОЛАХ"])
def test_any_form_of_a_word_finds_the_same_articles(client: FlaskClient, form: str) -> None:
    base = set(ids(answer(client, "/v1/search", q="школа", per_page=100)))
    assert set(ids(answer(client, "/v1/search", q=form, per_page=100))) == base


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"q": "форум"},
        {"q": "форум", "lang": ["ru"], "sort": "newest", "per_page": 3, "facets": ["subject"]},
        {"q": "school OR школа", "subject": ["Culture", "Образование"], "page": 2, "per_page": 2},
        {"from": "2024", "to": "2025-03", "histogram": "month", "sort": "oldest"},
        {"q": "«Евгений Онегин»", "source": ["нет"], "author": [], "snippet_length": 60},
        {"q": "музей", "explain": True, "facets": []},
    ],
    ids=json.dumps,
)
def test_post_answers_as_get_does(client: FlaskClient, asked: dict[str, Any]) -> None:
    said = posted(client, "/v1/search", **asked)
    arguments = {**asked, "facets": ",".join(asked["facets"])} if "facets" in asked else asked
    got = answer(client, "/v1/search", **arguments)
    assert {**said, "took_ms": 0} == {**got, "took_ms": 0}


def test_a_body_is_read_whatever_type_it_says_it_has(client: FlaskClient) -> None:
    body = json.dumps({"q": "школа"}).encode()
    for kind in ("application/json", "text/plain", "application/x-www-form-urlencoded", None):
        response = client.post("/v1/search", data=body, content_type=kind)
        assert response.status_code == 200
        assert response.get_json()["query"]["text"] == "школа"


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_a_body_may_begin_with_a_byte_order_mark(
    client: FlaskClient, pack: Callable[[bytes], bytes]
) -> None:
    body = pack(b"\xef\xbb\xbf" + json.dumps({"q": "школа"}, ensure_ascii=False).encode())
    coding = {"Content-Encoding": "gzip"} if pack is gzip.compress else {}
    answer_to_body = client.post("/v1/search", data=body, headers=coding)
    assert answer_to_body.status_code == 200
    assert answer_to_body.get_json()["total"] == answer(client, "/v1/search", q="школа")["total"]


def test_several_searches_at_once_are_each_as_if_asked_alone(client: FlaskClient) -> None:
    asked: list[dict[str, Any]] = [{"q": "школа"}, {}, {"q": "school", "per_page": 1}, {"q": "щщщ"}]
    found = posted(client, "/v1/multi-search", searches=asked)["answers"]
    assert len(found) == 4
    for one, alone in zip(found, asked, strict=True):
        assert {**one, "took_ms": 0} == {**posted(client, "/v1/search", **alone), "took_ms": 0}


def test_pages_follow_each_other_without_gap_or_repetition(client: FlaskClient) -> None:
    for query, per_page in (("", 10), ("", 7), ("школа OR school OR музей", 3)):
        first = answer(client, "/v1/search", q=query, per_page=per_page)
        pages = first["page"]["pages"]
        assert pages == -(-first["total"] // per_page)
        asked = [
            ids(answer(client, "/v1/search", q=query, per_page=per_page, page=page))
            for page in range(1, pages + 2)
        ]
        assert asked[-1] == [], "after the last page there is nothing"
        assert all(asked[:-1])
        together = [one for page in asked for one in page]
        assert together == ids(answer(client, "/v1/search", q=query, per_page=100))
        assert len(set(together)) == len(together) == first["total"]


def test_the_order_by_date_is_as_asked(client: FlaskClient) -> None:
    for sort, newest_first in (("newest", True), ("oldest", False)):
        for query in ("", "школа"):
            hits = answer(client, "/v1/search", q=query, sort=sort, per_page=100)["hits"]
            moments = [datetime.fromisoformat(hit["published_at"]) for hit in hits]
            assert moments == sorted(moments, reverse=newest_first)
            assert len(set(moments)) > 1


def test_the_order_by_relevance_is_by_falling_score(client: FlaskClient) -> None:
    hits = answer(client, "/v1/search", q="школа OR музей", per_page=100)["hits"]
    scores = [hit["score"] for hit in hits]
    assert scores == sorted(scores, reverse=True)
    assert scores[0] > scores[-1] > 0


def test_a_hit_says_how_its_score_came_about_when_asked(client: FlaskClient) -> None:
    for query in ("школа", '"русский язык"', "музей -школа", "Ту-154", "шк*"):
        for hit in answer(client, "/v1/search", q=query, explain="true")["hits"]:
            assert hit["explanation"]["score"] == pytest.approx(hit["score"], rel=1e-4, abs=1e-6)
    (plain, *_) = answer(client, "/v1/search", q="школа")["hits"]
    assert plain["explanation"] is None


@pytest.mark.parametrize("length", [40, 100, 2_000])
def test_snippets_are_as_long_as_asked(client: FlaskClient, length: int) -> None:
    for hit in answer(client, "/v1/search", q="школа", snippet_length=length)["hits"]:
        for passage in hit["highlights"]["snippets"]:
            assert passage["end"] - passage["start"] <= length


def test_what_was_typed_comes_back_to_the_letter(client: FlaskClient) -> None:
    for typed in ("  школа  ", "Ёлка", "a\tb", "<b>&", "и\u0306", "\0"):
        assert answer(client, "/v1/search", q=typed)["query"]["text"] == typed


def test_most_of_the_words_where_nothing_has_all_and_it_is_said(client: FlaskClient) -> None:
    found = answer(client, "/v1/search", q="Страсбург форум динозавр")
    assert found["query"]["notes"] == ["relaxed"]
    assert STORY in ids(found)
    assert answer(client, "/v1/search", q="Страсбург форум")["query"]["notes"] == []


def test_nothing_is_said_to_have_most_of_the_words_where_nothing_is_found(
    client: FlaskClient,
) -> None:
    for typed in ('"холодная война" ИЛИ динозавр', "динозавр птеродактиль"):
        found = answer(client, "/v1/search", q=typed)
        assert found["total"] == 0
        assert found["query"]["notes"] == []


# One article, related articles, analysis


def test_an_article_is_given_whole(client: FlaskClient) -> None:
    found = answer(client, f"/v1/articles/{STORY}")["article"]
    assert check_article(found) == ARTICLES[STORY]


@pytest.mark.parametrize(
    "article_id",
    ["ид 1", "ё🙂", "a/b", "a//b", "/news/12/", "a/related/b", "related", "https://e.org/x?y=1#z",
     "50%", "%2F", "a+b", "..", "a/../b", "./a", "a\\b", "a;b,c", "<b>", "я" * 512],
)  # fmt: skip
def test_an_article_is_read_by_whatever_id_it_has(tmp_path: Path, article_id: str) -> None:
    parts = parts_in(tmp_path)
    articles = [check_article({"id": one, "title": "мир"}) for one in (article_id, "other")]
    parts.engine.write(map(parts.analyse, articles))
    client = create_app(parts.settings, parts).test_client()
    for safe in ("", "/:"):
        path = f"/v1/articles/{quote(article_id, safe=safe)}"
        assert answer(client, path)["article"]["id"] == article_id
        assert [hit["id"] for hit in answer(client, path + "/related")["hits"]] == ["other"]
    assert article_id in ids(answer(client, "/v1/search", q="мир"))
    parts.close()


def test_an_id_is_the_same_however_its_letters_are_composed(tmp_path: Path) -> None:
    parts = parts_in(tmp_path)
    parts.engine.write([parts.analyse(check_article({"id": "и\u0306", "title": "мир"}))])
    client = create_app(parts.settings, parts).test_client()
    for typed in ("и\u0306", "\u0439"):
        assert answer(client, f"/v1/articles/{quote(typed)}")["article"]["id"] == "\u0439"
        assert answer(client, f"/v1/articles/{quote(typed)}/related")["hits"] == []
    parts.close()


def test_related_articles_are_as_many_as_asked(client: FlaskClient) -> None:
    path = f"/v1/articles/{STORY}/related"
    assert len(answer(client, path)["hits"]) == 10
    assert len(answer(client, path, limit=3)["hits"]) == 3
    best = ids(answer(client, path, limit=50))
    assert ids(answer(client, path, limit=3)) == best[:3]
    english = answer(client, path, lang="other", limit=50)["hits"]
    assert {hit["language"] for hit in english} == {"en"}


@pytest.mark.parametrize("path", [f"/v1/articles/{STORY}/related", f"/articles/{STORY}"])
def test_an_article_and_its_related_ones_are_read_in_one_state_of_the_index(
    client: FlaskClient, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    readers = []

    def reader(engine: WhooshEngine, opened: Any = WhooshEngine.reader) -> Any:
        readers.append(opened(engine))
        return readers[-1]

    monkeypatch.setattr(WhooshEngine, "reader", reader)
    assert client.get(path).status_code == 200
    assert len(readers) == 1


def test_related_articles_of_a_text_leave_out_what_is_named(client: FlaskClient) -> None:
    article = ARTICLES[STORY]
    asked = {"title": article.title, "text": article.body, "limit": 5}
    found = posted(client, "/v1/related", **asked)
    assert STORY in [one["id"] for one in found["duplicates"]]
    best = found["hits"][0]["id"]
    without = posted(client, "/v1/related", **asked, exclude=[STORY, best])
    assert {STORY, best}.isdisjoint(one["id"] for one in without["duplicates"] + without["hits"])
    assert len(without["hits"]) == 5


def test_a_text_is_shown_as_tokens_with_offsets_into_it(client: FlaskClient) -> None:
    text = "🙂 Рябковым и Ту-154!"
    tokens = answer(client, "/v1/analyze", text=text)["tokens"]
    assert all(text[one["start"] : one["end"]] == one["surface"] for one in tokens)
    by_surface = {one["surface"]: one for one in tokens}
    assert {"рябковым", "рябков"} <= set(by_surface["Рябковым"]["lemmas"])
    assert by_surface["и"]["stopword"]
    assert not by_surface["Рябковым"]["stopword"]
    assert {"Ту-154", "Ту", "154"} <= set(by_surface)
    assert answer(client, "/v1/analyze", text="")["tokens"] == []


# Methods


@pytest.mark.parametrize(
    "path", ["/v1/search?q=школа", f"/v1/articles/{STORY}", "/v1/analyze?text=a", "/openapi.json"]
)
def test_head_has_what_get_has_but_the_body(client: FlaskClient, path: str) -> None:
    got, head = client.get(path), client.head(path)
    assert head.status_code == got.status_code == 200
    assert head.data == b""
    assert head.mimetype == got.mimetype
    assert client.head("/v1/articles/none").status_code == 404


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/v1/search", {"GET", "HEAD", "POST", "OPTIONS"}),
        ("/v1/multi-search", {"POST", "OPTIONS"}),
        ("/v1/related", {"POST", "OPTIONS"}),
        (f"/v1/articles/{STORY}", {"GET", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE"}),
        ("/v1/articles/delete", {"GET", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE", "POST"}),
        ("/v1/analyze", {"GET", "HEAD", "OPTIONS"}),
        ("/healthz", {"GET", "HEAD", "OPTIONS"}),
    ],
)
def test_a_wrong_method_is_refused_and_the_right_ones_are_named(
    client: FlaskClient, path: str, allowed: set[str]
) -> None:
    asked = client.options(path)
    assert asked.status_code == 200
    assert set(asked.headers["Allow"].split(", ")) == allowed
    for method in {"GET", "POST", "PUT", "PATCH", "DELETE", "TRACE"} - allowed:
        found = problem(client, path, 405, method=method)
        assert found["type"] == "/docs#method-not-allowed"
        response = client.open(path, method=method)
        assert set(response.headers["Allow"].split(", ")) == allowed
