"""What is answered: typed models, the API's JSON and its OpenAPI schemas alike."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from index.article import Article, Language

Offsets = tuple[int, int]


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True)


class SuggestionAnswer(_Answer):
    """A looser query that finds something where this one finds nothing."""

    kind: Literal["any", "unquoted"] = Field(
        description="any: one suffices of what was asked for together; "
        "unquoted: quoted words may stand anywhere, in any form."
    )
    text: str = Field(description="Its query text: send it as `q`.")
    total: int = Field(description="How many articles match it, under the same filters.")


class QueryEcho(_Answer):
    """How the query text was read."""

    text: str = Field(description="The query text as it was sent.")
    parsed: str = Field(description="How it was read.")
    notes: tuple[str, ...] = Field(
        (),
        description="What was changed. cut: it had too many words, the first were taken; "
        "ignored: signs that mean nothing where they stand were left out; "
        "as_words: signs that cannot be read as such were searched for as words; "
        "relaxed: no article has all the words, most must match.",
    )
    ignored: tuple[str, ...] = Field(
        (), description="The pieces that the note `ignored` is about, ten at most."
    )
    as_words: tuple[str, ...] = Field(
        (), description="The pieces that the note `as_words` is about, ten at most."
    )
    suggestions: tuple[SuggestionAnswer, ...] = Field(
        (),
        description="What finds something where nothing matches: an operator that was typed "
        "(AND, +, quotes, a field) is never loosened without asking.",
    )


class Marked(_Answer):
    """A field as HTML: everything escaped, the found words in <mark>."""

    title: str


class Passage(_Answer):
    """Where a snippet stands in a stored field, in code points, and the found words in it."""

    field: Literal["lead", "body"]
    start: int
    end: int
    marks: tuple[Offsets, ...]


class Highlights(_Answer):
    """Offsets of the found words in the stored text, in code points."""

    title: tuple[Offsets, ...] = ()
    snippets: tuple[Passage, ...] = ()


class ExplanationAnswer(_Answer):
    """What a clause gave to the score; null where it does not match."""

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
    snippets: tuple[str, ...] = Field(description="HTML: escaped, the found words in <mark>.")
    highlights: Highlights
    explanation: ExplanationAnswer | None = None


class FacetValueAnswer(_Answer):
    """A label, the number of matches that have it, and whether it is chosen."""

    value: str
    count: int
    selected: bool


class BucketAnswer(_Answer):
    """Matches published in the interval that starts on this day, in the site's time zone."""

    model_config = ConfigDict(frozen=True, populate_by_name=True)

    start: str = Field(alias="from")
    count: int


class PageAnswer(_Answer):
    """Which page this is, how many can be asked for by number, and how to go on."""

    number: int | None = Field(description="The page's number; null after a cursor.")
    per_page: int
    pages: int = Field(description="How many pages can be asked for by number.")
    next: str | None = Field(
        description="Send it as `after` for the hits that follow; null on the last page."
    )


class InterpretationAnswer(_Answer):
    """Another reading of the query text."""

    kind: Literal["layout", "translit", "spelling"]
    text: str
    total: int


class SearchAnswer(_Answer):
    """The answer to a search."""

    query: QueryEcho
    total: int = Field(description="How many articles match: exact.")
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
    """A related article, and the words that made it related, as they stand in it."""

    because: tuple[str, ...]


class DuplicateHit(_Summary):
    """The same text published again: the share of its word triples that both have."""

    resemblance: float


class RelatedAnswer(_Answer):
    """Related articles, near-duplicates apart."""

    hits: tuple[RelatedHit, ...]
    duplicates: tuple[DuplicateHit, ...]
    took_ms: float


class ArticleAnswer(_Answer):
    """A stored article."""

    article: Article


class TokenAnswer(_Answer):
    """A word of the text: `text[start:end]` in code points, its place, its terms."""

    surface: str
    start: int
    end: int
    position: int
    form: str
    lemmas: tuple[str, ...]
    stopword: bool


class AnalyzeAnswer(_Answer):
    """What a text becomes."""

    tokens: tuple[TokenAnswer, ...]


class RefusedAnswer(_Answer):
    """An article that was not taken: its line or place, from 1, the field and the cure."""

    line: int
    id: str
    field: str
    error: str


class WriteAnswer(_Answer):
    """What was taken in, on the disk now: searchable once `change` is.

    `html` is how many had HTML that was read as text.
    `stale` articles are older than those that are there; of the refused the first thousand
    are told, `refusals` is how many there are.
    """

    change: int
    accepted: int
    stale: int = 0
    refused: tuple[RefusedAnswer, ...] = ()
    refusals: int = 0
    html: int = 0


class DeleteAnswer(_Answer):
    """How many articles passed, and the change that deletes them; none in a dry run."""

    matched: int
    change: int | None = None


class ChangeAnswer(_Answer):
    """Where a change is; `error` says why an article was set aside."""

    change: int
    state: Literal["queued", "searchable", "failed"]
    error: str = ""


class RebuildAnswer(_Answer):
    """A rebuild, and how many articles of how many it has done."""

    number: int
    state: Literal["waiting", "running", "done", "failed"]
    done: int = 0
    total: int = 0
    error: str = ""


class ChangesAnswer(_Answer):
    """How far the index has come: the last change, the last that is searchable."""

    last: int
    searchable: int
    waiting: int
    failed: int
    indexer: bool
    rebuild: RebuildAnswer | None = None


class Health(_Answer):
    """`ok`, or why not."""

    status: Literal["ok", "archive needed", "rebuild needed", "not ready"]
    detail: str = ""


class Problem(_Answer):
    """An error (RFC 9457): the field at fault and the cure."""

    type: str
    title: str
    status: int
    detail: str
    field: str = ""
    cure: str = ""


class RebuildProblem(Problem):
    """A rebuild is refused while another one runs or waits: `number` is that one's number."""

    number: int
