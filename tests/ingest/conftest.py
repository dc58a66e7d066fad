"""A store with an index, whose indexer is asked step by step."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from search.parts import Parts
from tests.support.demo import parts_in


@pytest.fixture
def parts(tmp_path: Path) -> Iterator[Parts]:
    opened = parts_in(tmp_path)
    opened.indexer.repair()
    yield opened
    opened.close()
