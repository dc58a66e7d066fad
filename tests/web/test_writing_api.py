"""Articles in over HTTP: what is taken, what is refused, what becomes of a change."""

import gzip
import io
import json
import shutil
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from threading import Thread
from time import monotonic, sleep

import pytest
from werkzeug.test import TestResponse

from index.engines.whoosh.read.reader import WhooshReader
from index.errors import StoreFull
from index.ingest.intake import Intake
from index.results import EngineRequest, Results
from index.store.idempotency import IdempotencyKeys
from search import writing
from tests.support.asking import PROBLEM
from tests.support.writing import Desk, desk_in

NDJSON = {"Content-Type": "application/x-ndjson"}


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with desk_in(tmp_path) as opened:
        yield opened


def lines(*articles: Mapping[str, object]) -> bytes:
    return b"".join(json.dumps(one).encode() + b"\n" for one in articles)


def test_a_list_of_articles_is_taken_and_found(desk: Desk) -> None:
    sent = [{"id": "1", "title": "Школа в Берлине"}, {"id": "2", "title": "A school in Paris"}]
    response = desk.send("POST", "/v1/articles", json=sent)
    assert response.status_code == 202
    assert response.get_json() == {
        "change": 2, "accepted": 2, "stale": 0, "refused": [], "refusals": 0, "html": 0,
    }  # fmt: skip
    assert desk.found("школам") == ["1"]
    assert desk.found("schools") == ["2"]


def test_a_list_may_have_others_names_for_fields_and_a_single_article_may_not(desk: Desk) -> None:
    theirs = {"headline": "Школа в Берлине", "colour": 1}
    sent = desk.send("POST", "/v1/articles", json=[{"id": "1", **theirs}])
    assert sent.get_json()["accepted"] == 1
    assert desk.found("школам") == ["1"]
    for method in ("PUT", "PATCH"):
        refused = desk.send(method, "/v1/articles/1", json=theirs)
        assert refused.status_code == 422
        assert refused.get_json()["field"] in theirs


@pytest.mark.parametrize("packed", [False, True])
def test_lines_are_taken_packed_or_not_and_rejected_ones_are_reported(
    desk: Desk, packed: bool
) -> None:
    body = lines({"id": "1", "title": "один"}, {"id": "2"}) + b"junk\n" + lines({"title": "x"})
    headers = NDJSON | ({"Content-Encoding": "gzip"} if packed else {})
    data = gzip.compress(body) if packed else body
    answer = desk.send("POST", "/v1/articles", data=data, headers=headers).get_json()
    assert answer["accepted"] == 1
    assert [(one["line"], one["id"], one["field"]) for one in answer["refused"]] == [
        (2, "2", "title"), (3, "", ""), (4, "", "id"),
    ]  # fmt: skip
    assert answer["refusals"] == 3
    assert desk.found("один") == ["1"]


def test_one_article_and_several_one_after_another_do_as_well_as_a_list(desk: Desk) -> None:
    one = json.dumps({"id": "1", "title": "один"}, indent=2).encode()
    two = lines({"id": "2", "title": "один"}, {"id": "3", "title": "один"})
    for body, count in ((one, 1), (two, 2), (b"\xef\xbb\xbf \n[" + one + b"]", 1), (b"[]", 0)):
        response = desk.send(
            "POST", "/v1/articles", data=body, headers={"Content-Type": "application/json"}
        )
        assert response.get_json()["accepted"] == count, body
    assert desk.found("один") == ["1", "2", "3"]


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b'[{"id": "1", "title": "a"}, {"id": ', "not JSON"),
        (b'[{"id": "1", "title": "a"}, 5]', "not a JSON object"),
        (b'[{"id": "1", "title": "a"}, {"id": "2", "title": ["x"]}]', "wrong type"),
        (b'[{"id": "1", "title": "a"}, ' + b"[" * 200_000, "is not closed"),
        (b'[{"id": "1", "title": "a"}, "\xff"]', "not UTF-8: byte 0xff"),
    ],
)
def test_articles_before_a_broken_one_are_taken(desk: Desk, body: bytes, says: str) -> None:
    answer = desk.send(
        "POST", "/v1/articles", data=body, headers={"Content-Type": "application/json"}
    ).get_json()
    assert answer["accepted"] == 1
    assert says in answer["refused"][0]["error"]
    assert answer["refused"][0]["line"] == 2


