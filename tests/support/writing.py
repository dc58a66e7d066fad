"""A client that may write, over an index of its own, brought up to date at every step."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from index.store.keys import Scope
from search.parts import Parts
from search.web.app import create_app
from tests.support.demo import parts_in


class Desk:
    """Parts, a client, and a key of each scope."""

    def __init__(self, parts: Parts) -> None:
        self.parts = parts
        parts.indexer.repair()
        self.client: FlaskClient = create_app(parts.settings, parts).test_client()
        self.keys = {scope: parts.keys.create(scope)[1] for scope in Scope}

    def send(self, method: str, path: str, scope: str = "write", **how: Any) -> TestResponse:
        """A request with a key."""
        headers = {"Authorization": f"Bearer {self.keys[Scope(scope)]}", **how.pop("headers", {})}
        return self.client.open(path, method=method, headers=headers, **how)

    def index_all(self) -> None:
        """What the indexer would do."""
        while self.parts.indexer.step():
            pass

    def found(self, text: str) -> list[str]:
        """The ids that a search finds."""
        self.index_all()
        answer = self.client.get("/v1/search", query_string={"q": text, "per_page": 100})
        return sorted(hit["id"] for hit in answer.get_json()["hits"])


@contextmanager
def desk_in(folder: Path, **settings: Any) -> Iterator[Desk]:
    """A desk with an empty index in the folder."""
    parts = parts_in(folder)
    parts = replace(parts, settings=parts.settings.model_copy(update=settings))
    try:
        yield Desk(parts)
    finally:
        parts.close()
