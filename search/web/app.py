"""create_app: settings in, a Flask app out."""

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from search.data_location import DataLocation
from search.parts import Parts, join_parts
from search.settings import Settings
from search.web.access import register_access
from search.web.addresses import App, ArticleId
from search.web.api.blueprint import api_blueprint
from search.web.api.description import docs_blueprint
from search.web.api.direct_search import DirectSearch
from search.web.authentication import Authenticator, api_keys
from search.web.headers import register_headers
from search.web.health import health_blueprint
from search.web.metrics import register_metrics
from search.web.pages.site import site_blueprint
from search.web.pages.views import pages_blueprint
from search.web.problems import register_problems
from search.web.unreadable_requests import register_error_responses


def create_app(
    settings: Settings,
    parts: Parts | None = None,
    authenticators: tuple[Authenticator, ...] = (),
) -> Flask:
    """The app for these settings; `parts` replaces those that it would join itself.

    `authenticators` are asked, in their order, who sent a request that has no API key, where it
    matters: below /v1, at pages that `needs(…)` guards, and at /metrics unless that is open or
    the request comes from this machine. A wrong key is 401 there, and none of them is asked.
    """
    DataLocation(settings).check()
    parts = parts or join_parts(settings)
    app = App(__name__)
    app.config["MAX_CONTENT_LENGTH"] = settings.max_request_bytes
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.url_map.merge_slashes = False  # an id may be a URL: /v1/articles/https://…
    app.url_map.converters["article_id"] = ArticleId
    app.extensions["poisk"] = parts
    app.config["SEND_FILE_MAX_AGE_DEFAULT"] = 3600
    register_headers(app)
    requests = register_metrics(app, parts)
    register_problems(app)
    register_error_responses(app)
    limits = register_access(app, parts, (api_keys(parts), *authenticators))
    app.register_blueprint(api_blueprint(parts, limits))
    app.register_blueprint(health_blueprint(parts))
    app.register_blueprint(docs_blueprint())
    app.register_blueprint(site_blueprint())
    app.register_blueprint(pages_blueprint(parts))
    if not authenticators and not settings.search_key_required:
        app.wsgi_app = DirectSearch(app, parts, limits, requests)  # type: ignore[method-assign]
    if settings.proxies:  # whose addresses are counted: those that the proxies tell
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=settings.proxies)  # type: ignore[method-assign]
    return app
