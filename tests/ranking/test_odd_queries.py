"""Whatever is typed gives an answer, never an error of the server."""

from flask.testing import FlaskClient
from hypothesis import HealthCheck, example, given, settings

from tests.support.odd_queries import SPACED, check_search


@settings(
    max_examples=10_000, deadline=None, suppress_health_check=list(HealthCheck), database=None
)
@given(SPACED)
@example("слово " * 10_000)
@example("a OR " * 3_000)
@example("и в на the of")
def test_an_odd_query_is_answered_or_refused_with_the_cure(few: FlaskClient, typed: str) -> None:
    check_search(few, typed)
