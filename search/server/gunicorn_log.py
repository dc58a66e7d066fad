"""gunicorn's log, in the form of ours; what else is logged in its processes goes the same way."""

from typing import Any

from gunicorn.glogging import Logger  # type: ignore[import-untyped]

from search.logs import start_logging


class GunicornLog(Logger):  # type: ignore[misc]
    """Writes where gunicorn is told to: standard error, or --error-logfile."""

    def setup(self, cfg: Any) -> None:
        """At the start, and again when gunicorn reads its settings again."""
        super().setup(cfg)
        start_logging("server", self._get_gunicorn_handler(self.error_log))
