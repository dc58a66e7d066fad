"""Addresses of articles: any id is reached by every route, and by the links that pages make."""

import re
import socket
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest
from flask.testing import FlaskClient
from hypothesis import given, settings
from hypothesis import strategies as st

from index.article import as_id, check_article
from index.store.keys import Scope
from search.web.addresses import article_path, path_of
from search.web.app import create_app
from tests.support.demo import parts_in
from tests.support.processes import served
from tests.support.writing import Desk, desk_in

HTML = {"Accept": "text/html"}
ODD = [
    "p/related", "related", "delete", "p/related/related", ".", "..", "a/./b", "a/../b", "a//b",
    "/x", "x/", "/", "//", "https://site.ru/news/1?x=1#y", "%2F", "%", "%25", "%zz", "100%/2",
    "ёлка", "новости/ёлка", "a b", "a+b", "a;b=1", "a&b", '"><b>', "\\", "é", "🎄", "?", "#", "id",
    "ё" * 512, "/" * 512, "🎄" * 512,
]  # fmt: skip


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with desk_in(tmp_path) as opened:
        yield opened


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> FlaskClient:
    """Of an index of nothing but odd ids, each with the same words."""
    parts = parts_in(tmp_path_factory.mktemp("odd"))
    articles = [{"id": one, "title": f"школа {n}", "body": f"Школа {n}."} for n, one in odd()]
    parts.engine.write(parts.analyse(check_article(one)) for one in articles)
    return create_app(parts.settings, parts).test_client()


def odd() -> Iterator[tuple[int, str]]:
    yield from enumerate([*ODD, "p"])


def encoded(article_id: str) -> str:
    return quote(article_id, safe="").replace("..", "%2E%2E")


def test_whatever_id_is_sent_is_read_changed_and_deleted_by_its_address(desk: Desk) -> None:
    for article_id in ODD:
        path = f"/v1/articles/{encoded(article_id)}"
        assert desk.send("PUT", path, json={"title": "школа"}).status_code == 202, article_id
    desk.index_all()
    for article_id in ODD:
        path = f"/v1/articles/{encoded(article_id)}"
        found = desk.client.get(path)
        assert found.status_code == 200, article_id
        assert found.get_json()["article"]["id"] == article_id
        assert desk.client.get(f"{path}/related").status_code == 200, article_id
        assert desk.client.get(f"/articles/{encoded(article_id)}", headers=HTML).status_code == 200
        assert desk.send("PATCH", path, json={"lead": "лицей"}).status_code == 202
        assert desk.send("PATCH", path, json={"id": "another"}).status_code == 400
        assert desk.send("DELETE", path).status_code == 202
    assert desk.found("школа") == []


IDS = st.text(min_size=1, max_size=20) | st.text(st.sampled_from("/.%related?#2F "), min_size=1)


@settings(max_examples=40, deadline=None, database=None)
@given(st.lists(IDS.filter(as_id), min_size=1, max_size=5))
def test_any_id_that_is_put_is_read_its_related_asked_for_and_deleted(
    tmp_path_factory: pytest.TempPathFactory, ids: list[str]
) -> None:
    with desk_in(tmp_path_factory.mktemp("any")) as desk:
        wanted = {as_id(one) for one in ids}
        paths = [f"/v1/articles/{quote(one.encode('utf-8', 'replace'), safe='')}" for one in ids]
        for path in paths:
            assert desk.send("PUT", path, json={"title": "школа"}).status_code == 202
        desk.index_all()
        found = {desk.client.get(path).get_json()["article"]["id"] for path in paths}
        assert found == wanted
        for one, path in zip(ids, paths, strict=True):
            assert desk.client.get(f"{path}/related").status_code == 200
            page = desk.client.get(article_path(as_id(one), ui="en"), headers=HTML)
            assert page.status_code == 200
        for one in wanted:
            path = f"/v1/articles/{quote(one, safe='')}"
            assert desk.send("DELETE", path).status_code == 202