@pytest.mark.parametrize(
    ("body", "packed", "says"),
    [
        (b"", False, "empty"),
        (b" \n" * 3_000_000, False, "empty"),
        (b"junk", False, "not JSON"),
        (b'[{"id": "8", "title": "\xd0\x9e\xd0\xb4', False, "not JSON"),
        (b"junk", True, "is cut or damaged"),
    ],
)
def test_a_body_in_which_nothing_can_be_read_is_refused_whole(
    desk: Desk, body: bytes, packed: bool, says: str
) -> None:
    headers = {"Content-Type": "application/json"}
    headers |= {"Content-Encoding": "gzip"} if packed else {}
    response = desk.send("POST", "/v1/articles", data=body, headers=headers)
    problem = response.get_json()
    assert (response.status_code, problem["field"]) == (400, "body")
    assert says in problem["detail"]


def test_one_articles_body_may_be_packed_as_lists_are(desk: Desk) -> None:
    json_type = {"Content-Type": "application/json"}
    bodies: list[tuple[str, str, dict[str, object]]] = [
        ("PUT", "/v1/articles/1", {"title": "школа"}),
        ("PATCH", "/v1/articles/1", {"lead": "лицей"}),
        ("POST", "/v1/articles/delete", {"subject": ["x"]}),
    ]
    for method, path, body in bodies:
        desk.index_all()
        data = gzip.compress(json.dumps(body).encode())
        for coding, status in (("br", 415), ("gzip", 200 if "delete" in path else 202)):
            headers = json_type | {"Content-Encoding": coding}
            assert desk.send(method, path, data=data, headers=headers).status_code == status
    assert desk.found("школа лицей") == ["1"]


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/v1/articles"), ("PUT", "/v1/articles/1"), ("PATCH", "/v1/articles/1"),
     ("DELETE", "/v1/articles/1"), ("POST", "/v1/articles/delete"), ("POST", "/v1/rebuild"),
     ("GET", "/v1/changes"), ("GET", "/v1/changes/0")],
)  # fmt: skip
def test_an_argument_that_a_writing_route_does_not_know_is_refused(
    desk: Desk, method: str, path: str
) -> None:
    desk.send("PUT", "/v1/articles/1", json={"title": "школа"})
    last = desk.parts.store.last()
    refused = desk.send(method, f"{path}?dry_run=1", "admin", json={"title": "x"})
    problem = refused.get_json()
    assert (refused.status_code, problem["field"]) == (400, "dry_run")
    assert ("JSON body" in problem["cure"]) == (path == "/v1/articles/delete")
    if path not in {"/v1/articles/delete", "/v1/changes/0"}:  # which have parameters
        assert problem["cause"] == "unknown parameter"
        assert problem["cure"] == "remove it"
    assert desk.parts.store.last() == last


def test_a_route_without_html_refuses_the_argument_as_unknown(desk: Desk) -> None:
    desk.send("PUT", "/v1/articles/1", json={"title": "школа"})
    refused = desk.send("DELETE", "/v1/articles/1?html=never")
    assert (refused.status_code, refused.get_json()["cure"]) == (400, "remove it")


@pytest.mark.parametrize("headers", [{}, {"Idempotency-Key": "1"}])
def test_a_body_that_is_too_large_and_not_needed_is_refused_before_anything_is_done(
    tmp_path: Path, headers: Mapping[str, str]
) -> None:
    with desk_in(tmp_path, max_request_bytes=1_000) as desk:
        desk.send("PUT", "/v1/articles/1", json={"title": "школа"})
        for method, path in (("DELETE", "/v1/articles/1"), ("POST", "/v1/rebuild")):
            refused = desk.send(method, path, "admin", data=b" " * 1_001, headers=headers)
            assert refused.status_code == 413
        assert desk.found("школа") == ["1"]
        assert desk.send("GET", "/v1/changes").get_json()["rebuild"] is None
        for method, path in (("DELETE", "/v1/articles/1"), ("POST", "/v1/rebuild")):
            assert desk.send(method, path, "admin", data=b" " * 1_000).status_code == 202


