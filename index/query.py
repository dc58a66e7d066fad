"""The neutral Query tree: what an index can be asked.

Every clause says which articles match and what each scores. Engines receive
terms, never text to analyse, and everything that decides a score stands in the
tree, so that two engines given one tree give one answer.

BM25F is Robertson & Zaragoza, "The Probabilistic Relevance Framework: BM25 and
Beyond", 2009, section 3.6, with Lucene's positive idf, ln(1 + (N - n + ½) / (n + ½)).
N, n and the average lengths count live articles only.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

_USUAL_B = 0.75
PHRASE_POSITIONS = 5_000
"""A phrase is sought at the first so many positions of a term in a field of an article."""


class In(NamedTuple):
    """One field of a BM25F clause: its weight and its length normalisation (0 to 1).

    (A tuple, as an engine looks fields up by it again and again.)
    """

    field: str
    weight: float = 1.0
    b: float = _USUAL_B

    def __repr__(self) -> str:
        """As explanations show it: title×3, and b where it is not the usual one."""
        return f"{self.field}×{self.weight:g}" + (f" b={self.b:g}" if self.b != _USUAL_B else "")


@dataclass(frozen=True, slots=True)
class Terms:
    """Articles where one of the variants of a word stands in one of the fields.

    The score is the best variant's BM25F over the fields, never the sum over
    variants: `стали` is one word, not `стать` and `сталь`. n counts the articles
    that have any variant, so that a rare form weighs no more than its lemma.
    `surface` is the form that was typed.

    `weights`, all above 0, are one a variant, or () where each weighs 1. A variant's BM25F
    frequency is multiplied by its weight before the best one is chosen and saturated, as
    Lucene's SynonymQuery does: a synonym of weight ½ counts as if it stood half as often.
    """

    variants: tuple[str, ...]
    fields: tuple[In, ...]
    surface: str = ""
    k1: float = 1.2
    weights: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        """Raises ValueError for weights that do not fit the variants."""
        if self.weights and (len(self.weights) != len(self.variants) or min(self.weights) <= 0):
            raise ValueError(f"not one weight above 0 for each of {self.variants}: {self.weights}")

    def __str__(self) -> str:
        """As its repr, without the weights where each is 1."""
        text = repr(self)
        return text if self.weights else text.removesuffix(", weights=())") + ")"

    def weighted_variants(self) -> Iterator[tuple[str, float]]:
        """Each variant with its weight."""
        return zip(self.variants, self.weights or (1.0,) * len(self.variants), strict=True)


@dataclass(frozen=True, slots=True)
class Phrase:
    """Parts one after another in one field; up to `slop` foreign words between two of them.

    Each part is a tuple of variants. The phrase frequency of a field is the
    number of positions where a match can end; the score is BM25F over it, with
    the sum of the parts' idf (a part's n counts the articles that have any of
    its variants in any of the fields). All variants weigh 1. Of a variant that stands more than
    PHRASE_POSITIONS times in a field of an article, in any form, the first so many count.
    """

    parts: tuple[tuple[str, ...], ...]
    fields: tuple[In, ...]
    slop: int = 0
    surface: str = ""
    k1: float = 1.2


@dataclass(frozen=True, slots=True)
class Prefix:
    """Articles with a term that starts so in one of the fields; each scores 1."""

    start: str
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Range:
    """Articles published in [since, until), unix seconds, either end open; scores 0."""

    since: int | None = None
    until: int | None = None


@dataclass(frozen=True, slots=True)
class Filter:
    """Articles that have one of the values in a facet, to the letter; scores 0."""

    facet: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class And:
    """Articles that match every clause; the scores add up. No clauses: nothing.

    `typed` tells that a person asked for every clause with a sign, `школы И лицеи` or
    `+школы`, as `surface` tells what was typed; the articles and scores are the same.
    """

    clauses: tuple["Query", ...]
    typed: bool = False


@dataclass(frozen=True, slots=True)
class Or:
    """Articles that match `at_least` of the clauses; the scores of those that match add up."""

    clauses: tuple["Query", ...]
    at_least: int = 1


@dataclass(frozen=True, slots=True)
class Not:
    """Articles that do not match; scores 0."""

    clause: "Query"


@dataclass(frozen=True, slots=True)
class Everything:
    """Every article; scores 0."""


@dataclass(frozen=True, slots=True)
class Boost:
    """Matches as the clause; its score times `factor`."""

    clause: "Query"
    factor: float


@dataclass(frozen=True, slots=True)
class Constant:
    """Matches as the clause; each match scores `score`."""

    clause: "Query"
    score: float


@dataclass(frozen=True, slots=True)
class Prefer:
    """Matches as the clause; bonuses add their scores, never below 0, to the matches they share.

    Only the best matches get bonuses where `EngineRequest.rescoring_window` says so.
    """

    clause: "Query"
    bonuses: tuple["Query", ...]


@dataclass(frozen=True, slots=True)
class Fresh:
    """Matches as the clause; scores times 1 + weight · 2^(−age / half_life).

    Age runs from `published_at` to `now` (unix seconds), never below 0;
    `half_life` is in seconds. An article without a date keeps its score.
    """

    clause: "Query"
    weight: float
    half_life: int
    now: int


Query = (
    Terms
    | Phrase
    | Prefix
    | Range
    | Filter
    | And
    | Or
    | Not
    | Everything
    | Boost
    | Constant
    | Prefer
    | Fresh
)


def children(query: Query) -> tuple[Query, ...]:
    """The clauses right below this one."""
    match query:
        case And(clauses) | Or(clauses):
            return clauses
        case Not(clause) | Boost(clause) | Constant(clause) | Fresh(clause):
            return (clause,)
        case Prefer(clause, bonuses):
            return (clause, *bonuses)
        case _:
            return ()


def walk(query: Query) -> Iterator[Query]:
    """The clause and every clause below it, top down."""
    yield query
    for child in children(query):
        yield from walk(child)
