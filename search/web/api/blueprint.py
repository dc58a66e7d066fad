"""Serves the table of routes: each with its key, its limit and its Idempotency-Key."""

from collections.abc import Callable

from flask import Blueprint, Response

from index.stages import Stopwatch
from index.store.keys import Scope
from search.parts import Parts
from search.web.access import needs
from search.web.api.idempotency import answer_once
from search.web.api.path_parameters import rule_of
from search.web.api.route import Limit, Reply, Route
from search.web.api.routes import ROUTES
from search.web.headers import with_policy
from search.web.problems import json_response
from search.web.rate_limits import RateLimits

View = Callable[..., Response]


def api_blueprint(
    parts: Parts, limits: RateLimits, routes: tuple[Route, ...] = ROUTES
) -> Blueprint:
    """All routes of the table."""
    blueprint = Blueprint("api", __name__)
    limited = {limit: _limited(limits, limit, limit.rate(parts.settings)) for limit in Limit}
    for route in routes:
        view = _view(parts, route)
        guarded = limited[route.limit](needs(parts, route.scope)(view))
        blueprint.add_url_rule(
            rule_of(route.path),
            endpoint=route.name,
            view_func=with_policy(route.content_policy)(guarded),
            methods=[route.method],
        )
    return blueprint


def _limited(limits: RateLimits, limit: Limit, rate: str) -> Callable[[View], View]:
    """Counts a view's requests with those of the others that have this limit."""
    return limits.limited(limits.counter(limit.value, rate)) if rate else lambda view: view


def _view(parts: Parts, route: Route) -> View:
    def view(**path: str) -> Response:
        stopwatch = Stopwatch()
        sent = route.input.read(parts, route.request)
        stopwatch.end("validate")

        def answer() -> Response:
            reply = route.handler(parts, sent, path)
            if not isinstance(reply, Reply):
                reply = Reply(reply, route.status)
            stopwatch.restart()
            response = json_response(reply.answer, reply.status)
            stopwatch.end("json")
            if route.scope is Scope.SEARCH:
                parts.stages.add(stopwatch.times)
            return response

        if not route.idempotent:
            return answer()
        return answer_once(parts, answer, lambda: route.input.digest(sent))

    return view
