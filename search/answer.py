"""The answers of the API as models; OpenAPI is made from them."""

import operator
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, create_model

from index.article import Article, Language
from index.article_field import ArticleField
from index.errors import FieldInvalid
from index.schema import LABELS
from search.query.loosening import Loosening
from search.query.notes import Note

Offsets = tuple[int, int]


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True)


class SuggestionAnswer(_Answer):
    """A less strict query that matches articles when the query itself matches none."""

    kind: Loosening = Field(
        description="any: one of the parts that were joined is enough; "
        "unquoted: the quoted words may be anywhere, in any form."
    )
    text: str = Field(description="The text of that query: send it as `q`.")
    total: int = Field(description="How many articles match it with the same filters.")


class QueryEcho(_Answer):
    """How Poisk understood the query text."""

    text: str = Field(description="The query text as it was sent.")
    parsed: str = Field(description="How Poisk understood it.")
    notes: tuple[Note, ...] = Field(
        (),
        description="What Poisk changed. cut: the query had too many words, only the first were "
        "used; ignored: operators without a meaning at their place were ignored; "
        "as_words: operators that are not valid were searched for as words; "
        "relaxed: no article has all the words, so some of them are enough; "
        "openings: making the snippets took too long, so the last hits, those with `opening_only`, "
        "have the opening of the article instead.",
    )
    ignored: tuple[str, ...] = Field(
        (), description="The parts of the query that were ignored, at most ten."
    )
    as_words: tuple[str, ...] = Field(
        (), description="The operators that were searched for as words, at most ten."
    )
    suggestions: tuple[SuggestionAnswer, ...] = Field(
        (),
        description="Less strict queries, if nothing matches: Poisk never drops an operator "
        "(AND, +, a field, quotes in a query of up to three words) by itself.",
    )


class Marked(_Answer):
    """A field as escaped HTML, with the matched words in <mark>."""

    title: str = Field(description="The title.")


class Passage(_Answer):
    """The offsets of a snippet and of its matched words in a stored field, in code points."""

    field: Literal["lead", "body"] = Field(description="The field that the snippet is from.")
    start: int = Field(description="Where the snippet begins in the field.")
    end: int = Field(description="Where the snippet ends, exclusive.")
    marks: tuple[Offsets, ...] = Field(
        description="Start and end of each matched word in the field."
    )


class Highlights(_Answer):
    """Offsets of the matched words in the stored text, in code points."""

    title: tuple[Offsets, ...] = Field(
        (), description="Start and end of each matched word in the title."
    )
    snippets: tuple[Passage, ...] = Field(
        (), description="The snippets, in the order of `snippets` of the hit."
    )


class ExplanationAnswer(_Answer):
    """The share of a clause in the score; null if it does not match."""

    clause: str = Field(description="The clause of the query.")
    score: float | None = Field(description="What the clause adds; null if it does not match.")
    parts: tuple["ExplanationAnswer", ...] = Field((), description="The clauses inside this one.")


class _Identified(_Answer):
    id: str = Field(description="The article's id.")
    url: str = Field(description="Address of the article on its own site; may be empty.")
    title: str = Field(description="The headline.")
    language: Language = Field(description="Language of the article.")


OWN_NAMES = frozenset(
    {
        *("published_at", "score", "highlight", "snippets", "highlights", "explanation"),
        *("because", "resemblance", "opening_only"),
    }
)
"""What hits have beside an article's fields; no field may have one of these names."""


def _label(field: ArticleField) -> tuple[Any, Any]:
    """The type of a label in a hit, and what the API says of it."""
    if field.name in OWN_NAMES:
        raise FieldInvalid(field.name, "hits have a value of this name", "use another name")
    return tuple[str, ...] if field.many else str, Field(description=field.description)


if TYPE_CHECKING:  # the names of labels are known when the schema has been read
    _Labelled = _Identified
else:
    _Labelled = create_model(
        "_Labelled",
        __base__=_Identified,
        **{field.name: _label(field) for field in LABELS},
    )


