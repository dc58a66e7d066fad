"""What an index is asked for beside the query, and what it answers."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from index.analysis.sentences import Span, sentences
from index.hit_fields import HitFields
from index.query import Filter, Query, Range
from index.schema import Facet, Interval


class Sort(StrEnum):
    """The order of hits.

    Equally relevant ones: the newer first. Articles without a date come last in either
    order of time. What is still equal is ordered by id, by code points: the order is total.
    """

    RELEVANCE = "relevance"
    NEWEST = "newest"
    OLDEST = "oldest"
    ID = "id"


@dataclass(frozen=True, slots=True)
class SortKey:
    """Where a hit stands among all hits: all that any order compares.

    `published` is in unix seconds, None without a date. The article need not exist any more.
    """

    score: float
    published: int | None
    id: str


MAX_POSITIONS = 400
"""Of one text of a hit so many matched words are returned at most, whichever terms they have."""
FIRST_POSITIONS = 100
"""Of a text with more of them, the first positions of each term, about so many together."""


@dataclass(frozen=True, slots=True)
class Page:
    """Which hits: of those that come after the key, `limit` after the first `offset`."""

    offset: int = 0
    limit: int = 10
    after: SortKey | None = None


@dataclass(frozen=True, slots=True)
class EngineRequest:
    """One question to an engine.

    `filters` stand apart from the query because each facet is counted without
    its own filter, so that a reader sees what choosing one value more would add.
    `zone` is the IANA name of the time zone whose years, months and days the histogram has.
    `highlight_terms` are (field, term), of the story's texts and their exact fields, whose words
    the hits tell; `highlight_prefixes` are (field, start of terms), likewise.

    `rescoring_window` (at least 1) bounds what ranking costs: the matches that pass filters and
    dates are scored without the bonuses of `Prefer`, and only those whose score is no less than
    the `rescoring_window`-th best, ties included, are scored again with bonuses. As no bonus is
    below 0, they stay ahead of the others, and a score does not depend on the page. None: every
    match gets its bonuses; so does every hit in another order than that of relevance.
    """

    query: Query
    filters: tuple[Filter, ...] = ()
    dates: Range | None = None
    sort: Sort = Sort.RELEVANCE
    page: Page = Page()
    facets: tuple[Facet, ...] = ()
    facet_limit: int = 100
    histogram: Interval | None = None
    zone: str = "UTC"
    highlight_terms: tuple[tuple[str, str], ...] = ()
    highlight_prefixes: tuple[tuple[str, str], ...] = ()
    rescoring_window: int | None = None

    def __post_init__(self) -> None:
        """Raises ValueError for a window without articles."""
        if self.rescoring_window is not None and self.rescoring_window < 1:
            raise ValueError(f"no window of {self.rescoring_window} articles")


class HitText(Protocol):
    """A text of a hit, of which only what is asked for is read. Offsets are in code points."""

    def __len__(self) -> int: ...

    def read(self, start: int, end: int) -> str:
        """`text[start:end]`, none of them below 0."""
        ...

    def sentences(self, start: int, end: int) -> Sequence[Span]:
        """The (start, end) of the sentences of which a part stands in `text[start:end]`."""
        ...


@dataclass(frozen=True, slots=True)
class WholeText:
    """A HitText that has been read."""

    text: str

    def __len__(self) -> int:
        return len(self.text)

    def read(self, start: int, end: int) -> str:
        return self.text[start:end]

    def sentences(self, start: int, end: int) -> Sequence[Span]:
        return [span for span in sentences(self.text) if span[1] > start and span[0] < end]


@dataclass(frozen=True, slots=True)
class Hit:
    """One article found, with its score.

    `texts` has each text of the story (see index.schema). `words` has, for each of them, the words
    where any of the highlighted terms stands, ascending: (position, start in the text). Where a
    text has more than MAX_POSITIONS of them, the first positions of each term are there,
    FIRST_POSITIONS together or one of each, and the text is named in `cut`.
    """

    fields: HitFields
    score: float
    texts: Mapping[str, HitText]
    words: Mapping[str, Sequence[tuple[int, int]]] = field(default_factory=dict)
    cut: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class FacetValue:
    """A label as it stands in the articles, and how many of the matches have it."""

    value: str
    count: int
    selected: bool = False


@dataclass(frozen=True, slots=True)
class Bucket:
    """Matches published in the interval that starts on the day `start` (ISO) of the zone."""

    start: str
    count: int


@dataclass(frozen=True, slots=True)
class Results:
    """An engine's answer. `total` and all counts are exact, whatever the page.

    `next` is the key of the last hit where other hits come after it, else None. `times` has the
    seconds of each stage (see index.stages); an engine need not measure them.
    """

    total: int
    hits: tuple[Hit, ...]
    facets: Mapping[str, tuple[FacetValue, ...]] = field(default_factory=dict)
    histogram: tuple[Bucket, ...] = ()
    next: SortKey | None = None
    times: Mapping[str, float] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True)
class Explanation:
    """What a clause gave to one article's score; `score` is None where it does not match."""

    clause: str
    score: float | None
    parts: tuple["Explanation", ...] = ()


@dataclass(frozen=True, slots=True)
class Stats:
    """An index in numbers: live articles, by language, segments, bytes on disk, its generation.

    `analysis` names the analysis that its articles went through when it was made.
    """

    articles: int
    languages: Mapping[str, int]
    segments: int
    size: int
    generation: str
    analysis: str


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """How far an index has come: the store that it is of, the number of its last change in it."""

    store: str
    change: int


@dataclass(frozen=True, slots=True)
class LoadProgress:
    """What a load has read so far: ids to delete since it was last asked, and the checkpoint.

    The index reaches the checkpoint when all articles that were read are in it.
    """

    delete: Iterable[str] = ()
    checkpoint: Checkpoint | None = None


@dataclass(frozen=True, slots=True)
class Loaded:
    """What one commit of a load held: so many articles; errors of those that broke, by id."""

    count: int
    failed: Mapping[str, str] = field(default_factory=dict)