def test_a_slash_that_is_sent_as_it_is_goes_on_working(client: FlaskClient) -> None:
    for path, article_id in (
        ("a//b", "a//b"), ("/x", "/x"), ("x/", "x/"), ("https://site.ru/news/1%3Fx=1%23y", ODD[13]),
        ("новости/ёлка", "новости/ёлка"), ("a/../b", "a/../b"), ("p%2frelated", "p/related"),
        ("%252F", "%2F"), ("%zz", "%zz"), ("%", "%"), ("e%CC%81", "é"), ("%20a%20%20b", "a b"),
    ):  # fmt: skip
        found = client.get(f"/v1/articles/{path}")
        assert found.status_code == 200, path
        assert found.get_json()["article"]["id"] == article_id


def test_related_is_asked_of_what_stands_before_the_last_slash(client: FlaskClient) -> None:
    """`p/related` unescaped is what is related to p, as ever; escaped it is the article."""

    def related(path: str) -> set[str]:
        answer = client.get(f"/v1/articles/{path}/related?limit=50").get_json()
        return {hit["id"] for name in ("hits", "duplicates") for hit in answer[name]}

    assert "p" not in related("p")
    assert "p/related" in related("p")
    assert "p/related" not in related("p%2Frelated")
    assert "p/related" not in related("p/related")
    assert "p/related/related" not in related("p%2Frelated%2Frelated")


