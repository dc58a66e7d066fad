"""Each note and each kind of suggestion is worded wherever people read of it."""

import re
from pathlib import Path

import msgspec
import pytest

from search.answer import Answer, QueryEcho, SuggestionAnswer
from search.query.loosening import Loosening
from search.query.notes import Note
from search.web.pages.phrases import PHRASES

API = (Path(__file__).parents[2] / "docs" / "api.md").read_text(encoding="utf-8")
UNDERSTOOD = API.split("## How did Poisk understand the query?")[1].split("\n## ")[0]


@pytest.mark.parametrize("note", Note)
def test_a_note_is_worded_on_the_pages_in_the_description_and_in_the_docs(note: Note) -> None:
    assert f"note_{note}" in PHRASES
    assert f"{note}: " in _description(QueryEcho, "notes")
    assert f"`{note}`" in re.findall(r"^\| `notes` \| (.*) \|$", UNDERSTOOD, re.MULTILINE)[0]


@pytest.mark.parametrize("kind", Loosening)
def test_a_kind_of_suggestion_is_worded_there_too(kind: Loosening) -> None:
    assert f"suggestion_{kind}" in PHRASES
    assert f"{kind}: " in _description(SuggestionAnswer, "kind")
    assert f"of kind `{kind}`" in " ".join(UNDERSTOOD.split())


def _description(answer: type[Answer], field: str) -> str:
    return str(msgspec.json.schema(answer)["$defs"][answer.__name__]["properties"][field])
