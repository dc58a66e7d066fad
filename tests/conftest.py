"""What many tests ask for: an engine of each kind, and a folder to open it in again.

A third engine joins the contract suite with one function in ENGINES.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, settings

from index.engines.base import Engine
from index.engines.whoosh.engine import WhooshEngine
from search.parts import Parts
from search.web.app import create_app
from tests.support.demo import demo_in, parts_in
from tests.support.oracle import Memory, OracleEngine
from tests.support.plain import PLAIN

# A slow machine is no mistake of the code: tests assert no times.
settings.register_profile(
    "poisk", deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
settings.load_profile("poisk")

OpenHere = Callable[[str], Engine]
"""Opens the engine in its folder; takes the name of the analysis."""


def _oracle(_folder: Path) -> OpenHere:
    memory = Memory()
    return lambda analysis: OracleEngine(memory, analysis)


def _whoosh(folder: Path) -> OpenHere:
    return lambda analysis: WhooshEngine(folder / "index", analysis)


ENGINES: dict[str, Callable[[Path], OpenHere]] = {"oracle": _oracle, "whoosh": _whoosh}


class IndexFolders:
    """Makes new folders for indexes, and closes every engine that was opened in one."""

    def __init__(self, kind: Callable[[Path], OpenHere], folder: Path) -> None:
        self._kind = kind
        self._folder = folder
        self._opened: list[Engine] = []
        self._count = 0

    def __call__(self) -> OpenHere:
        """Opens the engine in a new folder, where there is no index yet."""
        self._count += 1
        opened = self._kind(self._folder / str(self._count))

        def open_and_remember(analysis: str) -> Engine:
            self._opened.append(opened(analysis))
            return self._opened[-1]

        return open_and_remember

    def close(self) -> None:
        for engine in self._opened:
            engine.close()


@pytest.fixture(params=ENGINES)
def new_folder(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[IndexFolders]:
    """Makes a new folder for an index at each call, for each kind of engine."""
    kind: Callable[[Path], OpenHere] = ENGINES[request.param]
    made = IndexFolders(kind, tmp_path)
    yield made
    made.close()


@pytest.fixture
def open_here(new_folder: IndexFolders) -> OpenHere:
    """Opens the engine in one folder, at each call again."""
    return new_folder()


@pytest.fixture
def engine(open_here: OpenHere) -> Engine:
    """An engine where no index has been made yet."""
    return open_here(PLAIN)


@pytest.fixture(scope="session")
def demo_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with the demo articles, for reading."""
    folder = tmp_path_factory.mktemp("demo")
    demo_in(folder).close()
    return folder


@pytest.fixture(scope="session")
def demo(demo_folder: Path) -> Iterator[Parts]:
    """The demo articles, for reading."""
    parts = parts_in(demo_folder)
    yield parts
    parts.close()


@pytest.fixture(scope="session")
def client(demo: Parts) -> FlaskClient:
    """A client of the app over the demo articles."""
    return create_app(demo.settings, demo).test_client()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Test processes share tests out by their ids: of two with one id only one would be run."""
    ids = Counter(item.nodeid for item in items)
    if hasattr(config, "workerinput") and len(ids) < len(items):
        raise pytest.UsageError(f"two tests have the id {ids.most_common(1)[0][0]}")