def test_a_cut_packed_body_is_reported_and_what_came_before_is_taken(desk: Desk) -> None:
    some = lines(*({"id": str(n), "title": f"слово {n}"} for n in range(5_000)))
    cut = gzip.compress(some)[:-100]
    answer = desk.send(
        "POST", "/v1/articles", data=cut, headers=NDJSON | {"Content-Encoding": "gzip"}
    ).get_json()
    assert 0 < answer["accepted"] <= 5_000
    assert "cut or damaged" in answer["refused"][-1]["error"]


def test_a_cut_body_is_answered_and_its_idempotency_key_is_free_for_the_whole_one(
    desk: Desk,
) -> None:
    whole = gzip.compress(lines({"id": "1", "title": "один"}, {"id": "2", "title": "два"}))
    headers = NDJSON | {"Content-Encoding": "gzip", "Idempotency-Key": "поставка".encode().hex()}
    for _ in range(2):
        cut = desk.send("POST", "/v1/articles", data=whole[:-12], headers=headers)
        assert cut.status_code == 400
        assert "damaged" in cut.get_json()["detail"]
    for _ in range(2):
        answer = desk.send("POST", "/v1/articles", data=whole, headers=headers)
        assert (answer.status_code, answer.get_json()["accepted"]) == (202, 2)


@pytest.mark.parametrize("kind", ["application/x-ndjson", "application/json"])
@pytest.mark.parametrize("wrong", ["\ud800", "\ud800x", "я" * 10_000, [["я" * 1_000]], 10**18])
def test_the_id_of_a_rejected_article_is_returned_if_it_can_be_read(
    desk: Desk, kind: str, wrong: object
) -> None:
    one = json.dumps({"id": wrong, "title": ["x"]}).encode()
    body = b"[" + one + b"]" if kind == "application/json" else one
    response = desk.send("POST", "/v1/articles", data=body, headers={"Content-Type": kind})
    assert response.status_code == 202
    (refused,) = response.get_json()["refused"]
    assert len(refused["id"]) <= 512
    assert refused["id"].strip("?") in str(wrong)


def test_a_huge_item_is_refused_without_being_held(desk: Desk) -> None:
    class Endless(io.RawIOBase):
        left = 200 * 1024 * 1024
        begun = False

        def readable(self) -> bool:
            return True

        def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
            data = b"a" * min(len(buffer), self.left)
            if not self.begun:
                self.begun, data = True, b'[{"id": "1", "title": "'
            self.left -= len(data)
            buffer[: len(data)] = data
            return len(data)

    answer = desk.send(
        "POST",
        "/v1/articles",
        content_type="application/json",
        environ_overrides={
            "wsgi.input": io.BufferedReader(Endless()),
            "CONTENT_LENGTH": str(200 * 1024 * 1024),
        },
    ).get_json()
    assert answer.get("accepted") == 0, answer
    assert "larger than 16 MiB" in answer["refused"][0]["error"]


def test_a_body_that_unpacks_to_too_much_is_refused(tmp_path: Path) -> None:
    with desk_in(tmp_path, max_load_bytes=100_000) as desk:
        body = gzip.compress(b"\n" * 10_000_000)
        headers = NDJSON | {"Content-Encoding": "gzip"}
        response = desk.send("POST", "/v1/articles", data=body, headers=headers)
        assert response.status_code == 413


@pytest.mark.parametrize("filler", [b"\n", b"x\n", b" "], ids=["empty lines", "no JSON", "spaces"])
def test_a_body_without_articles_is_read_for_some_seconds_and_no_longer(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, filler: bytes
) -> None:
    """300 kB of gzip that are 300 MB of empty lines held a thread for four minutes."""
    monkeypatch.setattr("search.web.article_bodies.FRUITLESS_SECONDS", 0.02)
    packed = gzip.compress(lines({"id": "1", "title": "Школа"}) + filler * 30_000_000, 1)
    headers = NDJSON | {"Content-Encoding": "gzip"}
    answer = desk.send("POST", "/v1/articles", data=packed, headers=headers).get_json()
    assert answer["accepted"] == 1
    assert 0 < answer["refusals"] < 1_000_000
    if filler != b"x\n":  # the last of so many rejected ones is counted, not listed
        assert "no article was found in" in answer["refused"][-1]["error"]


