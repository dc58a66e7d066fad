"""The pages for readers: search, and an article with its related articles. They need no script."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

from flask import Blueprint, render_template, request

from index.schema import Interval
from search.answer import FacetValueAnswer, SearchAnswer
from search.dates import period
from search.parts import Parts
from search.request import RelatedOptions, SearchRequest, from_arguments
from search.web.interface import common

PARAMETERS = {"language": "lang"}
"""A facet's parameter, where it is not the facet's name."""
_SHOWN = 8
_FILTERS = ("subject", "lang", "rubric", "source", "author", "from", "to")


def pages_blueprint(parts: Parts) -> Blueprint:
    """The search page and the article page."""
    blueprint = Blueprint("pages", __name__)

    @blueprint.get("/")
    def search_page() -> str:
        arguments = Arguments.of_request()
        asked = from_arguments(SearchRequest, {**arguments.given, **arguments.defaults()})
        answer = parts.searcher.search(asked)
        return render_template(
            "search.html", **common(), asked=asked, answer=answer, links=arguments,
            facets=list(_facets(answer, arguments)),
            dates=_dates(answer, arguments, asked), pages=_pages(answer),
            filtered=any(name in arguments.given for name in _FILTERS),
        )  # fmt: skip

    @blueprint.get("/articles/<article_id:article_id>")
    def article_page(article_id: str) -> str:
        article = parts.searcher.article(article_id)
        related = parts.related.to_article(article, RelatedOptions(limit=8))
        paragraphs = [line for line in article.body.split("\n") if line.strip()]
        return render_template(
            "article.html", **common(), article=article, paragraphs=paragraphs, related=related,
            address=article.url if urlsplit(article.url).scheme in {"http", "https"} else "",
        )  # fmt: skip

    return blueprint


@dataclass(frozen=True, slots=True)
class Arguments:
    """The page's arguments, and links to the same page with other ones."""

    all: Mapping[str, list[str]]

    @classmethod
    def of_request(cls) -> "Arguments":
        """Those of this request; empty ones, as a form sends them, are left out."""
        given = request.args.to_dict(flat=False)
        return cls({name: kept for name, some in given.items() if (kept := [*filter(None, some)])})

    @property
    def given(self) -> Mapping[str, list[str]]:
        """Those that a search understands."""
        return {name: values for name, values in self.all.items() if name != "ui"}

    def defaults(self) -> dict[str, list[str]]:
        """The finest interval that still tells apart, the newest first without a query."""
        defaults: dict[str, list[str]] = {
            "histogram": [_interval(self._one("from"), self._one("to"))]
        }
        if "q" not in self.given and "sort" not in self.given:
            defaults["sort"] = ["newest"]
        return defaults

    def _one(self, name: str) -> str:
        return self.all.get(name, [""])[-1]

    def hidden(self) -> Iterator[tuple[str, str]]:
        """What the search form keeps when another query is sent."""
        for name, values in self.all.items():
            if name not in {"q", "page", "ui"}:
                yield from ((name, value) for value in values)

    def link(self, **changes: str | None) -> str:
        """This page with other arguments; None takes one away, any change goes to page 1."""
        kept = {name: values for name, values in self.all.items() if name != "page"}
        for name, value in changes.items():
            kept.pop(name, None)
            if value is not None:
                kept[name] = [value]
        return f"/?{urlencode(kept, doseq=True)}"

    def toggled(self, name: str, value: str) -> str:
        """This page with one value more, or less, of a facet."""
        values = self.all.get(name, [])
        left = [one for one in values if one != value]
        kept = {**self.all, name: left if value in values else [*values, value]}
        return Arguments({key: some for key, some in kept.items() if some}).link()

    def bare(self) -> str:
        """The query without any condition."""
        return Arguments({k: v for k, v in self.all.items() if k not in _FILTERS}).link()

    def between(self, since: str | None, until: str | None) -> str:
        """This page for a period."""
        return self.link(**{"from": since, "to": until})


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
        parameter = PARAMETERS.get(name, name)
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


def _pages(answer: SearchAnswer) -> list[int]:
    """Numbers of pages near this one."""
    last = min(answer.page.pages, 10_000 // answer.page.per_page)
    here = min(answer.page.number, last + 1)  # an old bookmark may lead past the last page
    near = range(here - 3, here + 4)
    return [number for number in near if 1 <= number <= last] if max(last, here) > 1 else []
