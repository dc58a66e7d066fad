"""The JSON API, /v1. Every route is in ROUTES, which OpenAPI is made from too."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, request
from flask_limiter import Limiter
from pydantic import BaseModel

from index.store.keys import Scope
from search.answer import (
    AnalyzeAnswer,
    ArticleAnswer,
    MultiSearchAnswer,
    RelatedAnswer,
    SearchAnswer,
)
from search.parts import Parts
from search.request import (
    AnalyzeRequest,
    MultiSearchRequest,
    RelatedOptions,
    RelatedRequest,
    SearchRequest,
    check_json,
    from_arguments,
)
from search.web.access import needs
from search.web.api.route import NoParameters, Operation
from search.web.json_bodies import json_body
from search.web.problems import json_response


@dataclass(frozen=True, slots=True)
class Route(Operation):
    """An operation that searches, and who answers it.

    `answer` gets the parts, the checked request and the path's arguments.
    """

    answer: Callable[[Parts, Any, Mapping[str, str]], BaseModel] = lambda *_: NoParameters()


def _search(parts: Parts, asked: SearchRequest, _path: Mapping[str, str]) -> SearchAnswer:
    return parts.searcher.search(asked)


def _multi_search(
    parts: Parts, asked: MultiSearchRequest, _path: Mapping[str, str]
) -> MultiSearchAnswer:
    return MultiSearchAnswer(answers=tuple(map(parts.searcher.search, asked.searches)))


def _article(parts: Parts, _asked: NoParameters, path: Mapping[str, str]) -> ArticleAnswer:
    return ArticleAnswer(article=parts.searcher.article(path["id"]))


def _related_to_article(
    parts: Parts, asked: RelatedOptions, path: Mapping[str, str]
) -> RelatedAnswer:
    return parts.related.to_article(parts.searcher.article(path["id"]), asked)


def _related_to_text(
    parts: Parts, asked: RelatedRequest, _path: Mapping[str, str]
) -> RelatedAnswer:
    return parts.related.to_text(asked)


def _analyze(parts: Parts, asked: AnalyzeRequest, _path: Mapping[str, str]) -> AnalyzeAnswer:
    return parts.searcher.analyze(asked.text)


ROUTES = (
    Route("GET", "/v1/search", "search", "Search.", SearchRequest, SearchAnswer, answer=_search),
    Route("POST", "/v1/search", "searchByBody", "Search, with the query as JSON.", SearchRequest,
          SearchAnswer, answer=_search),
    Route("POST", "/v1/multi-search", "multiSearch", "Run several searches.",
          MultiSearchRequest, MultiSearchAnswer, answer=_multi_search),
    # Related before the article: an id may hold slashes.
    Route("GET", "/v1/articles/{id}/related", "relatedToArticle", "Articles related to an article.",
          RelatedOptions, RelatedAnswer, answer=_related_to_article),
    Route("GET", "/v1/articles/{id}", "article", "One article.", NoParameters, ArticleAnswer,
          answer=_article),
    Route("POST", "/v1/related", "relatedToText", "Articles related to a text.", RelatedRequest,
          RelatedAnswer, answer=_related_to_text),
    Route("GET", "/v1/analyze", "analyze", "The tokens and terms of a text.", AnalyzeRequest,
          AnalyzeAnswer,
          answer=_analyze),
)  # fmt: skip


def api_blueprint(parts: Parts, limiter: Limiter) -> Blueprint:
    """All of ROUTES."""
    blueprint = Blueprint("api", __name__)
    limit = parts.settings.search_limit
    shared = limiter.shared_limit(limit, scope="search") if limit else None
    for route in ROUTES:
        view = needs(parts, Scope.SEARCH)(_view(parts, route))
        blueprint.add_url_rule(
            route.path.replace("{id}", "<article_id:id>"),
            endpoint=route.name,
            view_func=shared(view) if shared else view,
            methods=[route.method],
        )
    return blueprint


def _view(parts: Parts, route: Route) -> Callable[..., Response]:
    def view(**path: str) -> Response:
        if route.method == "GET":
            asked = from_arguments(route.takes, request.args.to_dict(flat=False))
        else:
            asked = check_json(route.takes, json_body())
        return json_response(route.answer(parts, asked, path))

    return view
