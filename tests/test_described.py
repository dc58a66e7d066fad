"""The API as its description says, asked at random: what fits is taken, what does not is refused.

schemathesis reads the description, makes requests that fit it and requests that do not, and
looks at each answer: status, headers, media type and body as described, and nothing fails here.
"""

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.specs.openapi.checks import positive_data_acceptance, unsupported_method

from index.archive.keys import Scope
from search.web.app import create_app
from search.web.openapi import openapi
from tests.demo import demo_in

schema = schemathesis.openapi.from_dict(openapi())
schema.config.update(base_url="http://localhost")
APPS: list[Any] = []
schema.app = lambda environ, start: APPS[-1](environ, start)
SOME = settings(
    max_examples=3,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A key for everything, of an app over the demo articles; no indexer runs beside it."""
    parts = demo_in(tmp_path_factory.mktemp("described"))
    APPS.append(create_app(parts.settings, parts))
    yield parts.keys.create(Scope.ADMIN)[1]
    parts.close()


@schema.parametrize()
@SOME
def test_with_a_key_every_answer_is_as_described(case: schemathesis.Case[Any], key: str) -> None:
    # not yet: what is refused for another cause than its schema (a cursor, a period, a key that
    # was used), and methods that another route with {id} has
    case.call_and_validate(
        headers={"Authorization": f"Bearer {key}"},
        excluded_checks=[positive_data_acceptance, unsupported_method],
    )
