"""Where the golden suites lie: data that a linguist can extend."""

from pathlib import Path

GOLDEN = Path(__file__).parents[1] / "golden"
