"""/openapi.json, and /docs: the same as a page, with nothing fetched from elsewhere."""

import functools
from typing import Any

from flask import Blueprint, Response, jsonify, render_template

from search.web.api.openapi import openapi
from search.web.api.routes import ROUTES
from search.web.problems import error_codes

EXAMPLES = {route.name: route.example for route in ROUTES}
"""How to try each operation, by its operationId."""


def docs_blueprint() -> Blueprint:
    """The API's description for programs and for people."""
    blueprint = Blueprint("docs", __name__)

    @functools.cache
    def document() -> dict[str, Any]:
        return openapi(ROUTES)

    @blueprint.get("/openapi.json")
    def openapi_json() -> Response:
        return jsonify(document())

    @blueprint.get("/docs")
    def docs() -> str:
        return render_template(
            "docs.html", document=document(), errors=error_codes(), examples=EXAMPLES
        )

    return blueprint
