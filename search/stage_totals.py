"""How long the stages of all searches of a process took together, for /metrics."""

from collections.abc import Mapping
from threading import Lock


class StageTotals:
    """The seconds of each stage, and how often it was measured. Safe for threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._totals: dict[str, tuple[float, int]] = {}

    def add(self, times: Mapping[str, float]) -> None:
        """Adds the seconds of one search, or of one request."""
        with self._lock:
            for stage, seconds in times.items():
                total, count = self._totals.get(stage, (0.0, 0))
                self._totals[stage] = (total + seconds, count + 1)

    def totals(self) -> dict[str, tuple[float, int]]:
        """The seconds of each stage so far, and how often it was measured."""
        with self._lock:
            return dict(self._totals)
