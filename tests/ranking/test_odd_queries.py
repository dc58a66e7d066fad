"""Whatever is typed gives an answer, never an error of the server."""

import json
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from search.web.app import create_app
from tests.support.asking import PROBLEM
from tests.support.demo import demo_articles, parts_in

_WORDS = st.sampled_from(
    ["школа", "Рябковым", "school", "Strasbourg", "Ту-154", "1С", "№5", "U.S.", "и", "the", "ё"]
)
_MARKS = st.sampled_from(
    ['"', "«", "»", "“", "(", ")", "-", "--", "*", ":", "OR", "ИЛИ", "AND", "И", "NOT", "title:",
     "body:", "lang:", "lang:ru", "date:", "date:2024", "date:2024-13", "date:2024-01..", "..",
     "subject:", 'subject:"', "\0", "\u202e", "\u00ad", "\u0301", "🙂", "\n", "\\", "'", "~", "^",
     "{", "[", "<script>", "&amp;", "%00", "+", "|", "/", "шк*", "*а", "-(", '-"', "()", '""',
     "rubric:", "source:", "author:", "lead:", "Title:", "lang:fr", "date:2025..2024",
     "date:9999", "date:0001", "date:2024-02-30", "0", "1,5", "10 000", "é", "ǅ", "ﬁ", "ß", "İ"]
)  # fmt: skip
_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
_TYPED = st.lists(st.one_of(_WORDS, _MARKS, _TEXT), max_size=12).flatmap(
    lambda pieces: st.sampled_from([" ".join(pieces), "".join(pieces)])
)


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> FlaskClient:
    """A client over a few articles: what matters here is the road there."""
    parts = parts_in(tmp_path_factory.mktemp("few"))
    parts.engine.write(map(parts.analyse, demo_articles()[:6]))
    return create_app(parts.settings, parts).test_client()


@settings(
    max_examples=20_000, deadline=None, suppress_health_check=list(HealthCheck), database=None
)
@given(_TYPED)
@example("")
@example('"')
@example(":")
@example(")(")
@example("слово " * 10_000)
@example("(" * 5_000)
@example('"' * 5_000)
@example("-" * 5_000)
@example("a OR " * 3_000)
@example("\0")
@example('date:"')
@example("🙂")
@example("и в на the of")
def test_an_odd_query_is_answered_or_refused_with_the_cure(few: FlaskClient, typed: str) -> None:
    asked = {"q": typed, "per_page": "3", "facets": ""}
    _answered(few.get("/v1/search", query_string=asked), typed)


@settings(max_examples=1_000, deadline=None, database=None)
@given(_TYPED)
def test_an_odd_query_in_a_body_is_answered_too(few: FlaskClient, typed: str) -> None:
    _answered(few.post("/v1/search", json={"q": typed, "histogram": "day"}), typed)


@settings(max_examples=1_000, deadline=None, database=None)
@given(_TYPED, _TYPED, _TYPED)
def test_an_odd_filter_is_answered_or_refused_with_the_cure(
    few: FlaskClient, subject: str, since: str, facets: str
) -> None:
    asked = {"subject": subject, "from": since, "facets": facets, "q": "школа"}
    _answered(few.get("/v1/search", query_string=asked), "школа")
    _answered(few.get("/v1/search", query_string={"q": "школа", "lang": since}), "школа")


@settings(max_examples=500, deadline=None, database=None)
@given(_TYPED)
def test_an_odd_draft_and_an_odd_id_are_answered_or_refused_with_the_cure(
    few: FlaskClient, typed: str
) -> None:
    related = few.post("/v1/related", json={"text": typed, "title": typed, "exclude": [typed]})
    assert related.status_code == (200 if typed else 400)
    for path in ("/v1/articles/{}", "/v1/articles/{}/related"):
        assert few.get(path.format(quote(typed, safe=""))).status_code == 404
    tokens = few.get("/v1/analyze", query_string={"text": typed}).get_json()["tokens"]
    assert all(typed[one["start"] : one["end"]] == one["surface"] for one in tokens)


def _answered(response: TestResponse, typed: str) -> None:
    answer = json.loads(response.data)
    if response.status_code == 200:
        assert answer["query"]["text"] == typed
        assert len(answer["hits"]) <= answer["total"]
    else:
        assert 400 <= response.status_code < 500
        assert response.mimetype == "application/problem+json"
        assert set(answer) == PROBLEM
        assert answer["status"] == response.status_code
        assert answer["title"]
        assert answer["cure"]


def test_a_query_that_was_cut_says_so(few: FlaskClient) -> None:
    answer = few.post("/v1/search", json={"q": "слово " * 10_000}).get_json()
    assert "cut" in answer["query"]["notes"]
