"""The answers of the API as structs, which are encoded as they are; OpenAPI is made from them."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct, defstruct, field

from index.article import Article, Language
from index.article_field import ArticleField
from index.errors import FieldInvalid
from index.schema import LABELS
from index.store.jobs import JobState
from search.query.loosening import Loosening
from search.query.notes import Note

Offsets = tuple[int, int]


class Answer(Struct, frozen=True, gc=False):  # a tree of answers has no cycles to look for
    """What the API sends as one JSON object. The types of values are not checked."""


class SuggestionAnswer(Answer, frozen=True):
    """A less strict query that matches articles when the query itself matches none."""

    kind: Annotated[
        Loosening,
        Meta(
            description="any: one of the parts that were joined is enough; "
            "unquoted: the quoted words may be anywhere, in any form."
        ),
    ]
    text: Annotated[str, Meta(description="The text of that query: send it as `q`.")]
    total: Annotated[int, Meta(description="How many articles match it with the same filters.")]


class QueryEcho(Answer, frozen=True):
    """How Poisk understood the query text."""

    text: Annotated[str, Meta(description="The query text as it was sent.")]
    parsed: Annotated[str, Meta(description="How Poisk understood it.")]
    notes: Annotated[
        tuple[Note, ...],
        Meta(
            description="What Poisk changed. cut: the query had too many words, only the first "
            "were used; ignored: operators without a meaning at their place were ignored; "
            "as_words: operators that are not valid were searched for as words; "
            "relaxed: no article has all the words, so some of them are enough; "
            "openings: making the snippets took too long, so the last hits, those with "
            "`opening_only`, have the opening of the article instead."
        ),
    ] = ()
    ignored: Annotated[
        tuple[str, ...], Meta(description="The parts of the query that were ignored, at most ten.")
    ] = ()
    as_words: Annotated[
        tuple[str, ...],
        Meta(description="The operators that were searched for as words, at most ten."),
    ] = ()
    suggestions: Annotated[
        tuple[SuggestionAnswer, ...],
        Meta(
            description="Less strict queries, if nothing matches: Poisk never drops an operator "
            "(AND, +, a field, quotes in a query of up to three words) by itself."
        ),
    ] = ()


class Marked(Answer, frozen=True):
    """A field as escaped HTML, with the matched words in <mark>."""

    title: Annotated[str, Meta(description="The title.")]


class Passage(Answer, frozen=True):
    """The offsets of a snippet and of its matched words in a stored field, in code points."""

    field: Annotated[
        Literal["lead", "body"], Meta(description="The field that the snippet is from.")
    ]
    start: Annotated[int, Meta(description="Where the snippet begins in the field.")]
    end: Annotated[int, Meta(description="Where the snippet ends, exclusive.")]
    marks: Annotated[
        tuple[Offsets, ...], Meta(description="Start and end of each matched word in the field.")
    ]


class Highlights(Answer, frozen=True):
    """Offsets of the matched words in the stored text, in code points."""

    title: Annotated[
        tuple[Offsets, ...], Meta(description="Start and end of each matched word in the title.")
    ] = ()
    snippets: Annotated[
        tuple[Passage, ...],
        Meta(description="The snippets, in the order of `snippets` of the hit."),
    ] = ()


class ExplanationAnswer(Answer, frozen=True):
    """The share of a clause in the score; null if it does not match."""

    clause: Annotated[str, Meta(description="The clause of the query.")]
    score: Annotated[
        float | None, Meta(description="What the clause adds; null if it does not match.")
    ]
    parts: Annotated[
        tuple["ExplanationAnswer", ...], Meta(description="The clauses inside this one.")
    ] = ()


class _Identified(Answer, frozen=True):
    id: Annotated[str, Meta(description="The article's id.")]
    url: Annotated[str, Meta(description="Address of the article on its own site; may be empty.")]
    title: Annotated[str, Meta(description="The headline.")]
    language: Annotated[Language, Meta(description="Language of the article.")]


OWN_NAMES = frozenset(
    {
        *("published_at", "score", "highlight", "snippets", "highlights", "explanation"),
        *("because", "resemblance", "opening_only"),
    }
)
"""What hits have beside an article's fields; no field may have one of these names."""


def _label(field: ArticleField) -> Any:
    """The type of a label in a hit, and what the API says of it."""
    if field.name in OWN_NAMES:
        raise FieldInvalid(field.name, "hits have a value of this name", "use another name")
    kind = tuple[str, ...] if field.many else str
    return Annotated[kind, Meta(description=field.description)]


if TYPE_CHECKING:  # the names of labels are known when the schema has been read
    _Labelled = _Identified
else:
    _Labelled = defstruct(
        "_Labelled",
        [(field.name, _label(field)) for field in LABELS],
        bases=(_Identified,),
        frozen=True,
    )


class _Summary(_Labelled, frozen=True):
    published_at: Annotated[
        Annotated[datetime, Meta(tz=True)] | None,
        Meta(description="Date of publication; null if unknown."),
    ]
    score: Annotated[float, Meta(description="Relevance: comparable only within one answer.")]


