"""A client that many odd queries are sent with."""

import pytest
from flask.testing import FlaskClient

from search.web.app import create_app
from tests.support.demo import demo_articles, parts_in


@pytest.fixture(scope="session")
def few(tmp_path_factory: pytest.TempPathFactory) -> FlaskClient:
    """A client over a few articles: what matters here is the road there."""
    parts = parts_in(tmp_path_factory.mktemp("few"))
    parts.engine.write(map(parts.analyse, demo_articles()[:6]))
    return create_app(parts.settings, parts).test_client()
