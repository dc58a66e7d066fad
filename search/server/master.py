"""What `poisk serve` runs: gunicorn's first process, set up like `gunicorn wsgi:app`.

It runs inside the command and looks for nothing in the current folder: a newsroom's
own project may have a `wsgi.py` there, or a package called `search`.
"""

import sys
from typing import Any

from gunicorn.app.base import BaseApplication  # type: ignore[import-untyped]
from gunicorn.util import import_app  # type: ignore[import-untyped]

from search.server import serving
from search.server.arbiter import Arbiter


class Master(BaseApplication):  # type: ignore[misc]
    """The first process; its workers serve the app of wsgi.py."""

    def load_config(self) -> None:
        """Takes what gunicorn.conf.py takes."""
        for name in self.cfg.settings.keys() & vars(serving).keys():
            self.cfg.set(name, getattr(serving, name))

    def load(self) -> Any:
        """The app that is served."""
        return import_app("wsgi:app")

    def run(self) -> None:
        """Serves until it is told to end."""
        try:
            Arbiter(self).run()
        except RuntimeError as error:  # a setting that the worker does not have
            sys.exit(f"\nError: {error}\n")
