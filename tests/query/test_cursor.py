"""The cursor: a search goes on after the hits it has given, at any depth, whatever is written."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from index.engines.whoosh.read.reader import WhooshReader
from index.results import EngineRequest, Results, Sort, SortKey
from search import request, searcher
from search.cursor import MAX_CURSOR, cursor_text, read_cursor
from search.parts import Parts
from tests.support.asking import answer, posted, problem
from tests.support.processes import poisk
from tests.support.writing import Desk, desk_in


def walked(client: FlaskClient, **asked: Any) -> Iterator[list[str]]:
    """The ids, answer after answer, each asked for with the one before's page.next."""
    found = answer(client, "/v1/search", **asked)
    for _ in range(200):
        yield [hit["id"] for hit in found["hits"]]
        if found["page"]["next"] is None:
            return
        found = answer(client, "/v1/search", after=found["page"]["next"], **asked)
        assert found["page"]["number"] is None
    raise AssertionError("the pages have no end")


@pytest.mark.parametrize("sort", Sort)
@pytest.mark.parametrize("q", ["", "школа", "школа OR school", "школа нигденет"])
def test_answers_after_each_other_give_every_hit_once_and_in_order(
    client: FlaskClient, sort: Sort, q: str
) -> None:
    whole = answer(client, "/v1/search", q=q, sort=sort, per_page=100)
    pages = list(walked(client, q=q, sort=sort, per_page=7, facets=""))
    assert [one for page in pages for one in page] == [hit["id"] for hit in whole["hits"]]
    assert len(pages) == -(-whole["total"] // 7) == -(-len(whole["hits"]) // 7) > 1


def test_hits_in_and_outside_the_rescoring_window_come_once_and_agree_with_explanations(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    q = "школа OR school"
    with_bonuses = answer(client, "/v1/search", q=q, per_page=100)["hits"]
    monkeypatch.setattr(searcher, "RESCORING_WINDOW", 5)
    hits = answer(client, "/v1/search", q=q, per_page=100, explain="true")["hits"]
    pages = list(walked(client, q=q, per_page=7))
    assert [one for page in pages for one in page] == [hit["id"] for hit in hits]
    explained = [round(hit["explanation"]["score"], 6) for hit in hits]
    assert explained == [hit["score"] for hit in hits]
    full = {hit["id"]: hit["score"] for hit in with_bonuses}
    assert all(hit["score"] == full[hit["id"]] for hit in hits[:5])
    assert any(hit["score"] < full[hit["id"]] for hit in hits[5:])


def test_hits_are_sorted_by_id(client: FlaskClient) -> None:
    found = [hit["id"] for hit in answer(client, "/v1/search", sort="id", per_page=100)["hits"]]
    assert found == sorted(found)
    assert len(found) > 50


def test_a_cursor_goes_on_where_a_numbered_page_ends(client: FlaskClient) -> None:
    second = answer(client, "/v1/search", q="школа", page=2, per_page=2)
    third = answer(client, "/v1/search", q="школа", page=3, per_page=2)
    on = answer(client, "/v1/search", q="школа", after=second["page"]["next"], per_page=2)
    assert on["hits"] == third["hits"]
    assert on["page"]["next"] == third["page"]["next"]


def test_a_cursor_may_go_on_with_other_facets_snippets_and_page_size(client: FlaskClient) -> None:
    first = answer(client, "/v1/search", q="школа", lang=["ru", "en"], per_page=2)
    on = posted(
        client, "/v1/search", q="школа", lang=["en", "ru", "ru"], after=first["page"]["next"],
        per_page=5, facets=["source"], histogram="year", snippet_length=80, explain=True,
    )  # fmt: skip
    whole = answer(client, "/v1/search", q="школа", per_page=7)
    assert [hit["id"] for hit in on["hits"]] == [hit["id"] for hit in whole["hits"][2:]]
    assert on["total"] == first["total"]


def test_several_searches_go_on_at_once(client: FlaskClient) -> None:
    asked = [{"q": "школа", "per_page": 3}, {"sort": "id", "per_page": 3}]
    first = posted(client, "/v1/multi-search", searches=asked)["answers"]
    on = [{**one, "after": given["page"]["next"]} for one, given in zip(asked, first, strict=True)]
    second = posted(client, "/v1/multi-search", searches=on)["answers"]
    numbered = posted(client, "/v1/multi-search", searches=[{**one, "page": 2} for one in asked])
    for ours, theirs in zip(second, numbered["answers"], strict=True):
        assert ours["hits"] == theirs["hits"]


def test_past_the_deepest_numbered_page_only_the_cursor_goes_on(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(request, "MAX_PAGED_HITS", 20)
    monkeypatch.setattr("search.searcher.MAX_PAGED_HITS", 20)
    last = answer(client, "/v1/search", per_page=6, page=3)
    assert last["page"]["pages"] == 3
    assert last["total"] > 50
    assert "after" in problem(client, "/v1/search?per_page=6&page=4", 400)["cure"]
    assert sum(map(len, walked(client, per_page=6))) == last["total"]


def test_the_search_page_says_where_its_numbered_pages_end(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(request, "MAX_PAGED_HITS", 20)
    monkeypatch.setattr("search.searcher.MAX_PAGED_HITS", 20)
    said = "первые 20 статей"
    assert said in client.get("/?ui=ru&page=2").text
    assert said not in client.get("/?ui=ru").text
    assert "first 20 articles" in client.get("/?ui=en&page=2").text
    assert "page=3" not in client.get("/?ui=en&page=2").text


def spoilt(text: str, **changes: Any) -> str:
    """The cursor with other values in it."""
    kept = json.loads(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    return urlsafe_b64encode(json.dumps({**kept, **changes}).encode()).decode().rstrip("=")


DAMAGED: list[dict[str, Any]] = [
    {"score": "1"}, {"score": 1e300}, {"score": None}, {"published": 10**30}, {"published": 1.5},
    {"now": -(10**400)}, {"now": None}, {"id": 5}, {"id": "x" * 513}, {"id": "\ud800"},
    {"search": None}, {"reading": True}, {"reading": -1}, {"reading": 99}, {"more": 1},
]  # fmt: skip


@pytest.mark.parametrize("changes", DAMAGED, ids=str)
def test_a_cursor_with_impossible_values_is_refused(
    client: FlaskClient, changes: dict[str, Any]
) -> None:
    text = answer(client, "/v1/search", q="школа", per_page=2)["page"]["next"]
    said = problem(
        client, "/v1/search", 400, query_string={"q": "школа", "after": spoilt(text, **changes)}
    )
    assert said["field"] == "after"
    assert "page.next" in said["cure"]


NO_CURSORS = (
    "x", "2024-05-01", "школа", "=", "e30", "bnVsbA", "W10", "Ww" * 2_000, "e30\n", "A" * 9_999,
)  # fmt: skip


@pytest.mark.parametrize("text", NO_CURSORS, ids=ascii)
def test_what_is_no_cursor_is_refused_wherever_it_is_sent(client: FlaskClient, text: str) -> None:
    several = {"searches": [{}, {"after": text}]}
    for path, how, field in (
        ("/v1/search", {"query_string": {"after": text}}, "after"),
        ("/v1/search", {"method": "POST", "json": {"after": text}}, "after"),
        ("/v1/multi-search", {"method": "POST", "json": several}, "searches.1.after"),
    ):
        assert problem(client, path, 400, **how)["field"] == field


def test_any_part_of_a_cursor_may_be_cut_or_changed_and_nothing_breaks(client: FlaskClient) -> None:
    text = answer(client, "/v1/search", q="школа", per_page=2)["page"]["next"]
    for place in range(0, len(text), 3):
        for other in (text[:place], text[:place] + "-" + text[place + 1 :], text[place + 1 :]):
            status = client.get(
                "/v1/search", query_string={"q": "школа", "after": other}
            ).status_code
            assert status in {200, 400}


@pytest.mark.parametrize(
    "changed",
    [{"q": "школы"}, {"sort": "newest"}, {"lang": "ru"}, {"from": "2020"}, {"subject": "Спорт"}],
    ids=str,
)
def test_a_cursor_of_another_search_is_refused(
    client: FlaskClient, changed: dict[str, str]
) -> None:
    asked = {"q": "школа", "per_page": "2"}
    text = answer(client, "/v1/search", **asked)["page"]["next"]
    said = problem(client, "/v1/search", 400, query_string={**asked, **changed, "after": text})
    assert said["field"] == "after"
    assert "another search" in said["detail"]
    several = {"searches": [{**asked, "per_page": 2, **changed, "after": text}]}
    said = problem(client, "/v1/multi-search", 400, "POST", json=several)
    assert said["field"] == "searches.0.after"


def test_a_cursor_and_a_page_s_number_do_not_go_together(client: FlaskClient) -> None:
    text = answer(client, "/v1/search", per_page=2)["page"]["next"]
    said = problem(client, "/v1/search", 400, query_string={"after": text, "page": 2})
    assert said["field"] == "page"
    assert answer(client, "/v1/search", after=text, page=1)["hits"]


def test_an_empty_cursor_is_none(client: FlaskClient) -> None:
    assert answer(client, "/v1/search", after="")["page"]["number"] == 1


def test_the_longest_id_fits_into_a_cursor() -> None:
    values: dict[str, Any] = {"search": "0" * 16, "now": 10**12, "reading": 0}
    last = SortKey(score=1 / 3, published=-(10**12), id="\U0001f600" * 512)
    text = cursor_text(**values, last=last)
    assert len(text) < MAX_CURSOR
    assert read_cursor(text).key == last
    assert read_cursor(text).model_dump(include=set(values)) == values


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with desk_in(tmp_path) as made:
        yield made


def put(desk: Desk, *ids: str, **fields: Any) -> None:
    """Articles with these ids, searchable."""
    sent = [{"id": one, "title": "школа", **fields} for one in ids]
    assert desk.send("POST", "/v1/articles", json=sent).status_code == 202
    desk.index_all()


@pytest.mark.parametrize("sort", ["newest", "oldest", "id"])
def test_no_article_is_given_twice_or_left_out_while_others_are_written(
    desk: Desk, sort: str
) -> None:
    put(desk, *"bdfhj", published_at="2020-05-09")
    put(desk, *"lnp")
    seen: list[str] = []
    for turn, page in enumerate(walked(desk.client, q="школа", sort=sort, per_page=2)):
        seen += page
        put(desk, f"a{turn}", f"c{turn}", published_at="2020-05-09")
        if turn:
            desk.send("DELETE", f"/v1/articles/a{turn - 1}")
            desk.index_all()
    assert [one for one in seen if len(one) == 1] == [*"bdfhjlnp"]
    assert len(seen) == len(set(seen))


def test_a_relaxed_search_goes_on_relaxed_when_an_article_with_all_words_comes(desk: Desk) -> None:
    put(desk, *"abcd", title="школа лицей")
    asked = {"q": "школа лицей гимназия", "sort": "id", "per_page": 2}
    pages = walked(desk.client, **asked)
    assert next(pages) == ["a", "b"]
    put(desk, "e", title="школа лицей гимназия")
    assert [*pages] == [["c", "d"], ["e"]]


def test_a_search_that_was_not_relaxed_is_not_relaxed_when_its_articles_were_deleted(
    desk: Desk,
) -> None:
    put(desk, *"abc", title="школа лицей гимназия")
    put(desk, *"xyz", title="школа лицей")
    asked = {"q": "школа лицей гимназия", "sort": "id", "per_page": 2}
    first = answer(desk.client, "/v1/search", **asked)
    for one in "abc":
        desk.send("DELETE", f"/v1/articles/{one}")
    desk.index_all()
    assert answer(desk.client, "/v1/search", **asked, after=first["page"]["next"])["hits"] == []


def test_by_relevance_the_hour_of_the_first_answer_holds(
    demo: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ids(**asked: Any) -> list[str]:
        found = demo.searcher.search(request.SearchRequest(q="школа", **asked))
        texts.append(found.page.next or "")
        return [hit.id for hit in found.hits]

    texts: list[str] = []
    first, second = ids(per_page=3), ids(per_page=3, page=2)
    monkeypatch.setattr("search.searcher.time.time", lambda: 4e9)  # everything is old by then
    assert ids(per_page=3, after=texts[0]) == second
    assert read_cursor(texts[2]).now == read_cursor(texts[0]).now
    assert not set(first) & set(second)


def test_deleting_by_filter_deletes_all_though_articles_come_meanwhile(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("search.writing._PAGE", 3)
    put(desk, *(f"k{number}" for number in range(10)), rubric="Спорт")
    search = WhooshReader.search

    def moving(self: WhooshReader, asked: EngineRequest) -> Results:
        results = search(self, asked)
        first = results.hits[0].fields.id
        put(desk, f"a{first}", f"l{first}", rubric="Спорт")
        return results

    monkeypatch.setattr(WhooshReader, "search", moving)
    asked = request.DeleteRequest.model_validate(
        {"rubric": "Спорт", "dry_run": False, "expect": 10}
    )
    assert desk.parts.writing.delete_matching(asked)[0] == 10
    kept = sorted(article.id for article in desk.parts.store.scan())
    assert kept == [f"{letter}k{number}" for letter in "al" for number in (0, 3, 6, 9)]


def test_the_command_goes_on_after_a_cursor(demo_folder: Path) -> None:
    asked = ("search", "школа", "--sort", "id", "--per-page", "2")
    first = json.loads(poisk(demo_folder, *asked, "--json").stdout)
    after = first["page"]["next"]
    second = json.loads(poisk(demo_folder, *asked, "--after", after, "--json").stdout)
    numbered = json.loads(poisk(demo_folder, *asked, "--page", "2", "--json").stdout)
    assert second["hits"] == numbered["hits"]
    printed = poisk(demo_folder, *asked, "--after", after).stdout
    assert f"for the next hits: --after {second['page']['next']}" in printed
    assert "page" not in printed.splitlines()[-3]
    refused = poisk(demo_folder, *asked, "--after", "x")
    assert refused.returncode == 1
    assert (
        "after: invalid cursor; send page.next of the previous answer; to filter" in refused.stderr
    )
