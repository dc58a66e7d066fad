"""Is it alive, is it ready: for those who watch over it."""

from flask import Blueprint, Response

from index.analysis.analyzer import analysis_version
from index.errors import PoiskError
from search.answer import Health
from search.parts import Parts
from search.web.problems import detail_of, json_response


def health_blueprint(parts: Parts) -> Blueprint:
    """/healthz: the process answers. /readyz: searches can be answered, or why not."""
    blueprint = Blueprint("health", __name__)

    @blueprint.get("/healthz")
    def healthz() -> Response:
        return json_response(Health(status="ok"))

    @blueprint.get("/readyz")
    def readyz() -> Response:
        try:
            written_with = parts.engine.stats().analysis
        except PoiskError as error:
            parts.tell_damage()
            return json_response(Health(status="not ready", detail=detail_of(error)), 503)
        try:
            parts.indexer.check_store()
        except PoiskError as error:
            return json_response(Health(status="store needed", detail=detail_of(error)))
        if written_with != analysis_version():
            detail = "the text analysis is newer than the index; run `poisk rebuild`"
            return json_response(Health(status="rebuild needed", detail=detail))
        return json_response(Health(status="ok"))

    return blueprint