def test_a_kind_of_body_that_is_not_known_is_refused_with_the_cure(desk: Desk) -> None:
    for headers in ({"Content-Type": "text/csv"}, NDJSON | {"Content-Encoding": "br"}):
        response = desk.send("POST", "/v1/articles", data=b"a,b", headers=headers)
        assert response.status_code == 415
        assert set(response.get_json()) == PROBLEM


def test_an_article_is_put_changed_and_deleted_at_its_address(desk: Desk) -> None:
    path = "/v1/articles/новости/1"
    assert desk.send("PUT", path, json={"title": "Берёза", "subjects": ["Лес"]}).status_code == 202
    assert desk.found("берёзы") == ["новости/1"]
    assert desk.send("PATCH", path, json={"title": "Осина"}).status_code == 202
    assert desk.found("березы") == []
    desk.index_all()
    assert desk.parts.engine.reader().articles(["новости/1"])["новости/1"].subjects == ("Лес",)
    assert desk.send("PATCH", path, json={"subjects": None}).status_code == 202
    assert desk.found("осины") == ["новости/1"]
    assert desk.parts.engine.reader().articles(["новости/1"])["новости/1"].subjects == ()
    assert desk.send("DELETE", path).status_code == 202
    assert desk.found("осины") == []
    for method in ("DELETE", "PATCH"):
        assert desk.send(method, path, json={}).status_code == 404


@pytest.mark.parametrize(
    ("method", "body", "status", "field"),
    [
        ("PUT", {"title": ""}, 422, "title"),
        ("PUT", {"title": "a", "id": "2"}, 400, "id"),
        ("PUT", {"title": "a", "colour": "red"}, 422, "colour"),
        ("PUT", ["a"], 400, "body"),
        ("PATCH", {"id": "2"}, 400, "id"),
        ("PATCH", {"language": "fr"}, 422, "language"),
    ],
)
def test_a_wrong_article_is_refused_with_the_field(
    desk: Desk, method: str, body: object, status: int, field: str
) -> None:
    desk.send("PUT", "/v1/articles/1", json={"title": "a"})
    response = desk.send(method, "/v1/articles/1", json=body)
    assert response.status_code == status
    assert response.get_json()["field"] == field
    assert response.get_json()["cure"]


def test_the_same_article_sent_again_is_no_change_and_an_older_one_is_not_taken(
    desk: Desk,
) -> None:
    one = {"id": "1", "title": "новое", "updated_at": "2026-05-02"}
    old = one | {"title": "старое", "updated_at": "2026-05-01"}
    first = desk.send("POST", "/v1/articles", json=[one]).get_json()
    again = desk.send("POST", "/v1/articles", json=[one]).get_json()
    older = desk.send("POST", "/v1/articles", json=[old]).get_json()
    assert first["change"] == again["change"] == older["change"] == 1
    assert (again["accepted"], older["accepted"], older["stale"]) == (1, 0, 1)
    assert desk.found("старое") == []


def test_articles_are_deleted_by_filter_after_a_dry_run(desk: Desk) -> None:
    some = [
        {"id": str(n), "title": "слово", "subjects": ["Спорт" if n % 2 else "Наука"]}
        for n in range(7)
    ]
    desk.send("POST", "/v1/articles", json=some)
    desk.index_all()
    path = "/v1/articles/delete"
    dry = desk.send("POST", path, json={"subject": ["Спорт"]})
    assert (dry.status_code, dry.get_json()) == (200, {"matched": 3, "change": None})
    assert len(desk.found("слово")) == 7
    unsure = desk.send("POST", path, json={"subject": ["Спорт"], "dry_run": False, "expect": 4})
    assert (unsure.status_code, unsure.get_json()["field"]) == (400, "expect")
    assert "match 3 articles; check them" in unsure.get_json()["detail"]
    done = desk.send("POST", path, json={"subject": ["Спорт"], "dry_run": False, "expect": 3})
    assert (done.status_code, done.get_json()["matched"]) == (202, 3)
    assert desk.found("слово") == ["0", "2", "4", "6"]
    assert desk.send("POST", path, json={}).status_code == 400


