"""What is answered: typed models, the API's JSON and its OpenAPI schemas alike."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from index.article import Article, Language

Offsets = tuple[int, int]


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True)


class SuggestionAnswer(_Answer):
    """A less strict query that matches articles when the query itself matches none."""

    kind: Literal["any", "unquoted"] = Field(
        description="any: one of the parts that were joined is enough; "
        "unquoted: the quoted words may be anywhere, in any form."
    )
    text: str = Field(description="The text of that query: send it as `q`.")
    total: int = Field(description="How many articles match it with the same filters.")


class QueryEcho(_Answer):
    """How Poisk understood the query text."""

    text: str = Field(description="The query text as it was sent.")
    parsed: str = Field(description="How Poisk understood it.")
    notes: tuple[str, ...] = Field(
        (),
        description="What Poisk changed. cut: the query had too many words, only the first were "
        "used; ignored: operators without a meaning at their place were ignored; "
        "as_words: operators that are not valid were searched for as words; "
        "relaxed: no article has all the words, so some of them are enough.",
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
        "(AND, +, quotes, a field) by itself.",
    )


class Marked(_Answer):
    """A field as escaped HTML, with the found words in <mark>."""

    title: str


class Passage(_Answer):
    """The place of a snippet and of its found words in a stored field, in code points."""

    field: Literal["lead", "body"]
    start: int
    end: int
    marks: tuple[Offsets, ...]


class Highlights(_Answer):
    """Offsets of the found words in the stored text, in code points."""

    title: tuple[Offsets, ...] = ()
    snippets: tuple[Passage, ...] = ()


class ExplanationAnswer(_Answer):
    """The share of a clause in the score; null if it does not match."""

    clause: str
    score: float | None
    parts: tuple["ExplanationAnswer", ...] = ()


class _Summary(_Answer):
    id: str
    url: str
    title: str
    language: Language
    subjects: tuple[str, ...]
    rubric: str
    source: str
    authors: tuple[str, ...]
    published_at: datetime | None
    score: float


class HitAnswer(_Summary):
    """One article found."""

    highlight: Marked
    snippets: tuple[str, ...] = Field(description="Escaped HTML, with the found words in <mark>.")
    highlights: Highlights
    explanation: ExplanationAnswer | None = None


class FacetValueAnswer(_Answer):
    """A label, the number of matches that have it, and whether it is selected."""

    value: str
    count: int
    selected: bool


class BucketAnswer(_Answer):
    """Matches published in the interval that starts on this day, in the site's time zone."""

    model_config = ConfigDict(frozen=True, populate_by_name=True)

    start: str = Field(alias="from")
    count: int


class PageAnswer(_Answer):
    """The page, the number of pages, and the cursor of the next page."""

    number: int | None = Field(description="The page's number; null after a cursor.")
    per_page: int
    pages: int = Field(description="How many pages `page` can reach.")
    next: str | None = Field(
        description="Send it as `after` for the hits that follow; null on the last page."
    )


class InterpretationAnswer(_Answer):
    """Another interpretation of the query text."""

    kind: Literal["layout", "translit", "spelling"]
    text: str
    total: int


class SearchAnswer(_Answer):
    """The answer to a search."""

    query: QueryEcho
    total: int = Field(description="The exact number of articles that match.")
    took_ms: float
    hits: tuple[HitAnswer, ...]
    facets: dict[str, tuple[FacetValueAnswer, ...]]
    histogram: tuple[BucketAnswer, ...]
    interpretations: tuple[InterpretationAnswer, ...] = ()
    page: PageAnswer


class MultiSearchAnswer(_Answer):
    """The answers to several searches, in their order."""

    answers: tuple[SearchAnswer, ...]


class RelatedHit(_Summary):
    """A related article, and the words in it that the two articles share."""

    because: tuple[str, ...]


class DuplicateHit(_Summary):
    """The same text published again; resemblance is the share of common word triples."""

    resemblance: float


class RelatedAnswer(_Answer):
    """Related articles, and near-duplicates in a separate list."""

    hits: tuple[RelatedHit, ...]
    duplicates: tuple[DuplicateHit, ...]
    took_ms: float


class ArticleAnswer(_Answer):
    """A stored article."""

    article: Article


class TokenAnswer(_Answer):
    """A word of the text: `text[start:end]` in code points, its position, its terms."""

    surface: str
    start: int
    end: int
    position: int
    form: str
    lemmas: tuple[str, ...]
    stopword: bool


class AnalyzeAnswer(_Answer):
    """The tokens of a text."""

    tokens: tuple[TokenAnswer, ...]


class RefusedAnswer(_Answer):
    """A rejected article: its line or its position in the list (from 1), the field, the error.

    `cause` is what is wrong, `cure` what to do about it; `error` has both in one sentence.
    """

    line: int
    id: str
    field: str
    error: str
    cause: str
    cure: str


class WriteAnswer(_Answer):
    """The result of writing; accepted articles are on the disk.

    They are searchable once `change` is. `stale` counts articles that are older than those in
    the store. `refused` has the first thousand refused articles, `refusals` counts them all.
    `html` counts articles whose HTML was read as text.
    """

    change: int
    accepted: int
    stale: int = 0
    refused: tuple[RefusedAnswer, ...] = ()
    refusals: int = 0
    html: int = 0


class DeleteAnswer(_Answer):
    """How many articles matched, and the change that deletes them; null in a dry run."""

    matched: int
    change: int | None = None


class ChangeAnswer(_Answer):
    """The state of a change; `error` says why an article could not be analysed."""

    change: int
    state: Literal["queued", "searchable", "failed"]
    error: str = ""


class RebuildAnswer(_Answer):
    """A rebuild: its state, and how many of the articles are done."""

    number: int
    state: Literal["waiting", "running", "done", "failed"]
    done: int = 0
    total: int = 0
    error: str = ""


class ChangesAnswer(_Answer):
    """The progress of the index: the last change, and the last searchable change."""

    last: int
    searchable: int
    waiting: int
    failed: int
    indexer: bool
    rebuild: RebuildAnswer | None = None


class Health(_Answer):
    """`ok`, or what is wrong."""

    status: Literal["ok", "store needed", "rebuild needed", "not ready"]
    detail: str = ""


class Problem(_Answer):
    """An error (RFC 9457): the wrong field, and what to do."""

    type: str
    title: str
    status: int
    detail: str
    field: str = ""
    cure: str = ""


class RebuildProblem(Problem):
    """Another rebuild is already waiting or running: `number` is its number."""

    number: int
