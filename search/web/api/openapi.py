"""The API described: an OpenAPI 3.1 document made from the typed models.

By hand over pydantic's schemas rather than by a Flask extension: those we tried
make the schemas anew at every request and swallow malformed JSON.
"""

import re
from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from index.store.keys import Scope
from search.answer import Problem, RebuildProblem
from search.web.api.reading import ROUTES
from search.web.api.route import NoParameters, Operation
from search.web.api.writing import WRITING
from search.web.problems import HTTP_CODES, STATUSES

Json = dict[str, Any]
_REF = "#/components/schemas/{model}"


def openapi() -> Json:
    """The whole document."""
    operations: tuple[Operation, ...] = (*ROUTES, *WRITING)
    models: list[type[BaseModel]] = [Problem, RebuildProblem]
    for route in operations:
        models += [route.takes, route.gives]
    unique = list(dict.fromkeys(models))
    inputs = {route.takes for route in operations}
    keys, schemas = models_json_schema(
        [(one, "validation" if one in inputs else "serialization") for one in unique],
        ref_template=_REF,
    )
    references = {model: reference for (model, _), reference in keys.items()}
    for name, schema in schemas["$defs"].items():
        if name.startswith("Article") and "language" in schema.get("required", ()):
            schema["required"].remove("language")  # it is told from the text
    paths: Json = {}
    for route in operations:
        operation = _operation(route, references, schemas["$defs"])
        paths.setdefault(route.path, {})[route.method.lower()] = operation
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Poisk",
            "version": version("poisk-search"),
            "description": "Search for newsrooms that write in Russian and English. "
            "An error is application/problem+json: it names the wrong field and says what to do.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "paths": paths,
        "components": {
            "schemas": schemas["$defs"],
            "securitySchemes": {
                "key": {"type": "http", "scheme": "bearer"},
                "header": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
            },
        },
    }


def _operation(
    route: Operation, references: Mapping[Any, Any], schemas: Mapping[str, Json]
) -> Json:
    problems = {400: "The request is invalid.", 503: "The index cannot be read."}
    if "{id}" in route.path:
        problems[404] = "No article has this id."
    if "{number}" in route.path:
        problems[404] = "No change has this number."
    if route.method not in {"GET", "DELETE"}:
        problems[413] = "The body is too large."
        problems[415] = "The body is not JSON, or its compression is not gzip."
    if route.method == "GET":
        problems[414] = "The address is too long. Use POST with a body where there is one."
    problems[401] = "The key is missing or invalid."
    problems[429] = "Too many requests. Retry-After says how many seconds to wait."
    if route.scope is not Scope.SEARCH:
        problems[403] = "The scope of the key does not include this operation."
        problems[507] = "The disk is almost full."
    html = [_HTML] if route.name in {"putArticles", "putArticle", "patchArticle"} else []
    parameters = html + [_path_part(one) for one in re.findall(r"{(\w+)}", route.path)]
    if route.scope is not Scope.SEARCH and route.method != "GET":
        parameters.append(_IDEMPOTENCY_KEY)
        problems[409] = "A request with this Idempotency-Key is still running."
        problems[422] = "This Idempotency-Key was used for another request or body."
    kinds_of_problem = dict.fromkeys(problems, references[Problem])
    if route.name == "rebuild":
        problems[409] += " Or a rebuild is already waiting or running: `number` is its number."
        kinds_of_problem[409] = {"anyOf": [references[RebuildProblem], references[Problem]]}
    # of a key that is no OAuth token the list names what it must be allowed
    answered = _response((route.gives.__doc__ or "").strip(), references[route.gives])
    keys: list[Json] = [{"key": [route.scope.value]}, {"header": [route.scope.value]}]
    operation: Json = {
        "operationId": route.name,
        "summary": route.says,
        "security": keys if route.scope is not Scope.SEARCH else [{}, *keys],
        "parameters": parameters,
        "responses": {
            **{str(status): answered for status in (*route.dry_status, route.status)},
            **{
                str(status): _response(says, kinds_of_problem[status], True)
                for status, says in sorted(problems.items())
            },
        },
    }
    if route.method == "GET":
        operation["parameters"] += _parameters(schemas[route.takes.__name__])
    elif route.takes is not NoParameters:
        kinds = ["application/json"]
        if route.name == "putArticles":
            kinds.append("application/x-ndjson")
        body = {kind: {"schema": references[route.takes]} for kind in kinds}
        operation["requestBody"] = {"required": True, "content": body}
    return operation


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
    "description": "Which texts are HTML and are read as the text that a browser shows: those "
    "that look so (auto), all, or none. Without it POISK_HTML counts.",
    "schema": {"type": "string", "enum": ["auto", "always", "never"]},
}
_PARTS = {
    "id": (
        "The article's id, percent-encoded: `p%2Frelated` is the id `p/related`. Slashes need "
        "no encoding if the path has no other meaning, as in `news/12`.",
        "string",
    ),
    "number": ("Number of the change, from the answer to a writing request.", "integer"),
}


def _path_part(name: str) -> Json:
    says, kind = _PARTS[name]
    return {
        "name": name,
        "in": "path",
        "required": True,
        "description": says,
        "schema": {"type": kind},
    }


def _parameters(schema: Json) -> list[Json]:
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


def _response(says: str, reference: Json, problem: bool = False) -> Json:
    media = "application/problem+json" if problem else "application/json"
    return {"description": says, "content": {media: {"schema": reference}}}


def error_codes() -> list[tuple[str, int, str]]:
    """(code, status, title) of every error, for the docs."""
    own = [(code, status, title) for status, code, title in STATUSES.values()]
    return own + [(code, status, "") for status, code in HTTP_CODES.items()]