def test_what_passes_a_filter_no_more_is_not_deleted(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def delete() -> TestResponse:
        body = {"subject": ["Спорт"], "dry_run": False, "expect": 2}
        return desk.send("POST", "/v1/articles/delete", json=body)

    one = {"title": "слово", "subjects": ["Спорт"]}
    desk.send("POST", "/v1/articles", json=[{"id": "1", **one}, {"id": "2", **one}])
    desk.index_all()
    desk.send("PATCH", "/v1/articles/1", json={"subjects": ["Наука"]})
    monkeypatch.setattr(writing, "_PATIENCE", 0.0)
    early = delete()
    assert (early.status_code, set(early.get_json())) == (409, PROBLEM)
    desk.index_all()
    refused = delete().get_json()  # one passes now
    assert refused["detail"] == (
        'expect: the filters match 1 article; check them and send "expect": 1'
    )
    desk.send("PATCH", "/v1/articles/1", json={"subjects": ["Спорт"]})
    desk.index_all()
    search = WhooshReader.search

    def slow(self: WhooshReader, request: EngineRequest) -> Results:
        results = search(self, request)
        desk.send("PATCH", "/v1/articles/1", json={"subjects": ["Наука"]})
        return results

    monkeypatch.setattr(WhooshReader, "search", slow)
    assert delete().status_code == 202
    assert desk.found("слово") == ["1"]


def test_there_must_be_room_on_the_stores_disk_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path / "elsewhere"
    asked = {"database": f"sqlite:///{elsewhere}/archive.sqlite"}
    with desk_in(tmp_path / "data", **asked) as desk:
        usage = shutil.disk_usage(tmp_path)

        def full(folder: Path) -> object:
            return usage._replace(free=0) if elsewhere in (folder, *folder.parents) else usage

        assert desk.send("PUT", "/v1/articles/1", json={"title": "слово"}).status_code == 202
        monkeypatch.setattr(shutil, "disk_usage", full)
        assert desk.send("PUT", "/v1/articles/1", json={"title": "другое"}).status_code == 507


@pytest.mark.parametrize(
    "number",
    ["99999999", "2", "9" * 30, "9" * 18, "null", "-1", "1.0", "1e3", "0x1", "٣", "%20",
     "a" * 5_000, "%00", "%FF", "1%2F"],
)  # fmt: skip
def test_a_number_that_no_change_has_is_a_404_at_once(desk: Desk, number: str) -> None:
    desk.send("PUT", "/v1/articles/1", json={"title": "школа"})
    started = monotonic()
    response = desk.send("GET", f"/v1/changes/{number}?wait=30")
    assert monotonic() - started < 10  # and not the thirty seconds
    assert response.status_code == 404
    problem = response.get_json()
    assert set(problem) == PROBLEM
    assert (problem["type"], problem["field"]) == ("/docs#change-unknown", "number")
    assert "answer to a writing request" in problem["cure"]


def test_before_the_first_change_the_number_zero_is_searchable(desk: Desk) -> None:
    assert desk.send("POST", "/v1/articles", json=[]).get_json()["change"] == 0
    assert desk.send("GET", "/v1/changes/0").get_json()["state"] == "searchable"


def test_a_change_is_queued_then_searchable_and_a_broken_one_failed(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.send("PUT", "/v1/articles/1", json={"title": "слово"})
    assert desk.send("GET", "/v1/changes/1").get_json()["state"] == "queued"
    assert desk.send("GET", "/v1/changes/1?wait=0.05").get_json()["state"] == "queued"
    desk.index_all()
    assert desk.send("GET", "/v1/changes/1").get_json()["state"] == "searchable"
    assert desk.send("GET", "/v1/changes/2").status_code == 404

    def broken(_article: object) -> None:
        raise ValueError("не разобрать")

    monkeypatch.setattr(desk.parts.indexer, "_analyse", broken)
    desk.send("PUT", "/v1/articles/2", json={"title": "слово"})
    desk.index_all()
    monkeypatch.undo()
    answer = desk.send("GET", "/v1/changes/2").get_json()
    assert (answer["state"], answer["error"]) == ("failed", "ValueError: не разобрать")
    overview = desk.send("GET", "/v1/changes").get_json()
    assert (overview["last"], overview["searchable"], overview["failed"]) == (2, 2, 1)
    desk.send("PUT", "/v1/articles/2", json={"title": "другое слово"})
    assert desk.found("слово") == ["1", "2"]
    assert desk.send("GET", "/v1/changes").get_json()["failed"] == 0


def test_a_request_with_the_same_idempotency_key_is_answered_again(desk: Desk) -> None:
    def send(body: bytes) -> tuple[int, object]:
        headers = NDJSON | {"Idempotency-Key": "поставка-1".encode().hex()}
        response = desk.send("POST", "/v1/articles", data=body, headers=headers)
        return response.status_code, response.get_json()

    first = send(lines({"id": "1", "title": "один"}))
    desk.send("PUT", "/v1/articles/1", json={"title": "два"})
    assert send(lines({"id": "1", "title": "один"})) == first
    assert desk.found("два") == ["1"]
    assert send(lines({"id": "1", "title": "три"}))[0] == 422


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("DELETE", "/v1/articles/1", None),
        ("POST", "/v1/articles/delete", {"subject": ["Спорт"], "dry_run": False, "expect": 1}),
        ("PATCH", "/v1/articles/1", {"title": "два"}),
        ("POST", "/v1/rebuild", None),
    ],
)
def test_any_writing_request_with_an_idempotency_key_is_done_once(
    desk: Desk, method: str, path: str, body: object
) -> None:
    one = {"title": "один", "subjects": ["Спорт"]}
    desk.send("PUT", "/v1/articles/1", json=one)
    desk.index_all()
    headers = {"Idempotency-Key": "1"}
    first = desk.send(method, path, "admin", json=body, headers=headers)
    assert first.status_code == 202
    desk.send("PUT", "/v1/articles/1", json=one)
    desk.index_all()
    again = desk.send(method, path, "admin", json=body, headers=headers)
    assert (again.status_code, again.get_json()) == (202, first.get_json())
    assert desk.found("один") == ["1"]
    other = desk.send("DELETE", "/v1/articles/2", "admin", json=body, headers=headers)
    assert other.status_code == 422


