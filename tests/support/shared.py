"""Real news beside the project, for tests that want it; not a part of the project."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

DATA = Path(__file__).parents[3] / "shared" / "data"


def data(name: str) -> Path:
    """A folder or file of the shared data; the test is skipped where it is absent."""
    path = DATA / name
    if not path.exists():
        pytest.skip(f"../shared/data/{name} is not on this machine")
    return path


def json_lines(path: Path) -> Iterator[dict[str, Any]]:
    """The objects of a .jsonl.gz."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)