def test_a_405_names_the_methods_that_the_address_has(desk: Desk) -> None:
    whole = {"GET", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE"}
    for method, path, allowed in (
        ("POST", "/v1/articles/p%2Frelated", whole),
        ("POST", "/v1/articles/p/related", whole),
        ("POST", "/v1/articles/x", whole),
        ("GET", "/v1/articles", {"POST", "OPTIONS"}),
        ("POST", "/articles/a%2Fb", {"GET", "HEAD", "OPTIONS"}),
    ):
        refused = desk.send(method, path, json={})
        assert refused.status_code == 405, path
        assert set(refused.headers["Allow"].split(", ")) == allowed, path
    assert desk.send("POST", "/v1/articles/delete", json={}).status_code == 400
    assert desk.client.get("/v1/articles/delete").status_code in {404, 503}


def links(html: str) -> list[str]:
    return [unescape(one) for one in re.findall(r'<h2><a href="([^"]*)"', html)]


def test_the_links_of_pages_lead_back_to_each_article_in_either_language(
    client: FlaskClient,
) -> None:
    pages = [client.get(f"/?q=школа&per_page=30&page={n}&ui=ru", headers=HTML).text for n in (1, 2)]
    found = [href for page in pages for href in links(page)]
    titles = {title for one in found for title in shown(client, one)}
    assert titles == {f"школа {n}" for n, _ in odd()}
    for href in found:
        path = urlsplit(href).path
        # A browser merges no slashes, but takes dots away; a proxy may do both.
        assert not {".", "..", ""} & set(path.removesuffix("/").split("/")[1:]), href
        (other,) = re.findall(
            r'<nav><a href="([^"]*)" hreflang="en"', client.get(href, headers=HTML).text
        )
        assert shown(client, unescape(other)) == shown(client, href)


def shown(client: FlaskClient, href: str) -> list[str]:
    page = client.get(href, headers=HTML)
    assert page.status_code == 200, href
    return re.findall("<h1>(.*?)</h1>", page.text)


def test_a_page_of_no_article_says_so(client: FlaskClient) -> None:
    for path in ("/articles/", "/articles", "/articles/?id=none", "/articles/%00", "/articles/%FF",
                 "/articles/%20", f"/articles/{'a' * 5_000}"):  # fmt: skip
        page = client.get(path, headers=HTML, follow_redirects=True)
        assert page.status_code == 404
        assert "Такой статьи нет" in page.text


@pytest.mark.parametrize(
    ("environ", "path"),
    [
        ({"PATH_INFO": "/a/b", "RAW_URI": "/a%2Fb?c/d"}, "/a%2Fb"),
        ({"PATH_INFO": "/a/b", "REQUEST_URI": "http://h/a%2fb#c"}, "/a%2fb"),
        ({"PATH_INFO": "/a/b", "SCRIPT_NAME": "/p", "RAW_URI": "/p/a%2Fb"}, "/a%2Fb"),
        ({"PATH_INFO": "/a/b", "SCRIPT_NAME": "/p", "RAW_URI": "/a%2Fb"}, "/a%2Fb"),
        ({"PATH_INFO": "/other", "RAW_URI": "/a%2Fb"}, "/other"),
        ({"PATH_INFO": "/a%b"}, "/a%25b"),
        ({"PATH_INFO": "/a%2F", "RAW_URI": "/a%252F"}, "/a%252F"),
        ({"PATH_INFO": "/ё".encode().decode("latin-1"), "RAW_URI": "/%D1%91"}, "/ё"),
        ({"PATH_INFO": "/\xff", "RAW_URI": "/%FF"}, "/\ufffd"),
        ({"PATH_INFO": "/a", "RAW_URI": "*"}, "/a"),
        ({}, ""),
    ],
)
def test_the_path_is_the_one_that_was_sent_where_it_is_the_servers_too(
    environ: dict[str, str], path: str
) -> None:
    assert path_of(environ) == path


def test_below_a_prefix_addresses_and_links_work_as_well(client: FlaskClient) -> None:
    below = {"SCRIPT_NAME": "/news-search"}
    page = client.get("/?q=школа&per_page=50", headers=HTML, environ_overrides=below).text
    hrefs = [unescape(one) for one in re.findall(r'(?:href|action)="(/[^"]*)"', page)]
    assert len(hrefs) > 40
    assert all(one.startswith("/news-search/") for one in hrefs)
    path = "/v1/articles/p%2Frelated"
    found = client.get(path, environ_overrides={**below, "RAW_URI": f"/news-search{path}"})
    assert found.get_json()["article"]["id"] == "p/related"


def test_a_served_poisk_reaches_ids_with_slashes_escaped_or_not(
    tmp_path: Path,
) -> None:
    ids = ["p/related", "..", "a//b", "/x", "https://site.ru/news/1?x=1#y", "%2F", "ёлка", "p"]
    with desk_in(tmp_path) as desk:
        desk.parts.store.put([check_article({"id": one, "title": "школа"}) for one in ids])
        desk.index_all()
        key = desk.keys[Scope.WRITE]
    with served(tmp_path, workers=1) as (address, _):
        host, port = urlsplit(address).netloc.split(":")

        def ask(method: str, path: str) -> tuple[int, str]:
            """Sent by hand: http.client and proxies may change a path."""
            with socket.create_connection((host, int(port)), timeout=30) as peer:
                head = f"Host: {host}\r\nAuthorization: Bearer {key}\r\nConnection: close"
                peer.sendall(f"{method} {path} HTTP/1.1\r\n{head}\r\n\r\n".encode())
                with peer.makefile("rb") as answer:
                    text = answer.read().decode()
            return int(text.split()[1]), text

        for one in ids:
            status, text = ask("GET", f"/v1/articles/{quote(one, safe='')}")
            assert status == 200, one
            assert f'"id":"{one}"' in text
            assert ask("GET", f"/v1/articles/{quote(one, safe='')}/related")[0] == 200
        for unescaped in ("a//b", "/x", "https://site.ru/news/1%3Fx=1%23y", ".."):
            assert ask("GET", f"/v1/articles/{unescaped}")[0] == 200, unescaped
        assert ask("DELETE", "/v1/articles/p%2Frelated")[0] == 202
        assert ask("GET", "/v1/articles/p")[0] == 200
