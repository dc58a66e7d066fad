"""The pages for readers: search, and an article with its related articles. They need no script."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, render_template

from index.schema import FACET_FIELDS, Interval
from search.answer import FacetValueAnswer, SearchAnswer
from search.parts import Parts
from search.query.dates import period
from search.rendering.summary import byline, whole_byline
from search.request import RelatedOptions, SearchRequest, from_arguments
from search.web.pages.arguments import FILTERS, Arguments
from search.web.pages.interface import common, interface

PARAMETERS = {field.facet: field.parameter for field in FACET_FIELDS}
"""A facet's parameter."""
_SHOWN = 8


LINES = 1_000
"""Lines of a body that are paragraphs of a page, each an element of its own."""
_BLANK = re.compile(r"\n\s+")


def pages_blueprint(parts: Parts) -> Blueprint:
    """The search page and the article page."""
    blueprint = Blueprint("pages", __name__)

    @blueprint.get("/")
    def search_page() -> str:
        arguments = Arguments.of_request()
        asked = from_arguments(SearchRequest, {**_defaults(arguments), **arguments.given})
        answer = parts.searcher.search(asked, interface().language)
        return render_template(
            "search.html", **common(), asked=asked, answer=answer, links=arguments, byline=byline,
            facets=list(_facets(answer, arguments)),
            dates=_dates(answer, arguments, asked), pages=_pages(answer, asked),
            filtered=any(name in arguments.given for name in FILTERS),
        )  # fmt: skip

    @blueprint.get("/articles/")
    @blueprint.get("/articles/<article_id:article_id>")
    def article_page(article_id: str = "") -> str:
        reader = parts.engine.reader()
        article = parts.searcher.article(article_id or Arguments.of_request().article_id, reader)
        related = parts.related.to_article(article, RelatedOptions(limit=8), reader)
        paragraphs, rest = _paragraphs(article.body)
        return render_template(
            "article.html", **common(), article=article, related=related,
            byline=whole_byline(article), paragraphs=paragraphs, rest=rest,
        )  # fmt: skip

    return blueprint


def _paragraphs(body: str) -> tuple[list[str], str]:
    """A body's paragraphs, and what follows the first LINES lines, as one text of lines.

    A body may have a million lines: an element for each would be a page for no browser.
    """
    first, rest = (lines := body.split("\n", LINES))[:LINES], "".join(lines[LINES:])
    return [line for line in first if line.strip()], _BLANK.sub("\n", rest).strip()


def _defaults(arguments: Arguments) -> dict[str, list[str]]:
    """The finest interval that still tells apart, the newest first without a query."""
    interval = _interval(arguments.one("from"), arguments.one("to"))
    defaults: dict[str, list[str]] = {"histogram": [interval]}
    return defaults if "q" in arguments.given else {**defaults, "sort": ["newest"]}


def _interval(since: str, until: str) -> Interval:
    """Years; months where one year is asked for; days where a month is."""
    try:
        start, end = period(since)[0], period(until)[1]
    except ValueError:
        return "year"
    days = (end - start).days
    return "day" if days <= 31 else "month" if days <= 366 else "year"


@dataclass(frozen=True, slots=True)
class _Facet:
    name: str
    values: list[tuple[FacetValueAnswer, str]]
    more: list[tuple[FacetValueAnswer, str]]


def _facets(answer: SearchAnswer, arguments: Arguments) -> Iterator[_Facet]:
    """Facets that tell apart, the chosen values first, each with its link."""
    for name, values in answer.facets.items():
        parameter = PARAMETERS[name]
        ranked = sorted(values, key=lambda one: not one.selected)
        linked = [(one, arguments.toggled(parameter, one.value)) for one in ranked]
        if len(linked) > 1 or any(one.selected for one in values):
            shown = max(_SHOWN, sum(one.selected for one in values))
            yield _Facet(name, linked[:shown], linked[shown:])


def _dates(answer: SearchAnswer, arguments: Arguments, asked: SearchRequest) -> dict[str, Any]:
    """The histogram's buckets with links into them."""
    interval = asked.histogram or "year"
    width = {"year": 4, "month": 7, "day": 10}[interval]
    return {
        "interval": interval,
        "most": max((bucket.count for bucket in answer.histogram), default=1),
        "buckets": [
            (bucket, arguments.between(bucket.start[:width], bucket.start[:width]))
            for bucket in answer.histogram
        ],
        "any": arguments.between(None, None) if asked.since or asked.until else "",
    }


def _pages(answer: SearchAnswer, asked: SearchRequest) -> list[int]:
    """Numbers of pages near this one."""
    last = answer.page.pages
    here = min(asked.page, last + 1)  # an old bookmark may lead past the last page
    near = range(here - 3, here + 4)
    return [number for number in near if 1 <= number <= last] if max(last, here) > 1 else []