class HitAnswer(_Summary, frozen=True, omit_defaults=True):
    """A match on this page, with its score."""

    highlight: Annotated[Marked, Meta(description="The title with the matched words in <mark>.")]
    snippets: Annotated[
        tuple[str, ...], Meta(description="Escaped HTML, with the matched words in <mark>.")
    ]
    highlights: Annotated[Highlights, Meta(description="The same as offsets.")]
    explanation: Annotated[
        ExplanationAnswer | None, Meta(description="Explains the score, if `explain` was sent.")
    ]
    opening_only: Annotated[
        bool,
        Meta(
            description="True if the snippet is the opening of the article, because making the "
            "snippets of the hits before took too long; otherwise absent.",
        ),
    ] = False


class FacetValueAnswer(Answer, frozen=True):
    """A label, the number of matches that have it, and whether it is selected."""

    value: Annotated[str, Meta(description="The value.")]
    count: Annotated[int, Meta(description="How many matches have it.")]
    selected: Annotated[bool, Meta(description="Whether the search is filtered by it.")]


class BucketAnswer(Answer, frozen=True):
    """Matches published in the interval that starts on this day, in the site's time zone."""

    start: Annotated[str, Meta(description="First day of the interval.")] = field(name="from")
    count: Annotated[int, Meta(description="How many matches were published in it.")]


class PageAnswer(Answer, frozen=True):
    """The page, the number of pages, and the cursor of the next page."""

    number: Annotated[int | None, Meta(description="The page's number; null after a cursor.")]
    per_page: Annotated[int, Meta(description="Hits per page.")]
    pages: Annotated[int, Meta(description="How many pages `page` can reach.")]
    next: Annotated[
        str | None,
        Meta(description="Send it as `after` for the hits that follow; null on the last page."),
    ]


class InterpretationAnswer(Answer, frozen=True):
    """Another interpretation of the query text."""

    kind: Annotated[
        Literal["layout", "translit", "spelling"], Meta(description="How the text was changed.")
    ]
    text: Annotated[str, Meta(description="The text of that query: send it as `q`.")]
    total: Annotated[int, Meta(description="How many articles match it.")]


class SearchAnswer(Answer, frozen=True, omit_defaults=True):
    """The answer to a search."""

    query: Annotated[QueryEcho, Meta(description="How Poisk understood the query.")]
    total: Annotated[int, Meta(description="The exact number of articles that match.")]
    took_ms: Annotated[float, Meta(description="Time of the search in milliseconds.")]
    hits: Annotated[tuple[HitAnswer, ...], Meta(description="The hits of this page.")]
    facets: Annotated[
        dict[str, tuple[FacetValueAnswer, ...]],
        Meta(description="Values with counts, for each facet."),
    ]
    histogram: Annotated[
        tuple[BucketAnswer, ...], Meta(description="Counts by date, if `histogram` was sent.")
    ]
    interpretations: Annotated[
        tuple[InterpretationAnswer, ...],
        Meta(description="Other queries that the reader may have meant."),
    ]
    page: Annotated[PageAnswer, Meta(description="Which page this is.")]
    timings: Annotated[
        dict[str, float],
        Meta(
            description="Milliseconds of each stage of the search, if `timings` was sent.",
        ),
    ] = {}


class MultiSearchAnswer(Answer, frozen=True):
    """The answers to several searches, in their order."""

    answers: Annotated[tuple[SearchAnswer, ...], Meta(description="One answer for each search.")]


class RelatedHit(_Summary, frozen=True):
    """A related article, and the words in it that the two articles share."""

    because: Annotated[tuple[str, ...], Meta(description="The shared words.")]


class DuplicateHit(_Summary, frozen=True):
    """The same text published again; resemblance is the share of common word triples."""

    resemblance: Annotated[float, Meta(description="From 0 to 1.")]


class RelatedAnswer(Answer, frozen=True):
    """Related articles, and near-duplicates in a separate list."""

    hits: Annotated[tuple[RelatedHit, ...], Meta(description="Related articles, best first.")]
    duplicates: Annotated[
        tuple[DuplicateHit, ...], Meta(description="Articles with almost the same text.")
    ]
    took_ms: Annotated[float, Meta(description="Time of the search in milliseconds.")]


class ArticleAnswer(Answer, frozen=True):
    """A stored article."""

    article: Annotated[Article, Meta(description="The article.")]


class TokenAnswer(Answer, frozen=True):
    """A word of the text: `text[start:end]` in code points, its position, its terms."""

    surface: Annotated[str, Meta(description="The word as written.")]
    start: Annotated[int, Meta(description="Where it begins.")]
    end: Annotated[int, Meta(description="Where it ends, exclusive.")]
    position: Annotated[int, Meta(description="Number of the token, from 0.")]
    form: Annotated[str, Meta(description="The normalised word.")]
    lemmas: Annotated[tuple[str, ...], Meta(description="Its lemmas and stems.")]
    stopword: Annotated[bool, Meta(description="Whether it is a stop word.")]


