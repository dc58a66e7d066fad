"""/openapi.json, and /docs: the same as a page, with nothing fetched from elsewhere."""

import functools
from typing import Any

from flask import Blueprint, Response, jsonify, render_template

from search.web.openapi import error_codes, openapi


def docs_blueprint() -> Blueprint:
    """The API's description for programs and for people."""
    blueprint = Blueprint("docs", __name__)

    @functools.cache
    def document() -> dict[str, Any]:
        return openapi()

    @blueprint.get("/openapi.json")
    def openapi_json() -> Response:
        return jsonify(document())

    @blueprint.get("/docs")
    def docs() -> str:
        return render_template("docs.html", document=document(), errors=error_codes())

    return blueprint