class _Summary(_Labelled):
    published_at: datetime | None = Field(description="Date of publication; null if unknown.")
    score: float = Field(description="Relevance: comparable only within one answer.")


class HitAnswer(_Summary):
    """A match on this page, with its score."""

    highlight: Marked = Field(description="The title with the matched words in <mark>.")
    snippets: tuple[str, ...] = Field(description="Escaped HTML, with the matched words in <mark>.")
    highlights: Highlights = Field(description="The same as offsets.")
    explanation: ExplanationAnswer | None = Field(
        None, description="Explains the score, if `explain` was sent."
    )
    opening_only: bool = Field(
        False,
        description="True if the snippet is the opening of the article, because making the "
        "snippets of the hits before took too long; otherwise absent.",
        exclude_if=operator.not_,
    )


class FacetValueAnswer(_Answer):
    """A label, the number of matches that have it, and whether it is selected."""

    value: str = Field(description="The value.")
    count: int = Field(description="How many matches have it.")
    selected: bool = Field(description="Whether the search is filtered by it.")


class BucketAnswer(_Answer):
    """Matches published in the interval that starts on this day, in the site's time zone."""

    model_config = ConfigDict(frozen=True, populate_by_name=True)

    start: str = Field(alias="from", description="First day of the interval.")
    count: int = Field(description="How many matches were published in it.")


class PageAnswer(_Answer):
    """The page, the number of pages, and the cursor of the next page."""

    number: int | None = Field(description="The page's number; null after a cursor.")
    per_page: int = Field(description="Hits per page.")
    pages: int = Field(description="How many pages `page` can reach.")
    next: str | None = Field(
        description="Send it as `after` for the hits that follow; null on the last page."
    )


class InterpretationAnswer(_Answer):
    """Another interpretation of the query text."""

    kind: Literal["layout", "translit", "spelling"] = Field(description="How the text was changed.")
    text: str = Field(description="The text of that query: send it as `q`.")
    total: int = Field(description="How many articles match it.")


class SearchAnswer(_Answer):
    """The answer to a search."""

    query: QueryEcho = Field(description="How Poisk understood the query.")
    total: int = Field(description="The exact number of articles that match.")
    took_ms: float = Field(description="Time of the search in milliseconds.")
    hits: tuple[HitAnswer, ...] = Field(description="The hits of this page.")
    facets: dict[str, tuple[FacetValueAnswer, ...]] = Field(
        description="Values with counts, for each facet."
    )
    histogram: tuple[BucketAnswer, ...] = Field(
        description="Counts by date, if `histogram` was sent."
    )
    interpretations: tuple[InterpretationAnswer, ...] = Field(
        (), description="Other queries that the reader may have meant."
    )
    page: PageAnswer = Field(description="Which page this is.")
    timings: dict[str, float] = Field(
        {},
        description="Milliseconds of each stage of the search, if `timings` was sent.",
        exclude_if=operator.not_,
    )


class MultiSearchAnswer(_Answer):
    """The answers to several searches, in their order."""

    answers: tuple[SearchAnswer, ...] = Field(description="One answer for each search.")


class RelatedHit(_Summary):
    """A related article, and the words in it that the two articles share."""

    because: tuple[str, ...] = Field(description="The shared words.")


class DuplicateHit(_Summary):
    """The same text published again; resemblance is the share of common word triples."""

    resemblance: float = Field(description="From 0 to 1.")


class RelatedAnswer(_Answer):
    """Related articles, and near-duplicates in a separate list."""

    hits: tuple[RelatedHit, ...] = Field(description="Related articles, best first.")
    duplicates: tuple[DuplicateHit, ...] = Field(description="Articles with almost the same text.")
    took_ms: float = Field(description="Time of the search in milliseconds.")


class ArticleAnswer(_Answer):
    """A stored article."""

    article: Article = Field(description="The article.")


