"""What browsers and crawlers ask any site for: /robots.txt and /favicon.ico."""

from flask import Blueprint, Response, current_app, request

from search.web.pages.arguments import KNOWN

_ROBOTS = """\
# Result lists are endless, and the API is for programs. The page of an article names the
# address on the article's own site as the canonical one.
User-agent: *
Disallow: {root}/v1/
"""
_A_DAY = 86_400


def site_blueprint() -> Blueprint:
    """The files that have a fixed address at every site."""
    blueprint = Blueprint("site", __name__)

    @blueprint.get("/robots.txt")
    def robots() -> Response:
        root = request.script_root
        # Name by name: some crawlers take "/?" for "/", and would leave the whole site alone.
        results = (f"Disallow: {root}/?{name}=\n" for name in KNOWN)
        response = Response(_ROBOTS.format(root=root) + "".join(results), mimetype="text/plain")
        response.cache_control.public = True
        response.cache_control.max_age = _A_DAY
        return response

    @blueprint.get("/favicon.ico")
    def favicon() -> Response:
        response = current_app.send_static_file("favicon.ico")
        response.mimetype = "image/x-icon"
        response.cache_control.max_age = _A_DAY
        return response

    return blueprint
