"""Keys at the API: what each opens, which pages may use it, how often."""

import logging
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from textwrap import dedent

import pytest
from flask import Flask, Request

from index.errors import KeyRefused, RequestRefused, SettingRefused
from index.store.keys import Scope
from search.settings import read_settings
from search.web.access import needs
from search.web.app import create_app
from search.web.authentication import Principal
from tests.support.writing import Desk, desk_in

CONTRIBUTING = Path(__file__).parents[2] / "CONTRIBUTING.md"
ROUTES = {
    "search": [("GET", "/v1/search"), ("POST", "/v1/related")],
    "write": [
        ("POST", "/v1/articles"), ("PUT", "/v1/articles/1"), ("PATCH", "/v1/articles/1"),
        ("DELETE", "/v1/articles/1"), ("POST", "/v1/articles/delete"), ("GET", "/v1/changes"),
        ("GET", "/v1/changes/1"),
    ],
    "admin": [("POST", "/v1/rebuild")],
}  # fmt: skip
PLACES = [(scope, *route) for scope, routes in ROUTES.items() for route in routes]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with desk_in(tmp_path) as opened:
        yield opened


@pytest.mark.parametrize(("needed", "method", "path"), PLACES)
def test_a_route_opens_to_keys_of_its_scope_and_above(
    tmp_path: Path, needed: str, method: str, path: str
) -> None:
    with desk_in(tmp_path, search_key_required=True) as desk:
        order = ["search", "write", "admin"]
        for scope in order:
            status = desk.send(method, path, scope).status_code
            assert (status == 403) == (order.index(scope) < order.index(needed)), scope
        assert desk.client.open(path, method=method).status_code == 401


def test_searching_is_open_where_no_key_is_required(desk: Desk) -> None:
    assert desk.client.get("/v1/search").status_code == 200
    assert desk.client.put("/v1/articles/1", json={"title": "a"}).status_code == 401


def test_the_pages_stay_open_and_uncounted_where_the_api_needs_a_key(tmp_path: Path) -> None:
    with desk_in(tmp_path, search_key_required=True, search_limit="1 per minute") as desk:
        for _ in range(3):
            assert desk.client.get("/").status_code == 200
        assert [desk.send("GET", "/v1/search").status_code for _ in range(2)] == [200, 429]


def test_a_key_may_come_in_a_header_of_its_own(desk: Desk) -> None:
    for header in ("X-API-Key", "x-api-key"):
        headers = {header: desk.keys[Scope.WRITE]}
        assert desk.client.get("/v1/changes", headers=headers).status_code == 200


@pytest.mark.parametrize(
    "secret", ["", "x", "poisk_", "poisk_aaaaaaaaaa_" + "a" * 43, "ключ", "poisk_\0", "a" * 100_000]
)
def test_what_is_no_key_opens_nothing(desk: Desk, secret: str) -> None:
    assert desk.parts.keys.check(secret) is None


def test_a_wrong_key_is_refused_even_where_none_is_needed(desk: Desk) -> None:
    wrong = desk.keys[Scope.WRITE][:-1] + "_"
    response = desk.client.get("/v1/search", headers={"Authorization": f"Bearer {wrong}"})
    assert response.status_code == 401
    assert wrong not in response.text


def test_a_401_says_what_kind_of_key_is_wanted_and_a_403_which_one(desk: Desk) -> None:
    bearer = 'Bearer realm="Poisk"'

    def challenge(method: str, path: str, headers: dict[str, str]) -> str | None:
        return desk.client.open(path, method=method, headers=headers).headers.get(
            "WWW-Authenticate"
        )

    assert challenge("GET", "/v1/changes", {}) == bearer
    wrong = [{"Authorization": "Bearer x"}, {"X-API-Key": "x"}, {"Authorization": "bearer  x"}]
    for headers in wrong:
        for path in ("/v1/changes", "/v1/search"):
            assert challenge("GET", path, headers) == f'{bearer}, error="invalid_token"'
    searching = {"Authorization": f"Bearer {desk.keys[Scope.SEARCH]}"}
    assert (
        challenge("GET", "/v1/changes", searching)
        == f'{bearer}, error="insufficient_scope", scope="write"'
    )
    assert challenge("GET", "/v1/search", searching) is None


