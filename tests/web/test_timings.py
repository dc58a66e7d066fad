"""The times of the stages of a search, as the API reports them."""

import re
from pathlib import Path
from typing import Any, get_args

import pytest
from flask.testing import FlaskClient

from index.stages import EngineStage, SearchStage, Stopwatch
from tests.support.asking import answer, posted

STAGES = {*get_args(EngineStage), *get_args(SearchStage)}
ROUNDING = 0.02
API = Path(__file__).parents[2] / "docs" / "api.md"


def check(found: dict[str, Any]) -> None:
    assert set(found["timings"]) == STAGES
    assert all(milliseconds >= 0 for milliseconds in found["timings"].values())
    assert 0 < sum(found["timings"].values()) <= found["took_ms"] + ROUNDING


@pytest.mark.parametrize(
    "q", ["школа", "щщщ", "школа щщщ", "школа И щщщ", "", '"forum of schools"']
)
def test_the_times_of_all_stages_sum_to_no_more_than_the_search_took(
    client: FlaskClient, q: str
) -> None:
    check(answer(client, "/v1/search", q=q, per_page=30, timings="true"))
    check(posted(client, "/v1/search", q=q, sort="newest", histogram="year", timings=True))


def test_who_does_not_ask_for_timings_gets_none(client: FlaskClient) -> None:
    assert "timings" not in answer(client, "/v1/search", q="школа")
    assert "timings" not in answer(client, "/v1/search", q="школа", timings="false")
    assert "timings" not in posted(client, "/v1/search", q="школа")


def test_each_of_several_searches_asks_for_its_own_timings(client: FlaskClient) -> None:
    searches = [{"q": "школа", "timings": True}, {"q": "музей"}]
    first, second = posted(client, "/v1/multi-search", searches=searches)["answers"]
    check(first)
    assert "timings" not in second


def test_a_cursor_goes_on_with_and_without_timings(client: FlaskClient) -> None:
    first = answer(client, "/v1/search", q="школа", per_page=2)
    after = first["page"]["next"]
    check(answer(client, "/v1/search", q="школа", per_page=2, after=after, timings="true"))


def test_every_stage_is_in_the_docs() -> None:
    section = API.read_text().split("## Where does a slow search spend its time?")[1].split("\n## ")
    assert set(re.findall(r"^\| `(\w+)` \|", section[0], re.M)) == STAGES


def test_a_stopwatch_adds_up_what_comes_again() -> None:
    stopwatch = Stopwatch()
    stopwatch.end("parse")
    first = stopwatch.times["parse"]
    stopwatch.restart({"match": 2.0})
    stopwatch.restart({"match": 3.0})
    stopwatch.end("parse")
    assert stopwatch.times["match"] == 5.0
    assert stopwatch.times["parse"] >= first > 0
