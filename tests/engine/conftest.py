"""The articles that several files of the contract suite ask about."""

import pytest

from index.engines.base import Engine
from tests.support.plain import made


@pytest.fixture
def labelled(engine: Engine) -> Engine:
    """Five articles with subjects and sources; `snow` stands in all but the last."""
    engine.write(
        [
            made("1", "snow", subjects=["Sports"], source="TASS"),
            made("2", "snow", subjects=["Sports", "Travel"], source="RIA"),
            made("3", "snow", subjects=["Travel"], source="RIA"),
            made("4", "снег snow снег снег", subjects=["Наука"]),
            made("5", "rain", subjects=["Travel", "Rain"], source="TASS"),
        ]
    )
    return engine


@pytest.fixture
def dated(engine: Engine) -> Engine:
    """Articles whose ids are their dates, and one without."""
    days = ["2020-05-09", "1969-12-31", "2020-05-01", "2021-01-01"]
    engine.write([made(day, "snow", published_at=day) for day in days])
    engine.write(
        [
            made("undated", "snow snow"),
            made("evening", "rain", published_at="2020-05-09T23:59:59Z"),
            made("zone", "rain", published_at="2021-01-01T01:00:00+03:00"),
        ]
    )
    return engine
