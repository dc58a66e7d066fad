"""What the registry of fields (index/schema.py) says of one field of an article."""

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple


class Indexed(StrEnum):
    """What an index holds of a field, beside the stored article, which has every field."""

    TEXT = "text"  # terms, in the field and in its exact field
    KEYWORD = "keyword"  # the whole value, as a label of its facet
    DATE = "date"  # the moment: it is filtered, counted by interval and sorted by
    ID = "id"  # the key that an article is replaced and deleted by
    NOTHING = "nothing"


class FacetLabel(NamedTuple):
    """What pages call a facet, in Russian and English."""

    ru: str
    en: str


@dataclass(frozen=True, slots=True)
class ArticleField:
    """What holds of one field of an article. How much it weighs: search/relevance.py."""

    name: str
    """The attribute of index.article.Article, and the name in JSON."""
    indexed: Indexed = Indexed.NOTHING
    many: bool = False
    """Whether it has several values, each a label."""
    story: bool = False
    """Whether its text tells the story: hits show its words in context."""
    by_default: bool = False
    """Whether words that are typed without a query field are searched for in it."""
    query_names: tuple[str, ...] = ()
    """Query fields, in small letters: `title:`, `заголовок:`. Answers use the first one."""
    facet: str = ""
    """The name that its values are counted under; "" if they are not counted."""
    parameter: str = ""
    """The filter of requests, pages and commands; "" if nothing is filtered by it."""
    filter_help: str = ""
    """What the API and the command `poisk` say of the filter."""
    description: str = ""
    """What the API says of it in a hit, if hits have it: see LABELS."""
    choices: tuple[str, ...] = ()
    """All values that it may have; empty: any value."""
    label: FacetLabel | None = None
    """What pages call its facet; None if it has none."""
    byline: int = 0
    """Its place in the line about an article, from 1; 0: not shown there."""
    sorts: tuple[str, ...] = ()
    """The orders of hits that are made of it."""
    other_names: str = ""
    """Its names in others' exports, small letters only, separated by spaces."""
