"""The schema: the fields of an article, and the exact fields and facets of an index.

FIELDS is the registry of fields. What can be searched, filtered, counted and shown, the query
fields (`title:`), the commands' options and the names that other exports use all follow from it.
CONTRIBUTING.md says how to add one.

A *text field* holds terms with positions: surface form and lemmas at one position. Beside it
stands its *exact field*, which holds surface forms only, for exact phrases, prefixes and the
exact-form bonus.
"""

from typing import Final, Literal

from index.article_field import ArticleField, FacetLabel, Indexed
from index.field_rules import check_fields

SCHEMA_VERSION: Final = 7
"""Raised when what is written into an index changes: an older index must be rebuilt."""

Facet = str
"""The name of a facet, one of FACETS."""

Interval = Literal["year", "month", "day"]


TITLE: Final = "title"
LEAD: Final = "lead"
BODY: Final = "body"
SUBJECTS: Final = "subjects"

FIELDS: Final = (
    ArticleField("id", Indexed.ID, sorts=("id",), other_names="guid uid"),
    ArticleField("url", other_names="link permalink"),
    ArticleField(
        TITLE,
        Indexed.TEXT,
        story=True,
        by_default=True,
        query_names=("title", "заголовок"),
        other_names="headline name",
    ),
    ArticleField(
        LEAD,
        Indexed.TEXT,
        story=True,
        by_default=True,
        query_names=("lead", "лид"),
        other_names="summary description annotation",
    ),
    ArticleField(
        BODY,
        Indexed.TEXT,
        story=True,
        by_default=True,
        query_names=("body", "текст"),
        other_names="text content contenttext fulltext article articlebody",
    ),
    ArticleField(
        SUBJECTS,
        Indexed.TEXT,
        many=True,
        by_default=True,
        query_names=("subject", "тема"),
        facet="subject",
        parameter="subject",
        filter_help="Only articles with one of these subjects.",
        description="What the article is about.",
        label=FacetLabel("Тема", "Subject"),
        other_names="subject tags categories category topics keywords",
    ),
    ArticleField(
        "language",
        Indexed.KEYWORD,
        query_names=("lang", "язык"),
        facet="language",
        parameter="lang",
        filter_help="Only these languages.",
        choices=("ru", "en"),
        label=FacetLabel("Язык", "Language"),
        other_names="lang inlanguage",
    ),
    ArticleField(
        "rubric",
        Indexed.TEXT,
        query_names=("rubric", "рубрика"),
        facet="rubric",
        parameter="rubric",
        filter_help="Only these rubrics.",
        description="Section of the site or paper.",
        label=FacetLabel("Рубрика", "Rubric"),
        byline=2,
        other_names="section articlesection",
    ),
    ArticleField(
        "source",
        Indexed.TEXT,
        query_names=("source", "источник"),
        facet="source",
        parameter="source",
        filter_help="Only these sources (agencies).",
        description="Agency or paper that published the article.",
        label=FacetLabel("Источник", "Source"),
        byline=1,
        other_names="agency publisher",
    ),
    ArticleField(
        "authors",
        Indexed.TEXT,
        many=True,
        query_names=("author", "автор"),
        facet="author",
        parameter="author",
        filter_help="Only these authors.",
        description="Authors of the article.",
        label=FacetLabel("Автор", "Author"),
        byline=3,
        other_names="author byline creator",
    ),
    ArticleField("image_credit"),
    ArticleField(
        "published_at",
        Indexed.DATE,
        query_names=("date", "дата"),
        sorts=("newest", "oldest"),
        other_names="date published pubdate publishdate publisheddate datepublished timestamp",
    ),
    ArticleField("updated_at", other_names="updated modified dateupdated datemodified"),
)
"""Every field of an article, in the order in which facets, filters and options are listed."""

TEXTS: Final = tuple(field for field in FIELDS if field.indexed is Indexed.TEXT)
LABELS: Final = tuple(field for field in TEXTS if field.facet)
"""Text fields whose values are labels, too: hits have them."""
FACET_FIELDS: Final = tuple(field for field in FIELDS if field.facet)
FILTER_FIELDS: Final = tuple(field for field in FIELDS if field.parameter)
BYLINE: Final = tuple(
    sorted((field for field in FIELDS if field.byline), key=lambda field: field.byline)
)
QUERY_FIELDS: Final = {name: field for field in FIELDS for name in field.query_names}

ANALYSED: Final = tuple(field.name for field in TEXTS)
"""Fields of an article whose text becomes terms."""

STORY: Final = tuple(field.name for field in TEXTS if field.story)
"""Fields that tell the story: hits show their words."""

DEFAULT_FIELDS: Final = tuple(field.name for field in TEXTS if field.by_default)
"""Fields that are searched for words without a query field."""

EXACT: Final = {name: f"{name}_exact" for name in ANALYSED}
"""Each analysed field's exact field."""

EXACT_OF: Final = {exact: name for name, exact in EXACT.items()}
"""Which field an exact field belongs to: a clause on one of these is exact."""

OPENING: Final = "opening"
"""The first words of title, lead and body together: news puts its gist first."""

HEADLINE: Final = "headline"
"""The whole title as one term: an exact headline is the first hit."""

NAMES: Final = "names"
"""Keys of names, the same for Рябков and Ryabkov: related articles across languages."""

TEXT_FIELDS: Final = (*ANALYSED, *EXACT.values(), OPENING, HEADLINE, NAMES)
"""Every field an index keeps postings for."""

check_fields(FIELDS, reserved=(*EXACT.values(), OPENING, HEADLINE, NAMES))

OPENING_WORDS: Final = 30

FACETS: Final[tuple[Facet, ...]] = tuple(field.facet for field in FACET_FIELDS)
