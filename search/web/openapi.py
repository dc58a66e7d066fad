"""The API described: an OpenAPI 3.1 document made from the typed models.

By hand over pydantic's schemas rather than by a Flask extension: those we tried
make the schemas anew at every request and swallow malformed JSON.
"""

from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from search.answer import Problem
from search.web.api import ROUTES, Route
from search.web.problems import HTTP_CODES, STATUSES

Json = dict[str, Any]
_REF = "#/components/schemas/{model}"


def openapi() -> Json:
    """The whole document."""
    models: list[type[BaseModel]] = [Problem]
    for route in ROUTES:
        models += [route.takes, route.gives]
    unique = list(dict.fromkeys(models))
    inputs = {route.takes for route in ROUTES}
    keys, schemas = models_json_schema(
        [(one, "validation" if one in inputs else "serialization") for one in unique],
        ref_template=_REF,
    )
    references = {model: reference for (model, _), reference in keys.items()}
    paths: Json = {}
    for route in ROUTES:
        operation = _operation(route, references, schemas["$defs"])
        paths.setdefault(route.path, {})[route.method.lower()] = operation
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Poisk",
            "version": version("poisk-search"),
            "description": "Search for newsrooms that write in Russian and English. "
            "Errors are application/problem+json with the field and the cure.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "paths": paths,
        "components": {"schemas": schemas["$defs"]},
    }


def _operation(route: Route, references: Mapping[Any, Any], schemas: Mapping[str, Json]) -> Json:
    operation: Json = {
        "operationId": route.name,
        "summary": route.says,
        "parameters": [_path_id()] if "{id}" in route.path else [],
        "responses": {
            "200": _response((route.gives.__doc__ or "").strip(), references[route.gives]),
            "400": _response("The request cannot be understood.", references[Problem], True),
            "503": _response("The index cannot be read.", references[Problem], True),
        },
    }
    if "{id}" in route.path:
        missing = _response("There is no such article.", references[Problem], True)
        operation["responses"]["404"] = missing
    if route.method == "GET":
        operation["parameters"] += _parameters(schemas[route.takes.__name__])
    else:
        body = {"application/json": {"schema": references[route.takes]}}
        operation["requestBody"] = {"required": True, "content": body}
        large = _response("The body is too large.", references[Problem], True)
        operation["responses"]["413"] = large
    return operation


def _path_id() -> Json:
    return {
        "name": "id",
        "in": "path",
        "required": True,
        "description": "The article's id; slashes in it stay as they are.",
        "schema": {"type": "string"},
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