def test_a_revoked_and_an_expired_key_are_refused(desk: Desk) -> None:
    keys = desk.parts.keys
    over = datetime.now(UTC) - timedelta(seconds=1)
    for scope, secret in (
        (Scope.WRITE, desk.keys[Scope.WRITE]),
        (Scope.SEARCH, keys.create(Scope.SEARCH, expires=over)[1]),
    ):
        for key in keys.all():
            if key.scope is scope and key.live:
                assert keys.revoke(key.id)
        headers = {"Authorization": f"Bearer {secret}"}
        assert desk.client.get("/v1/search", headers=headers).status_code == 401
    assert not keys.revoke("unknown")


def test_a_page_may_use_the_key_that_names_it_and_no_other(desk: Desk) -> None:
    _, secret = desk.parts.keys.create(Scope.SEARCH, origins=["https://news.example.ru"])
    theirs = {"Authorization": f"Bearer {secret}", "Origin": "https://news.example.ru"}
    answer = desk.client.get("/v1/search", headers=theirs)
    assert answer.headers["Access-Control-Allow-Origin"] == "https://news.example.ru"
    assert "Origin" in answer.headers["Vary"]
    others = theirs | {"Origin": "https://evil.example"}
    refused = desk.client.get("/v1/search", headers=others)
    assert refused.status_code == 403
    assert "Access-Control-Allow-Origin" not in refused.headers


def test_a_browser_that_asks_first_is_answered_for_named_pages_only(desk: Desk) -> None:
    desk.parts.keys.create(Scope.SEARCH, origins=["https://news.example.ru"])
    for origin, allowed in (("https://news.example.ru", True), ("https://evil.example", False)):
        asked = {"Origin": origin, "Access-Control-Request-Method": "POST"}
        answer = desk.client.options("/v1/search", headers=asked)
        assert answer.status_code == 204
        assert ("Access-Control-Allow-Origin" in answer.headers) == allowed
        assert ("Access-Control-Allow-Headers" in answer.headers) == allowed


@pytest.mark.parametrize("origin", ["news.example.ru", "https://a/b", "javascript:x", "null"])
def test_what_is_no_origin_is_refused(desk: Desk, origin: str) -> None:
    with pytest.raises(RequestRefused, match="is not an origin"):
        desk.parts.keys.create(Scope.SEARCH, origins=[origin])


