"""Odd things that people may type, and what every answer to them must have."""

import json

from flask.testing import FlaskClient
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from tests.support.asking import PROBLEM

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
_PIECES = st.lists(st.one_of(_WORDS, _MARKS, _TEXT), max_size=12)
SPACED = _PIECES.map(" ".join)
"""Words and signs with spaces between them."""
GLUED = _PIECES.map("".join)
"""Words and signs without spaces between them."""
TYPED = st.one_of(SPACED, GLUED)


def check_answer(response: TestResponse, typed: str) -> None:
    """The text was searched for, or the answer is a problem with a cure."""
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


def check_search(client: FlaskClient, typed: str) -> None:
    """A search for the text is answered, or refused with a cure."""
    asked = {"q": typed, "per_page": "3", "facets": ""}
    check_answer(client.get("/v1/search", query_string=asked), typed)
