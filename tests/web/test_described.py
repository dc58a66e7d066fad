"""The API as its description says, asked at random: what fits is taken, what does not is refused.

schemathesis reads the description, makes requests that fit it and requests that do not, and
looks at each answer: status, headers, media type and body as described, and nothing fails here.
"""

import json
from collections.abc import Iterator, MutableMapping
from typing import Any
from urllib.parse import unquote

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.specs.openapi.checks import (
    allow_header_conformance,
    negative_data_rejection,
    unsupported_method,
)

from index.sources.json_source import JSON_LINES
from index.store.keys import Scope
from search.web.api.openapi import openapi
from search.web.api.routes import ROUTES
from search.web.app import create_app
from tests.support.demo import demo_in

schema = schemathesis.openapi.from_dict(openapi(ROUTES))
schema.config.update(base_url="http://localhost")
APPS: list[Any] = []


def ask(environ: Any, start: Any) -> Any:
    """The app of the test: the schema has one before there is any."""
    return APPS[-1](environ, start)


schema.app = ask
SOME = settings(
    max_examples=8,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)

_UNDER_AN_ID = {
    # /v1/articles/{id} has these addresses too: an article may have the id "delete"
    "POST /v1/articles/delete": [allow_header_conformance, unsupported_method],
    "GET /v1/articles/{id}/related": [allow_header_conformance, unsupported_method],
}
_EACH_BY_ITSELF = {
    # a wrong article of a list is refused in the answer, which is 202 for the others
    "POST /v1/articles": [negative_data_rejection],
}
_MORE_THAN_A_SCHEMA_SAYS = {"after", "from", "to", "Idempotency-Key", "wait"}
"""A cursor must come from an answer, a day must be in the calendar, a key is used once;
and no indexer runs here that a change could be waited for."""


@schemathesis.serializer(*JSON_LINES)
def lines(_context: Any, value: Any) -> bytes:
    """A list as lines."""
    listed = value if isinstance(value, list) else [value]
    return b"".join(json.dumps(one).encode() + b"\n" for one in listed)


@schema.hook
def map_case(_context: Any, case: Any) -> Any:
    """Leaves out what fits its schema and may be wrong nevertheless."""
    if case.meta is not None and case.meta.generation.mode.is_positive:
        for part in (case.query, case.headers, case.body):
            _leave_out(part)
        if case.operation.label == "PUT /v1/articles/{id}":
            # it needs some text, the id of its address, and a url that leads somewhere
            own = {"id": unquote(str(case.path_parameters["id"])), "title": "Школа", "url": ""}
            case.body = {**case.body, **own}
    return case


def _leave_out(part: Any) -> None:
    if isinstance(part, list):
        for value in part:
            _leave_out(value)
    elif isinstance(part, MutableMapping):
        for name in _MORE_THAN_A_SCHEMA_SAYS & set(part):
            if name != "Idempotency-Key" or len(str(part[name])) <= 255:
                del part[name]  # a longer key is meant to be refused
        part.pop("page", None)  # with per_page it may lead past the last hit with a number
        for one in part.get("searches") or ():
            if isinstance(one, MutableMapping):
                one.pop("per_page", None)  # together they may ask for too many hits
        for value in part.values():
            _leave_out(value)


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A key for everything, of an app over the demo articles; no indexer runs beside it."""
    parts = demo_in(tmp_path_factory.mktemp("described"))
    APPS.append(create_app(parts.settings, parts))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("search.writing._PATIENCE", 0.05)
        yield parts.keys.create(Scope.ADMIN)[1]
    parts.close()


def validate(case: Any, headers: dict[str, str]) -> None:
    """Asks, and looks at the answer with every check that can hold there."""
    excluded = [*_UNDER_AN_ID.get(case.operation.label, ())]
    excluded += _EACH_BY_ITSELF.get(case.operation.label, ())
    if headers and _key_is_wrong(case):  # the right one of the test is sent in its place
        excluded.append(negative_data_rejection)
    case.call_and_validate(headers=headers, excluded_checks=excluded)


def _key_is_wrong(case: Any) -> bool:
    """Whether what is wrong about the request is a header: most often the key's."""
    place = getattr(case.meta.phase.data, "parameter_location", None)
    return place is not None and place.value == "header"


@schema.parametrize()
@SOME
def test_with_a_key_every_answer_is_as_described(case: schemathesis.Case[Any], key: str) -> None:
    validate(case, {"Authorization": f"Bearer {key}"})


@schema.parametrize()
@SOME
@pytest.mark.usefixtures("key")
def test_without_a_key_every_answer_is_as_described(case: schemathesis.Case[Any]) -> None:
    validate(case, {})
