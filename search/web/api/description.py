"""/openapi.json, and /docs: the same as a page, with nothing fetched from elsewhere."""

import functools
from typing import Any

from flask import Blueprint, Response, jsonify, render_template

from search.web.api.openapi import error_codes, openapi

_AT = "http://127.0.0.1:8000"
EXAMPLES = {
    "search": f"curl -G {_AT}/v1/search --data-urlencode 'q=встреча министров' -d per_page=3",
    "searchByBody": f'curl {_AT}/v1/search --json \'{{"q": "школа", "lang": ["ru"]}}\'',
    "multiSearch": f"curl {_AT}/v1/multi-search "
    '--json \'{"searches": [{"q": "школа"}, {"q": "school"}]}\'',
    "relatedToArticle": f"curl '{_AT}/v1/articles/ru-0107-noch-bibliotek/related?lang=other'",
    "article": f"curl {_AT}/v1/articles/ru-0107-noch-bibliotek",
    "relatedToText": f'curl {_AT}/v1/related --json \'{{"text": "Форум русских школ…"}}\'',
    "putArticles": f"curl {_AT}/v1/articles -H 'Authorization: Bearer KEY' "
    '--json \'[{"id": "1", "title": "Школа открылась"}]\'',
    "putArticle": f"curl -X PUT {_AT}/v1/articles/1 -H 'Authorization: Bearer KEY' "
    '--json \'{"title": "Школа открылась"}\'',
    "patchArticle": f"curl -X PATCH {_AT}/v1/articles/1 -H 'Authorization: Bearer KEY' "
    '--json \'{"title": "Лицей открылся"}\'',
    "deleteArticle": f"curl -X DELETE {_AT}/v1/articles/1 -H 'Authorization: Bearer KEY'",
    "deleteArticles": f"curl {_AT}/v1/articles/delete -H 'Authorization: Bearer KEY' "
    '--json \'{"subject": ["Спорт"]}\'',
    "changes": f"curl {_AT}/v1/changes -H 'Authorization: Bearer KEY'",
    "change": f"curl '{_AT}/v1/changes/80?wait=2' -H 'Authorization: Bearer KEY'",
    "rebuild": f"curl -X POST {_AT}/v1/rebuild -H 'Authorization: Bearer KEY'",
    "analyze": f"curl -G {_AT}/v1/analyze --data-urlencode 'text=Рябковым'",
}
"""How to try each operation, by its operationId."""


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
        return render_template(
            "docs.html", document=document(), errors=error_codes(), examples=EXAMPLES
        )

    return blueprint
