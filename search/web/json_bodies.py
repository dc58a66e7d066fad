"""The body of a request, bounded, and the JSON object in it.

JSON may be compressed with gzip, as articles may; decompressed it has the same bound.
"""

import gzip
import io
import zlib
from codecs import BOM_UTF8
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import current_app, request
from werkzeug.exceptions import RequestEntityTooLarge

from index.errors import ArticleRefused, RequestRefused
from index.sources.json_article import json_object
from search.web.article_bodies import is_compressed


@dataclass(frozen=True, slots=True)
class JsonBody:
    """A body that is one JSON object: its values, and its bytes, decompressed and without a BOM."""

    values: Mapping[str, Any]
    data: bytes


def bounded_body() -> bytes:
    """The request's body as it was sent. Raises RequestEntityTooLarge, RequestTimeout."""
    most = int(current_app.config["MAX_CONTENT_LENGTH"])
    request.max_content_length = most + 1  # of chunks, Werkzeug reads so many and no more
    data = request.get_data()
    if len(data) > most:
        raise RequestEntityTooLarge
    return data


def json_body() -> JsonBody:
    """The request's. Raises RequestRefused where it is no object, and what bounded_body raises."""
    compressed = is_compressed(request)
    data = bounded_body()
    if compressed:
        data = _decompressed(data)
    try:
        values = json_object(data, cure="send one JSON object, in UTF-8")
    except ArticleRefused as error:
        raise RequestRefused("body", error.cause, error.cure) from error
    return JsonBody(values, data.removeprefix(BOM_UTF8))


def _decompressed(data: bytes) -> bytes:
    most = int(current_app.config["MAX_CONTENT_LENGTH"])
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as file:
            decompressed = file.read(most + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise RequestRefused(
            "body", "not valid gzip, or incomplete", "compress it again"
        ) from error
    if len(decompressed) > most:
        raise RequestEntityTooLarge
    return decompressed
