"""A running service for the tests that speak to it over sockets."""

from collections.abc import Iterator

import pytest

from tests.support.service import Service, demo_service


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """Host, port and a key that may write."""
    with demo_service(tmp_path_factory.mktemp("service")) as service:
        yield service
