"""/healthz and /readyz: alive, ready, or why not and what to do."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from flask.testing import FlaskClient

from index.engines.whoosh.write.generations import versions, write_versions
from search.web.app import create_app
from tests.support.asking import answer, problem
from tests.support.demo import demo_articles, parts_in
from tests.support.plain import rebuild


def with_one_article(folder: Path) -> FlaskClient:
    """A client over one article, written by parts that are closed by now."""
    parts = parts_in(folder)
    parts.loader.load(demo_articles()[:1])
    parts.close()
    return create_app(parts_in(folder).settings).test_client()


def meta(folder: Path) -> Path:
    (path,) = folder.glob("index/g*/poisk.json")
    return path


def change_meta(folder: Path, **changes: Any) -> None:
    generation = meta(folder).parent
    write_versions(generation, replace(versions(generation), **changes))


def test_with_an_index_it_is_alive_and_ready(client: FlaskClient) -> None:
    for path in ("/healthz", "/readyz"):
        assert answer(client, path) == {"status": "ok", "detail": ""}


def test_without_an_index_it_is_alive_but_not_ready_and_says_how_to_get_one(tmp_path: Path) -> None:
    client = create_app(parts_in(tmp_path).settings).test_client()
    assert answer(client, "/healthz")["status"] == "ok"
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.get_json()["status"] == "not ready"
    assert "poisk load" in response.get_json()["detail"]
    found = problem(client, "/v1/search?q=x", 503)
    assert found["type"] == "/docs#index-unavailable"
    assert "poisk load" in found["cure"]


def test_it_becomes_ready_when_articles_are_loaded(tmp_path: Path) -> None:
    client = create_app(parts_in(tmp_path).settings).test_client()
    assert client.get("/readyz").status_code == 503
    with_one_article(tmp_path)
    assert answer(client, "/readyz")["status"] == "ok"
    assert answer(client, "/v1/search")["total"] == 1


def test_an_index_of_an_older_analysis_asks_for_a_rebuild_and_goes_on(tmp_path: Path) -> None:
    with_one_article(tmp_path)
    change_meta(tmp_path, analysis="old")
    parts = parts_in(tmp_path)
    client = create_app(parts.settings, parts).test_client()
    found = answer(client, "/readyz")
    assert found["status"] == "rebuild needed"
    assert "poisk rebuild" in found["detail"]
    assert answer(client, "/v1/search")["total"] == 1
    rebuild(parts.engine, parts.analyse)
    assert answer(client, "/readyz")["status"] == "ok"


def test_a_store_that_was_lost_is_reported_with_the_cure_and_searching_goes_on(
    tmp_path: Path,
) -> None:
    client = with_one_article(tmp_path)
    for file in tmp_path.glob("archive.sqlite*"):
        file.unlink()
    found = answer(client, "/readyz")
    assert found["status"] == "store needed"
    assert "poisk restore" in found["detail"]
    assert answer(client, "/v1/search")["total"] == 1


def test_an_index_of_another_form_is_not_ready_and_says_why(tmp_path: Path) -> None:
    client = with_one_article(tmp_path)
    change_meta(tmp_path, schema=999)
    fresh = create_app(parts_in(tmp_path).settings).test_client()
    for asked in (client, fresh):
        assert answer(asked, "/healthz")["status"] == "ok"
    response = fresh.get("/readyz")
    assert response.status_code == 503
    assert response.get_json()["detail"]


def test_a_damaged_index_is_reported_and_never_breaks_the_service(tmp_path: Path) -> None:
    with_one_article(tmp_path)
    meta(tmp_path).write_bytes(b"\xff{")
    client = create_app(parts_in(tmp_path).settings).test_client()
    assert answer(client, "/healthz")["status"] == "ok"
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.get_json()["status"] == "not ready"
    assert problem(client, "/v1/search", 503)["type"] == "/docs#index-unavailable"


def test_an_answer_does_not_say_where_the_index_lies(tmp_path: Path) -> None:
    parts = parts_in(tmp_path)
    parts.engine.write([parts.analyse(demo_articles()[0])])
    (segment,) = tmp_path.glob("index/g*/*.poisk")
    segment.write_bytes(segment.read_bytes()[:100])
    client = create_app(parts_in(tmp_path).settings).test_client()
    for path in ("/v1/search", "/readyz"):
        response = client.get(path)
        assert response.status_code == 503
        assert str(tmp_path) not in response.text
