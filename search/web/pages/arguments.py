"""The arguments of a page's address, and links to the same page with other ones.

Links are shared, kept and edited by hand: what a page does not know (utm_source=…) is left
out, and of a value that is given twice the last one counts. The API refuses both.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from flask import request

from index import schema
from index.article import as_id
from search.request import SearchRequest, several
from search.web.pages.phrases import LANGUAGES

FILTERS = (*(field.parameter for field in schema.FILTER_FIELDS), "from", "to")
"""The arguments that narrow a search down."""
KNOWN = ("q", *FILTERS, "sort", "page", "per_page", "ui")
"""All that the search page knows; `ui` is its language."""


@dataclass(frozen=True, slots=True)
class Arguments:
    """The page's arguments, and links to the same page with other ones."""

    all: Mapping[str, list[str]]

    @classmethod
    def of_request(cls) -> "Arguments":
        """Those of this request that a page knows; empty ones, as a form sends them, are none."""
        many = several(SearchRequest)
        found: dict[str, list[str]] = {}
        for name in KNOWN:
            values = list(dict.fromkeys(filter(None, request.args.getlist(name))))
            if name == "ui":
                values = [one for one in values if one in LANGUAGES]
            if values:
                found[name] = values if name in many else values[-1:]
        return cls(found)

    @property
    def article_id(self) -> str:
        """The article of /articles/?id=…; "" at other pages."""
        asked = request.args.getlist("id") if request.path == "/articles/" else []
        return as_id(asked[-1]) if asked else ""

    @property
    def given(self) -> Mapping[str, list[str]]:
        """Those that a search understands."""
        return {name: values for name, values in self.all.items() if name != "ui"}

    def one(self, name: str) -> str:
        """The argument, or the last of them; "" where it is not given."""
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
        return f"{request.script_root}/?{urlencode(kept, doseq=True)}"

    def toggled(self, name: str, value: str) -> str:
        """This page with one value more, or less, of a facet."""
        values = self.all.get(name, [])
        left = [one for one in values if one != value]
        kept = {**self.all, name: left if value in values else [*values, value]}
        return Arguments({key: some for key, some in kept.items() if some}).link()

    def bare(self) -> str:
        """The query without any condition."""
        return Arguments({k: v for k, v in self.all.items() if k not in FILTERS}).link()

    def between(self, since: str | None, until: str | None) -> str:
        """This page for a period."""
        return self.link(**{"from": since, "to": until})
