"""What a thread of a worker does with a whole request: the app answers it."""

from datetime import datetime
from typing import Any

from gunicorn.http.wsgi import create  # type: ignore[import-untyped]
from gunicorn.workers.gthread import ThreadWorker  # type: ignore[import-untyped]

from search.server.connection import Connection
from search.server.plain_request import PlainReader, PlainRequest
from search.server.response import Response


class AppWorker(ThreadWorker):  # type: ignore[misc]
    """gunicorn's ThreadWorker with our response, and plain requests beside gunicorn's."""

    alive: bool

    def init_process(self) -> None:
        """Reads the configuration for plain requests."""
        self.plain = PlainReader(self.cfg)
        super().init_process()

    def handle_request(self, req: Any, conn: Connection) -> bool:
        """The app answers a request; whether another one may follow on its connection."""
        began = datetime.now()
        environ: dict[str, Any] = {}
        resp = Response(req, conn, self.cfg)
        try:
            self.cfg.pre_request(self, req)
            environ = self._environ(req, conn)
            if self._is_last():
                resp.force_close()
            self._respond(req, environ, resp, began)
            return not resp.should_close()
        except OSError:
            raise
        except (Exception, SystemExit):
            if not resp.headers_sent:
                raise
            self.log.exception("an answer broke off")
            return False
        finally:
            self._after(req, environ, resp)

    def _environ(self, req: Any, conn: Connection) -> dict[str, Any]:
        if isinstance(req, PlainRequest):
            return self.plain.environ(req, conn)
        _, environ = create(req, conn, conn.client, conn.server, self.cfg)
        return {**environ, "wsgi.multithread": True}

    def _is_last(self) -> bool:
        """Counts a request; whether its connection is closed after it."""
        self.nr += 1
        if self.nr >= self.max_requests and self.alive:
            self.log.info("Autorestarting worker after current request.")
            self.alive = False
        return not (self.alive and self.cfg.keepalive and self.max_keepalived)

    def _respond(self, req: Any, environ: dict[str, Any], resp: Response, began: datetime) -> None:
        body = self.wsgi(environ, resp.start_response)
        try:
            for piece in body:
                resp.write(piece)
            resp.close()
        finally:
            self.log.access(resp, req, environ, datetime.now() - began)
            if hasattr(body, "close"):
                body.close()

    def _after(self, req: Any, environ: dict[str, Any], resp: Response) -> None:
        try:
            self.cfg.post_request(self, req, environ, resp)
        except Exception:
            self.log.exception("Exception in post_request hook")
