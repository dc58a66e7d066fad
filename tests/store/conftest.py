"""A store on each kind of database."""

from collections.abc import Callable, Iterator
from uuid import uuid4

import pytest

from index.store.articles import ArticleStore
from tests.support.databases import make_database, postgresql

MakeUrl = Callable[[], str]


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def new_url(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[MakeUrl]:
    """Makes URLs of empty databases of one kind."""
    if request.param == "sqlite":
        yield lambda: f"sqlite:///{tmp_path_factory.mktemp('store')}/store.sqlite"
        return
    with postgresql() as server:
        yield lambda: make_database(server, f"a{uuid4().hex}")


@pytest.fixture
def url(new_url: MakeUrl) -> str:
    return new_url()


@pytest.fixture
def store(url: str) -> Iterator[ArticleStore]:
    opened = ArticleStore(url)
    yield opened
    opened.close()
