"""The table of routes as an OpenAPI 3.1 document, with the schemas of their requests and answers.

By hand over the schemas of pydantic and msgspec rather than by a Flask extension: those we tried
make the schemas again at every request and swallow malformed JSON.
"""

from collections.abc import Iterable, Mapping
from importlib.metadata import version
from inspect import cleandoc
from typing import Any

from msgspec.json import schema_components
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from index.article import Article
from index.store.keys import Scope
from search.answer import Answer, Problem, RebuildProblem
from search.web.api.path_parameters import PathParameter, parameters_of
from search.web.api.route import Route
from search.web.problem_kinds import PROBLEMS, ProblemKind

Json = dict[str, Any]
References = Mapping[type[BaseModel] | type[Answer], Json]
_REF = "#/components/schemas/"


def openapi(routes: Iterable[Route]) -> Json:
    """The whole document."""
    routes = tuple(routes)
    references, schemas = _schemas(routes)
    paths: Json = {}
    for route in routes:
        operation = _operation(route, references, schemas)
        paths.setdefault(route.path, {})[route.method.lower()] = operation
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Poisk",
            "version": version("poisk-search"),
            "description": "Search for newsrooms that write in Russian and English. "
            "An error is application/problem+json: it says what is wrong, where, and what to do.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "key": {"type": "http", "scheme": "bearer"},
                "header": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
            },
        },
    }


def problems_of(route: Route) -> dict[int, list[ProblemKind]]:
    """The documented problems of a route by their statuses, in order."""
    found: dict[int, list[ProblemKind]] = {}
    for kind in sorted((PROBLEMS[error] for error in route.all_errors), key=lambda one: one.status):
        found.setdefault(kind.status, []).append(kind)
    return found


def _schemas(routes: tuple[Route, ...]) -> tuple[References, dict[str, Json]]:
    """References to what the routes take and give, and the schemas that they lead to."""
    requests, schemas = _of_requests(routes)
    answers: dict[type[Answer], None] = dict.fromkeys((Problem, RebuildProblem))
    answers.update(dict.fromkeys(route.answer for route in routes))
    articles: dict[type, Json] = {Article: requests.pop((Article, "serialization"))}
    found, components = schema_components(
        answers, schema_hook=articles.__getitem__, ref_template=f"{_REF}{{name}}"
    )
    references: dict[type[BaseModel] | type[Answer], Json] = {
        model: reference for (model, _), reference in requests.items()
    }
    references.update(zip(answers, found, strict=True))
    schemas |= {name: _completed(schema) for name, schema in components.items()}
    return references, schemas


def _of_requests(
    routes: tuple[Route, ...],
) -> tuple[dict[tuple[type[BaseModel], str], Json], dict[str, Json]]:
    """References to the requests, and to an article as answers have it, and their schemas."""
    inputs = dict.fromkeys(route.request for route in routes)
    keys, schemas = models_json_schema(
        [*((one, "validation") for one in inputs), (Article, "serialization")],
        ref_template=f"{_REF}{{model}}",
    )
    found: dict[str, Json] = schemas["$defs"]
    for name, schema in found.items():
        if name.startswith("Article") and "language" in schema.get("required", ()):
            schema["required"].remove("language")  # Poisk recognises it where it is not sent
    return dict(keys), found  # type: ignore[arg-type]


def _completed(schema: Any) -> Any:
    """The schema as pydantic would write it: enumerations have their type, which is a string.

    A docstring has no indentation, and a pair no `items: false` beside its `maxItems`.
    """
    if isinstance(schema, list):
        return [_completed(one) for one in schema]
    if not isinstance(schema, dict):
        return cleandoc(schema) if isinstance(schema, str) else schema
    typed = {"type": "string"} if "enum" in schema else {}
    kept = {name: one for name, one in schema.items() if one is not False or name != "items"}
    return {**typed, **{name: _completed(one) for name, one in kept.items()}}


def _operation(route: Route, references: References, schemas: Mapping[str, Json]) -> Json:
    # OpenAPI 3.1 lets schemes other than OAuth list the roles that they need: here, the scope
    keys: list[Json] = [{"key": [route.scope.value]}, {"header": [route.scope.value]}]
    operation: Json = {
        "operationId": route.name,
        "summary": route.summary,
        "security": keys if route.scope is not Scope.SEARCH else [{}, *keys],
        "parameters": _parameters(route, schemas),
        "responses": _responses(route, references),
    }
    if route.input.media_types:
        schema = {"schema": references[route.request]}
        body = dict.fromkeys(route.input.media_types, schema)
        operation["requestBody"] = {"required": True, "content": body}
    return operation


def _parameters(route: Route, schemas: Mapping[str, Json]) -> list[Json]:
    """What stands in the address and the headers."""
    parameters = [_HTML] if route.input.takes_html else []
    parameters += [_path_parameter(*one) for one in parameters_of(route.path).items()]
    if route.idempotent:
        parameters.append(_IDEMPOTENCY_KEY)
    if not route.input.media_types:
        parameters += _query_parameters(schemas[route.request.__name__])
    return parameters


def _path_parameter(name: str, parameter: PathParameter) -> Json:
    return {
        "name": name,
        "in": "path",
        "required": True,
        "description": parameter.description,
        "schema": {"type": parameter.type},
    }


def _query_parameters(schema: Json) -> list[Json]:
    """A model's properties as query parameters."""
    required = schema.get("required", ())
    return [
        {
            "name": name,
            "in": "query",
            "required": name in required,
            "description": described.get("description", ""),
            "schema": {key: value for key, value in described.items() if key != "description"},
        }
        for name, described in schema.get("properties", {}).items()
    ]


def _responses(route: Route, references: References) -> Json:
    """The answers by their statuses, then the errors."""
    answered = {
        "description": (route.answer.__doc__ or "").strip(),
        "content": {"application/json": {"schema": references[route.answer]}},
    }
    statuses = [one for one in (route.other_status, route.status) if one]
    problems = {
        str(status): {
            "description": " ".join(f"`{kind.code}`: {kind.meaning}" for kind in kinds),
            "content": {"application/problem+json": {"schema": _any_of(kinds, references)}},
        }
        for status, kinds in problems_of(route).items()
    }
    return {**{str(status): answered for status in statuses}, **problems}


def _any_of(kinds: list[ProblemKind], references: References) -> Json:
    """The schema of problems that come in one form or in several, the narrowest first."""
    models = sorted({kind.model for kind in kinds}, key=lambda model: model is Problem)
    schemas = [references[model] for model in models]
    return {"anyOf": schemas} if len(schemas) > 1 else schemas[0]


_IDEMPOTENCY_KEY: Json = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "A text that the client chooses. If the client sends the request again with the "
    "same text within a day, Poisk does not run it again but repeats the first answer.",
    "schema": {"type": "string", "maxLength": 255},
}
_HTML: Json = {
    "name": "html",
    "in": "query",
    "required": False,
    "description": "Which texts are HTML: those that look like HTML (auto), all (always) or none "
    "(never). Default: the setting POISK_HTML.",
    "schema": {"type": "string", "enum": ["auto", "always", "never"]},
}
