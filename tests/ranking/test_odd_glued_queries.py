"""Queries without spaces are answered too. (A file of its own: it runs beside the other.)"""

from flask.testing import FlaskClient
from hypothesis import HealthCheck, example, given, settings

from tests.support.odd_queries import GLUED, check_search


@settings(
    max_examples=10_000, deadline=None, suppress_health_check=list(HealthCheck), database=None
)
@given(GLUED)
@example("")
@example('"')
@example(":")
@example(")(")
@example("(" * 5_000)
@example('"' * 5_000)
@example("-" * 5_000)
@example("\0")
@example('date:"')
@example("🙂")
def test_an_odd_query_without_spaces_is_answered_or_refused_with_the_cure(
    few: FlaskClient, typed: str
) -> None:
    check_search(few, typed)