class TokenAnswer(_Answer):
    """A word of the text: `text[start:end]` in code points, its position, its terms."""

    surface: str = Field(description="The word as written.")
    start: int = Field(description="Where it begins.")
    end: int = Field(description="Where it ends, exclusive.")
    position: int = Field(description="Number of the token, from 0.")
    form: str = Field(description="The normalised word.")
    lemmas: tuple[str, ...] = Field(description="Its lemmas and stems.")
    stopword: bool = Field(description="Whether it is a stop word.")


class AnalyzeAnswer(_Answer):
    """The tokens of a text."""

    tokens: tuple[TokenAnswer, ...] = Field(description="The tokens, in order.")


class RefusedAnswer(_Answer):
    """A rejected article: its line or its place in the list (from 1), the field, the error.

    `error` has `cause` and `cure` in one sentence.
    """

    line: int = Field(description="Its line, or its place in the list, from 1.")
    id: str = Field(description="Its id, if it could be read.")
    field: str = Field(description="The invalid field.")
    error: str = Field(description="What is wrong, and what to do.")
    cause: str = Field(description="What is wrong.")
    cure: str = Field(description="What to do.")


class WriteAnswer(_Answer):
    """The result of writing; accepted articles are on the disk.

    They are searchable once `change` is. `stale` counts articles that are older than those in
    the store. `refused` has the first thousand refused articles, `refusals` counts them all.
    `html` counts articles whose HTML was read as text.
    """

    change: int = Field(description="Number of the last change.")
    accepted: int = Field(description="How many articles were accepted.")
    stale: int = Field(0, description="How many articles were older than in the store.")
    refused: tuple[RefusedAnswer, ...] = Field(
        (), description="The first thousand refused articles."
    )
    refusals: int = Field(0, description="How many articles were refused.")
    html: int = Field(0, description="How many articles had HTML.")


class DeleteAnswer(_Answer):
    """How many articles matched, and the change that deletes them; null in a dry run."""

    matched: int = Field(description="How many articles matched.")
    change: int | None = Field(None, description="Number of the last change; null in a dry run.")


class ChangeAnswer(_Answer):
    """The state of a change; `error` says why an article could not be analysed."""

    change: int = Field(description="Number of the change.")
    state: Literal["queued", "searchable", "failed"] = Field(description="queued: not indexed yet.")
    error: str = Field("", description="Why the article could not be analysed.")


class RebuildAnswer(_Answer):
    """A rebuild: its state, and how many of the articles are done."""

    number: int = Field(description="Number of the rebuild.")
    state: Literal["waiting", "running", "done", "failed"] = Field(
        description="State of the rebuild."
    )
    done: int = Field(0, description="Articles that are indexed.")
    total: int = Field(0, description="Articles to index.")
    error: str = Field("", description="Why the rebuild failed.")


class ChangesAnswer(_Answer):
    """The progress of the index: the last change, and the last searchable change."""

    last: int = Field(description="Number of the last change.")
    searchable: int = Field(description="Number of the last searchable change.")
    waiting: int = Field(description="Changes that are not indexed yet.")
    failed: int = Field(description="Articles that could not be analysed.")
    indexer: bool = Field(description="Whether an indexer is running.")
    rebuild: RebuildAnswer | None = Field(None, description="The last rebuild.")


class Health(_Answer):
    """`ok`, or what is wrong."""

    status: Literal["ok", "store needed", "rebuild needed", "not ready"] = Field(
        description="State of Poisk."
    )
    detail: str = Field("", description="What is wrong, and what to do.")


class Problem(_Answer):
    """An error (RFC 9457): the wrong field, the cause, and what to do."""

    type: str = Field(description="Address of the description of this error.")
    title: str = Field(description="The kind of error.")
    status: int = Field(description="The HTTP status.")
    detail: str = Field(description="The error as one message, for a person.")
    field: str = Field("", description="The parameter, field or header that is wrong.")
    cause: str = Field("", description="What is wrong.")
    cure: str = Field("", description="What to do.")


class RebuildProblem(Problem):
    """Another rebuild is already waiting or running: `number` is its number."""

    number: int = Field(description="Number of the running rebuild.")