class AnalyzeAnswer(Answer, frozen=True):
    """The tokens of a text."""

    tokens: Annotated[tuple[TokenAnswer, ...], Meta(description="The tokens, in order.")]


class RefusedAnswer(Answer, frozen=True):
    """A rejected article: its line or its place in the list (from 1), the field, the error.

    `error` has `cause` and `cure` in one sentence.
    """

    line: Annotated[int, Meta(description="Its line, or its place in the list, from 1.")]
    id: Annotated[str, Meta(description="Its id, if it could be read.")]
    field: Annotated[str, Meta(description="The invalid field.")]
    error: Annotated[str, Meta(description="What is wrong, and what to do.")]
    cause: Annotated[str, Meta(description="What is wrong.")]
    cure: Annotated[str, Meta(description="What to do.")]


class WriteAnswer(Answer, frozen=True):
    """The result of writing; accepted articles are on the disk.

    They are searchable once `change` is. `stale` counts articles that are older than those in
    the store. `refused` has the first thousand refused articles, `refusals` counts them all.
    `html` counts articles whose HTML was read as text.
    """

    change: Annotated[int, Meta(description="Number of the last change.")]
    accepted: Annotated[int, Meta(description="How many articles were accepted.")]
    stale: Annotated[int, Meta(description="How many articles were older than in the store.")] = 0
    refused: Annotated[
        tuple[RefusedAnswer, ...], Meta(description="The first thousand refused articles.")
    ] = ()
    refusals: Annotated[int, Meta(description="How many articles were refused.")] = 0
    html: Annotated[int, Meta(description="How many articles had HTML.")] = 0


class DeleteAnswer(Answer, frozen=True):
    """How many articles matched, and the change that deletes them; null in a dry run."""

    matched: Annotated[int, Meta(description="How many articles matched.")]
    change: Annotated[
        int | None, Meta(description="Number of the last change; null in a dry run.")
    ] = None


ChangeState = Literal["queued", "searchable", "failed"]


class ChangeAnswer(Answer, frozen=True):
    """The state of a change; `error` says why an article could not be analysed."""

    change: Annotated[int, Meta(description="Number of the change.")]
    state: Annotated[ChangeState, Meta(description="queued: not indexed yet.")]
    error: Annotated[str, Meta(description="Why the article could not be analysed.")] = ""


class RebuildAnswer(Answer, frozen=True):
    """A rebuild: its state, and how many of the articles are done."""

    number: Annotated[int, Meta(description="Number of the rebuild.")]
    state: Annotated[JobState, Meta(description="State of the rebuild.")]
    done: Annotated[int, Meta(description="Articles that are indexed.")] = 0
    total: Annotated[int, Meta(description="Articles to index.")] = 0
    error: Annotated[str, Meta(description="Why the rebuild failed.")] = ""


class ChangesAnswer(Answer, frozen=True):
    """The progress of the index: the last change, and the last searchable change."""

    last: Annotated[int, Meta(description="Number of the last change.")]
    searchable: Annotated[int, Meta(description="Number of the last searchable change.")]
    waiting: Annotated[int, Meta(description="Changes that are not indexed yet.")]
    failed: Annotated[int, Meta(description="Articles that could not be analysed.")]
    indexer: Annotated[bool, Meta(description="Whether an indexer is running.")]
    rebuild: Annotated[RebuildAnswer | None, Meta(description="The last rebuild.")] = None


class Health(Answer, frozen=True):
    """`ok`, or what is wrong."""

    status: Annotated[
        Literal["ok", "store needed", "rebuild needed", "not ready"],
        Meta(description="State of Poisk."),
    ]
    detail: Annotated[str, Meta(description="What is wrong, and what to do.")] = ""


class Problem(Answer, frozen=True):
    """An error (RFC 9457): the wrong field, the cause, and what to do."""

    type: Annotated[str, Meta(description="Address of the description of this error.")]
    title: Annotated[str, Meta(description="The kind of error.")]
    status: Annotated[int, Meta(description="The HTTP status.")]
    detail: Annotated[str, Meta(description="The error as one message, for a person.")]
    field: Annotated[str, Meta(description="The parameter, field or header that is wrong.")] = ""
    cause: Annotated[str, Meta(description="What is wrong.")] = ""
    cure: Annotated[str, Meta(description="What to do.")] = ""


class RebuildProblem(Problem, frozen=True, kw_only=True):
    """Another rebuild is already waiting or running: `number` is its number."""

    number: Annotated[int, Meta(description="Number of the running rebuild.")]


def encoded(answer: Answer) -> bytes:
    """The answer as JSON."""
    return _ENCODER.encode(answer)


def _article_as_json(article: Any) -> msgspec.Raw:
    """An article within an answer, encoded by its own model."""
    if not isinstance(article, Article):
        raise NotImplementedError(f"{type(article)} is in no answer")
    return msgspec.Raw(article.model_dump_json().encode())


_ENCODER = msgspec.json.Encoder(enc_hook=_article_as_json)
