"""Where a request stands in what is sent: in the address, in a JSON body, in a body of articles."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, get_args

from flask import request
from pydantic import BaseModel, RootModel
from werkzeug.exceptions import (
    RequestEntityTooLarge,
    RequestTimeout,
    RequestURITooLarge,
    ServiceUnavailable,
    UnsupportedMediaType,
)

from index.article import Article
from index.errors import RequestRefused
from index.sources.markup import HtmlMode, Markup
from index.sources.open import SOURCES
from search.parts import Parts
from search.request import check_json, from_arguments
from search.web.article_bodies import Body
from search.web.json_bodies import bounded_body, json_body
from search.web.problem_kinds import ErrorType


class NoParameters(BaseModel):
    """A request without parameters."""

    model_config = {"extra": "forbid"}


class Articles(RootModel[tuple[Article, ...]]):
    """Articles: a JSON list, or as application/x-ndjson one a line."""


class Fields(RootModel[dict[str, Any]]):
    """Some fields of an article; null empties one."""


@dataclass(frozen=True, slots=True)
class SentFields:
    """Fields of one article, their HTML read as text by `markup`."""

    values: Mapping[str, Any]
    markup: Markup


@dataclass(frozen=True, slots=True)
class SentArticles:
    """A body of articles that is read as it arrives, and how its HTML is read."""

    body: Body
    mimetype: str
    markup: Markup


def _digest_of_body(_sent: Any) -> str | None:
    return hashlib.sha256(request.get_data()).hexdigest()


@dataclass(frozen=True, slots=True)
class Input:
    """How a request is read. `read` gets the route's model and raises RequestRefused."""

    read: Callable[[Parts, type[BaseModel]], Any]
    media_types: tuple[str, ...] = ()
    """Of the body; empty: there is none."""
    errors: tuple[ErrorType, ...] = ()
    """Those of reading it, besides RequestRefused."""
    takes_html: bool = False
    """Whether the address may have `html`."""
    digest: Callable[[Any], str | None] = _digest_of_body
    """The SHA-256 of the body, once it is read; None where its end never came."""


def _arguments(_parts: Parts, model: type[BaseModel]) -> BaseModel:
    return from_arguments(model, request.args.to_dict(flat=False))


def _nothing(_parts: Parts, _model: type[BaseModel]) -> BaseModel:
    _refuse_arguments_except()
    bounded_body()  # before the handler: one that is too large must not change anything
    return NoParameters()


def _json(_parts: Parts, model: type[BaseModel]) -> BaseModel:
    for name in request.args:
        raise RequestRefused(name[:200], "this parameter is in the URL", "send it in the JSON body")
    body = json_body()
    return check_json(model, body.values, body.data)


def _one_article(parts: Parts, _model: type[BaseModel]) -> SentFields:
    markup = _markup(parts)
    return SentFields(markup.plain(json_body().values), markup)


def _articles(parts: Parts, _model: type[BaseModel]) -> SentArticles:
    markup = _markup(parts)
    return SentArticles(Body(request, parts.settings.max_load_bytes), request.mimetype, markup)


def _markup(parts: Parts) -> Markup:
    """How the request's texts are read: as its `html` says, or the setting."""
    _refuse_arguments_except("html")
    asked = request.args.get("html", parts.settings.html)
    for reading in get_args(HtmlMode):
        if asked == reading:
            return Markup(reading)
    raise RequestRefused("html", f"unknown value {asked[:80]!r}", "send auto, always or never")


def _refuse_arguments_except(*known: str) -> None:
    for name in request.args.keys() - set(known):
        raise RequestRefused(name[:200], "unknown parameter", "remove it")


_JSON = ("application/json",)
_OF_BODIES = (RequestTimeout, RequestEntityTooLarge, UnsupportedMediaType, ServiceUnavailable)
ARGUMENTS = Input(_arguments, errors=(RequestURITooLarge,))
NOTHING = Input(_nothing, errors=(RequestURITooLarge, RequestTimeout, RequestEntityTooLarge))
JSON = Input(_json, _JSON, _OF_BODIES)
ONE_ARTICLE = Input(_one_article, _JSON, _OF_BODIES, takes_html=True)
ARTICLES = Input(
    _articles,
    tuple(media_type for source in SOURCES for media_type in source.media_types),
    _OF_BODIES,
    takes_html=True,
    digest=lambda sent: sent.body.digest(),
)
