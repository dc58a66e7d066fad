"""The table of routes: served, described and documented as it says, with a policy of its own."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask, Request
from werkzeug.exceptions import HTTPException

from index.store.keys import Scope
from search.parts import Parts
from search.web.access import register_access
from search.web.api.blueprint import api_blueprint
from search.web.api.inputs import ARGUMENTS
from search.web.api.openapi import problems_of
from search.web.api.path_parameters import PATH_PARAMETERS, parameters_of, rule_of
from search.web.api.route import Route
from search.web.api.routes import ROUTES
from search.web.app import create_app
from search.web.authentication import Principal
from search.web.headers import STRICT, ContentPolicy, register_headers, with_policy
from search.web.problem_kinds import PROBLEMS
from search.web.problems import register_problems
from tests.support.writing import desk_in

API = (Path(__file__).parents[2] / "docs/api.md").read_text(encoding="utf-8")
EMBEDDABLE = ContentPolicy(embedded_by=("https://news.example",))
POLICY = "Content-Security-Policy"


def by_name(route: Route) -> str:
    return route.name


def test_the_documented_routes_are_those_of_the_table_with_their_scopes() -> None:
    rows = re.findall(r"^\| `([A-Z]+) (/v1/\S*)` \| .* \| (\w+) \|$", API, re.MULTILINE)
    assert len(rows) == len(set(rows))
    assert set(rows) == {(route.method, route.path, route.scope.value) for route in ROUTES}


def test_each_route_of_the_table_is_served_once(demo: Parts) -> None:
    rules = [
        (method, re.sub(r"<\w+:(\w+)>", r"{\1}", rule.rule), rule.endpoint)
        for rule in create_app(demo.settings, demo).url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if rule.rule.startswith("/v1/")
    ]
    assert sorted(rules) == sorted((one.method, one.path, f"api.{one.name}") for one in ROUTES)


@pytest.mark.parametrize("route", ROUTES, ids=by_name)
def test_every_route_has_an_example_of_itself(route: Route) -> None:
    path = route.path
    for name, parameter in parameters_of(path).items():
        path = path.replace(f"{{{name}}}", r"\d+" if parameter.type == "integer" else r"[\w-]+")
    assert re.search(rf"127\.0\.0\.1:8000{path}(?:['? ]|$)", route.example)
    assert route.method in {"GET", "POST"} or f"-X {route.method}" in route.example
    assert ("Bearer KEY" in route.example) == (route.scope != "search")


@pytest.mark.parametrize("route", ROUTES, ids=by_name)
def test_what_writes_takes_an_idempotency_key_and_documents_its_errors(route: Route) -> None:
    writes = route.method != "GET" and route.scope != "search"
    assert route.idempotent == writes
    assert ({409, 422} <= problems_of(route).keys()) == writes


@pytest.mark.parametrize("route", ROUTES, ids=by_name)
def test_a_full_disk_and_a_large_body_are_documented_only_where_they_can_be_met(
    route: Route,
) -> None:
    statuses = problems_of(route).keys()
    assert {400, 401, 403, 429, 503} <= statuses
    assert (507 in statuses) == route.idempotent
    assert (413 in statuses) == (408 in statuses) == (route.input is not ARGUMENTS)
    assert (404 in statuses) == (
        "{" in route.path and route.name != "putArticle"  # which adds an article
    )


def test_a_route_documents_the_errors_of_its_handler() -> None:
    codes = {
        route.name: {kind.code for kinds in problems_of(route).values() for kind in kinds}
        for route in ROUTES
    }
    assert "article-refused" in codes["putArticle"] & codes["patchArticle"]
    assert "index-busy" in codes["deleteArticles"]
    assert "index-unavailable" not in codes["putArticles"] | codes["analyze"]
    assert {"store-unavailable", "busy"} <= codes["putArticles"]


def test_an_error_of_http_has_the_status_that_werkzeug_gives_it() -> None:
    for error, kind in PROBLEMS.items():
        if issubclass(error, HTTPException):
            assert error.code == kind.status


def test_every_path_parameter_of_the_table_stands_in_a_path() -> None:
    named = {name for route in ROUTES for name in parameters_of(route.path)}
    assert named == PATH_PARAMETERS.keys()
    with pytest.raises(KeyError):
        rule_of("/v1/articles/{unknown}")


def test_a_policy_is_strict_unless_a_route_or_a_page_states_another(tmp_path: Path) -> None:
    with desk_in(tmp_path) as desk:
        for path in ("/", "/docs", "/v1/search", "/v1/none"):
            assert desk.client.get(path).headers[POLICY] == (
                "default-src 'none'; style-src 'self'; img-src 'self' data:; "
                "form-action 'self'; base-uri 'none'; frame-ancestors 'self'"
            )


def test_a_route_of_the_table_may_state_its_own_policy(demo: Parts) -> None:
    app = Flask(__name__)
    register_headers(app)
    (analyze,) = (one for one in ROUTES if one.name == "analyze")
    other = replace(analyze, path="/v1/other", name="other", content_policy=EMBEDDABLE)
    app.register_blueprint(api_blueprint(_unlimited(demo), None, (analyze, other)))  # type: ignore[arg-type]
    client = app.test_client()
    embeddable = client.get("/v1/other?text=a").headers[POLICY]
    assert embeddable.endswith("frame-ancestors https://news.example")
    assert client.get("/v1/analyze?text=a").headers[POLICY] == str(STRICT)


def test_a_page_may_state_its_own_policy_also_for_its_errors() -> None:
    app = Flask(__name__)
    register_headers(app)

    @app.get("/widget")
    @with_policy(EMBEDDABLE)
    def widget() -> str:
        raise KeyError

    answer = app.test_client().get("/widget")
    assert answer.status_code == 500
    assert answer.headers[POLICY] == str(EMBEDDABLE)


def test_a_route_has_its_policy_also_where_the_view_does_not_run(
    demo: Parts, tmp_path: Path
) -> None:
    settings = demo.settings.model_copy(
        update={"search_limit": "3 per minute", "search_key_required": True, "data_dir": tmp_path}
    )
    parts = replace(demo, settings=settings)
    app = Flask(__name__)
    register_headers(app)
    register_problems(app)
    limits = register_access(app, parts, (_by_scope,))
    (analyze,) = (one for one in ROUTES if one.name == "analyze")
    route = replace(analyze, content_policy=EMBEDDABLE)
    app.register_blueprint(api_blueprint(parts, limits, (route,)))
    scopes = ({}, {"Scope": "metrics"}, *[{"Scope": "search"}] * 4)
    answers = [app.test_client().get("/v1/analyze?text=a", headers=scope) for scope in scopes]
    assert [one.status_code for one in answers] == [401, 403, 200, 200, 200, 429]
    assert [one.headers[POLICY] for one in answers] == [str(EMBEDDABLE)] * 6


def _by_scope(request: Request) -> Principal | None:
    """A principal with the scope that the request names."""
    if not (name := request.headers.get("Scope")):
        return None
    return Principal(f"scope:{name}", frozenset({Scope(name)}))


def _unlimited(parts: Parts) -> Parts:
    no_limits = {"search_limit": "", "write_limit": ""}
    return replace(parts, settings=parts.settings.model_copy(update=no_limits))
