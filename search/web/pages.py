"""The pages for readers and editors."""

from flask import Blueprint

from search.parts import Parts


def pages_blueprint(parts: Parts) -> Blueprint:
    """The search page and the article page."""
    return Blueprint("pages", __name__)