def test_a_request_that_failed_is_done_when_it_comes_again_whatever_the_disk_does(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise StoreFull("store", "the disk is full", "make room")

    send = partial(desk.send, "PUT", "/v1/articles/1", json={"title": "слово"})
    headers = {"Idempotency-Key": "1"}
    monkeypatch.setattr(Intake, "_ensure_space", full)
    assert send(headers=headers).status_code == 507
    monkeypatch.setattr(IdempotencyKeys, "forget", full)
    assert send(headers=headers).status_code == 507
    monkeypatch.undo()
    assert send(headers=headers).status_code == 409


def test_only_half_of_a_workers_threads_wait_for_changes(tmp_path: Path) -> None:
    with desk_in(tmp_path, threads=2) as desk:
        desk.send("PUT", "/v1/articles/1", json={"title": "слово"})
        states: list[str] = []

        def ask() -> None:
            answer = desk.send("GET", "/v1/changes/1?wait=30")
            states.append(answer.get_json()["state"])

        threads = [Thread(target=ask) for _ in range(3)]
        for thread in threads:
            thread.start()
        while len(states) < 2:
            sleep(0.01)
        desk.index_all()
        for thread in threads:
            thread.join()
        assert states == ["queued", "queued", "searchable"]
        assert desk.send("GET", "/v1/changes/1?wait=30").get_json()["state"] == "searchable"


def test_a_full_disk_refuses_writing_and_searching_goes_on(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.send("PUT", "/v1/articles/1", json={"title": "слово"})
    assert desk.found("слово") == ["1"]

    def full(_self: Intake) -> None:
        raise StoreFull("store", "the disk is almost full", "make room")

    monkeypatch.setattr(Intake, "_ensure_space", full)
    for method, path, body in (
        ("PUT", "/v1/articles/2", {"title": "слово"}),
        ("POST", "/v1/articles", [{"id": "2", "title": "слово"}]),
        ("PATCH", "/v1/articles/1", {"title": "другое"}),
    ):
        response = desk.send(method, path, json=body)
        assert response.status_code == 507
        assert response.get_json()["cure"] == "make room"
    assert desk.found("слово") == ["1"]
    monkeypatch.undo()
    assert desk.send("PUT", "/v1/articles/2", json={"title": "слово"}).status_code == 202
    assert desk.found("слово") == ["1", "2"]


def test_a_rebuild_is_asked_for_once_and_reported(desk: Desk) -> None:
    one = desk.send("POST", "/v1/rebuild", "admin")
    assert one.status_code == 202
    number = one.get_json()["number"]
    refused = desk.send("POST", "/v1/rebuild", "admin")
    assert refused.status_code == 409
    problem = refused.get_json()
    assert set(problem) == PROBLEM | {"number"}
    assert (problem["type"], problem["number"]) == ("/docs#rebuild-running", number)
    assert f"number {number} is already waiting" in problem["detail"]
    desk.send("PUT", "/v1/articles/1", json={"title": "слово"})
    assert list(desk.parts.indexer.rebuild(number)) == [(1, 1)]
    rebuild = desk.send("GET", "/v1/changes").get_json()["rebuild"]
    assert rebuild == {"number": number, "state": "done", "done": 1, "total": 1, "error": ""}
    assert desk.found("слово") == ["1"]
    assert desk.send("POST", "/v1/rebuild", "admin").get_json()["number"] == number + 1


def test_while_a_rebuild_runs_another_is_refused_with_its_number(desk: Desk) -> None:
    desk.send("PUT", "/v1/articles/1", json={"title": "слово"})
    number = desk.parts.indexer.begin_rebuild()  # as `poisk rebuild` does
    running = desk.parts.indexer.rebuild(number)
    next(running)
    refused = desk.send("POST", "/v1/rebuild", "admin")
    assert (refused.status_code, refused.get_json()["number"]) == (409, number)
    assert "is already running" in refused.get_json()["detail"]
    rebuild = desk.send("GET", "/v1/changes").get_json()["rebuild"]
    assert (rebuild["number"], rebuild["state"]) == (number, "running")
    list(running)
    assert desk.send("POST", "/v1/rebuild", "admin").status_code == 202


def test_a_command_begins_the_rebuild_that_waits_and_the_indexer_leaves_it(desk: Desk) -> None:
    number = desk.send("POST", "/v1/rebuild", "admin").get_json()["number"]
    assert desk.parts.indexer.begin_rebuild() == number
    started: list[int] = []
    desk.parts.indexer._ensure_rebuild(started.append)
    assert not started
    list(desk.parts.indexer.rebuild(number))
    assert desk.send("GET", "/v1/changes").get_json()["rebuild"]["state"] == "done"


HTML = "<p>Школа <b>открылась</b>.</p><script>var hiddenword=1</script>"


def test_html_is_read_as_text_and_counted_on_every_route(desk: Desk) -> None:
    one = {"title": "&laquo;Мир&raquo;", "body": HTML}
    sent = desk.send("POST", "/v1/articles", json=[{"id": "1", **one}, {"id": "2", "title": "a<b"}])
    assert sent.get_json()["html"] == 1
    assert desk.send("PUT", "/v1/articles/3", json=one).get_json()["html"] == 1
    assert desk.send("PATCH", "/v1/articles/2", json={"body": HTML}).get_json()["html"] == 1
    kept = desk.parts.store.get(["1", "2", "3"])
    assert {kept[name].body for name in kept} == {"Школа открылась."}
    assert (kept["1"].title, kept["2"].title) == ("«Мир»", "a<b")
    for word in ("hiddenword", "script", "var"):
        assert desk.found(word) == []


def test_a_request_says_which_texts_are_html(desk: Desk) -> None:
    for how, body in (
        ("never", HTML),
        ("always", "Школа открылась."),
        ("auto", "Школа открылась."),
    ):
        desk.send("PUT", f"/v1/articles/1?html={how}", json={"body": HTML})
        assert desk.parts.store.get(["1"])["1"].body == body
    for method, path in (("PUT", "/v1/articles/1"), ("POST", "/v1/articles")):
        refused = desk.send(method, f"{path}?html=maybe", json={"id": "1", "body": HTML})
        assert (refused.status_code, refused.get_json()["field"]) == (400, "html")