@pytest.mark.parametrize("limit", ["abc", "5", "many per minute"])
def test_a_limit_that_nobody_understands_is_refused_at_start(
    limit: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POISK_SEARCH_LIMIT", limit)
    with pytest.raises(SettingRefused, match="POISK_SEARCH_LIMIT"):
        read_settings()


def test_every_answer_says_that_it_depends_on_the_page_that_asks(tmp_path: Path) -> None:
    with desk_in(tmp_path) as desk:
        assert "Origin" in desk.client.get("/v1/search").headers["Vary"]


def test_a_key_is_revoked_by_its_secret_too(tmp_path: Path) -> None:
    with desk_in(tmp_path) as desk:
        _, secret = desk.parts.keys.create(Scope.SEARCH)
        assert desk.parts.keys.revoke(secret)
        assert desk.parts.keys.check(secret) is None


def test_who_asks_too_often_waits(tmp_path: Path) -> None:
    with desk_in(tmp_path, search_limit="3 per minute", write_limit="2 per minute") as desk:
        answers = [desk.client.get("/v1/search") for _ in range(4)]
        assert [one.status_code for one in answers] == [200, 200, 200, 429]
        assert ["Retry-After" in one.headers for one in answers] == [False, False, False, True]
        late = desk.client.get("/v1/search")
        assert 0 < int(late.headers["Retry-After"]) <= 60
        assert late.mimetype == "application/problem+json"
        assert desk.send("GET", "/v1/search").status_code == 200  # a key is counted by itself
        written = [desk.send("PUT", "/v1/articles/1", json={"title": "a"}) for _ in range(3)]
        assert [one.status_code for one in written] == [202, 202, 429]
        refused = desk.send("PATCH", "/v1/articles/1", json={"title": "b"})
        assert refused.status_code == 429
        assert refused.get_json()["detail"].startswith("The limit of requests is reached: 2 per ")
        assert desk.send("GET", "/v1/changes").status_code == 200  # asking is no writing


def test_every_answer_says_how_many_requests_are_left(tmp_path: Path) -> None:
    with desk_in(tmp_path, search_limit="3 per hour; 2 per minute") as desk:
        answers = [desk.client.get(f"/v1/search?page={page}") for page in (1, "none", 1)]
        assert [one.status_code for one in answers] == [200, 400, 429]
        left = [one.headers["X-RateLimit-Remaining"] for one in answers]
        limits = [one.headers["X-RateLimit-Limit"] for one in answers]
        assert (left, limits) == (["1", "0", "0"], ["2"] * 3)
        assert int(answers[2].headers["X-RateLimit-Reset"]) - time.time() <= 61
        assert "2 per 1 minute" in answers[2].get_json()["detail"]


def test_a_refused_request_does_not_count_against_longer_windows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with desk_in(tmp_path, search_limit="5 per hour; 2 per minute") as desk:
        monkeypatch.setattr("search.web.shared_counters.time.time", lambda: 1_000_000_000.0)
        statuses = [desk.client.get("/v1/search").status_code for _ in range(6)]
        assert statuses == [200] * 2 + [429] * 4
        monkeypatch.setattr("search.web.shared_counters.time.time", lambda: 1_000_000_061.0)
        statuses = [desk.client.get("/v1/search").status_code for _ in range(3)]
        assert statuses == [200, 200, 429]


def test_searching_goes_on_where_the_store_and_the_counters_are_missing(tmp_path: Path) -> None:
    with desk_in(tmp_path, search_limit="3 per minute") as desk:
        desk.send("PUT", "/v1/articles/1", json={"title": "слово"})
        assert desk.found("слово") == ["1"]
        desk.parts.store.database.close()
        (tmp_path / "archive.sqlite").write_bytes(b"no database" * 1_000)
        (tmp_path / "limits.bin").write_bytes(b"no database" * 1_000)
        for suffix in ("-wal", "-shm"):
            (tmp_path / f"archive.sqlite{suffix}").unlink(missing_ok=True)
        answer = desk.client.get("/v1/search?q=слово", headers={"Origin": "https://a.example"})
        assert answer.status_code == 200
        assert answer.get_json()["total"] == 1
        assert desk.send("PUT", "/v1/articles/2", json={"title": "слово"}).status_code == 503


def test_counters_that_are_damaged_or_missing_are_made_again(tmp_path: Path) -> None:
    file = tmp_path / "limits.bin"
    with desk_in(tmp_path, search_limit="2 per minute") as desk:

        def ask() -> int:
            return desk.client.get("/v1/search").status_code

        for spoil in (lambda: file.write_bytes(b"no database" * 1_000), file.unlink):
            assert [ask(), ask(), ask()] == [200, 200, 429]
            spoil()
        file.write_bytes(b"no database" * 1_000)
        assert [ask(), ask(), ask()] == [200, 200, 429]


def test_whoever_tries_keys_waits_as_others_do(tmp_path: Path) -> None:
    with desk_in(tmp_path, search_limit="2 per minute") as desk:
        headers = {"Authorization": "Bearer wrong"}
        tried = [desk.client.get("/v1/search", headers=headers).status_code for _ in range(3)]
        assert tried == [401, 401, 429]


def test_no_key_is_kept_logged_or_shown(
    desk: Desk, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    secret = desk.keys[Scope.ADMIN]
    said = [
        desk.send("GET", path, "admin").text for path in ("/v1/changes", "/metrics", "/v1/nowhere")
    ]
    said += [desk.send("POST", "/v1/articles", "admin", data=b"\xff").text, caplog.text]
    files = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    assert files
    # Whole: poisk_ID_…a_b holds "_" itself, and "b" alone stands in any file.
    random_part = secret.split("_", 2)[2]
    assert not any(random_part in text for text in said)
    assert not any(random_part.encode() in data for data in files)


def _session(request: Request) -> Principal | None:
    """A toy log-in: a cookie with the name of an editor."""
    if not (name := request.cookies.get("session")):
        return None
    if name == "stranger":
        raise KeyRefused("Cookie", "the session has ended", "log in again")
    return Principal(f"session:{name}", frozenset({Scope.SEARCH, Scope.METRICS}))


@pytest.fixture
def with_log_in(desk: Desk) -> Flask:
    """An app that knows a cookie beside API keys, with a page for those that are known."""
    settings = desk.parts.settings.model_copy(update={"search_key_required": True})
    parts = replace(desk.parts, settings=settings)
    app = create_app(settings, parts, (_session,))

    @app.get("/desk")
    @needs(parts, Scope.METRICS)
    def desk_page() -> str:
        return "the desk"

    return app


def test_a_log_in_beside_keys_gives_its_scopes_to_routes_and_pages(
    desk: Desk, with_log_in: Flask
) -> None:
    client = with_log_in.test_client()
    assert client.get("/v1/search").status_code == client.get("/desk").status_code == 401
    client.set_cookie("session", "anna")
    assert client.get("/v1/search").status_code == 200
    assert client.get("/desk").text == "the desk"
    assert client.put("/v1/articles/1", json={"title": "a"}).status_code == 403
    headers = {"Authorization": f"Bearer {desk.keys[Scope.WRITE]}"}
    assert client.put("/v1/articles/1", json={"title": "a"}, headers=headers).status_code == 202


def test_a_log_in_that_has_ended_is_refused_with_its_own_cure(with_log_in: Flask) -> None:
    client = with_log_in.test_client()
    client.set_cookie("session", "stranger")
    refused = client.get("/v1/search")
    assert (refused.status_code, refused.get_json()["cure"]) == (401, "log in again")


def test_a_wrong_key_beside_a_valid_session_cookie_is_401(with_log_in: Flask) -> None:
    client = with_log_in.test_client()
    client.set_cookie("session", "anna")
    for path in ("/v1/search", "/desk"):
        answer = client.get(path, headers={"Authorization": "Bearer wrong"})
        assert (answer.status_code, answer.get_json()["field"]) == (401, "Authorization")


def test_the_documented_log_in_refuses_requests_from_pages_of_other_sites(desk: Desk) -> None:
    documented = CONTRIBUTING.read_text(encoding="utf-8").split("**A page log-in.**")[1]
    example = documented[documented.index("    def session") : documented.index("    app =")]
    names = dict(globals()) | {"signed_in": lambda cookie: cookie}
    exec(dedent(example), names)
    client = create_app(desk.parts.settings, desk.parts, (names["session"],)).test_client()
    client.set_cookie("session", "anna")
    for site, status in (
        ("same-origin", 202), ("none", 202), ("same-site", 401), ("cross-site", 401), (None, 401),
    ):  # fmt: skip
        headers = {"Sec-Fetch-Site": site} if site else {}
        answer = client.put("/v1/articles/1", json={"title": "a"}, headers=headers)
        assert answer.status_code == status, site
    client.delete_cookie("session")
    assert client.get("/v1/search").status_code == 200


def test_those_that_are_logged_in_are_counted_one_by_one(tmp_path: Path) -> None:
    with desk_in(tmp_path, search_limit="1 per minute") as desk:
        app = create_app(desk.parts.settings, desk.parts, (_session,))
        for name in ("anna", "boris"):
            client = app.test_client()
            client.set_cookie("session", name)
            assert [client.get("/v1/search").status_code for _ in range(2)] == [200, 429]
