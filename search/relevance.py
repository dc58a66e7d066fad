"""What a good answer is: Query → Query with boosts. The only file with numbers to tune.

The recipe was measured with `bench/relevance.py` (see docs/relevance.md): BM25F
over the fields, the best variant of a word counting; a little more for the form
that was typed, for words next to each other in order, and for the first words of
an article, since news puts its gist first; a gentle freshness; and an exact
headline above everything. What decides which articles are related stands here too.
"""

import math
from functools import cache
from itertools import pairwise

from index import query as q
from index.schema import ANALYSED, BODY, EXACT, EXACT_OF, HEADLINE, LEAD, NAMES, OPENING, TITLE
from search.query.clauses import is_plain

K1 = 1.2
B = 0.75
WEIGHTS = dict.fromkeys(ANALYSED, 1.0) | {TITLE: 3.0, LEAD: 1.5}
"""A word in the title counts as three in the body; a field that is not named here weighs 1."""

EXACT_FORM = 0.2
OPENING_WORDS = 0.4
NEARNESS = 0.1
NEARNESS_SLOP = 1
RESCORING_WINDOW = 500
"""How many of the best matches are scored again with the bonuses above."""

SNIPPET_WHOLE = 20_000
"""Characters of a text of which all sentences with a matched word are compared for a snippet.

What a snippet costs is bounded by this, by the next number, and by how many matched words of a
text an engine returns: MAX_POSITIONS and FIRST_POSITIONS of index/results.py.
"""
SNIPPET_OFFSETS = 4
"""Of a longer text the sentences around so many offsets, those with the most matched words."""
PREFIX_LETTERS = 2
"""The words of a prefix of so few letters (`п*`, `пр*`) are sought in the texts of the hits."""
PREFIX_READ = 50_000
"""Characters of a text in which they are sought."""
PREFIX_WORDS = 4
"""The first words of each such prefix among which the passages of a text are chosen."""

KEYWORDS = 3
"""Up to so many words are keywords, of which all must match; more are a sentence."""
MOST = 0.5
"""The share of keywords that must match where no article has them all."""
SENTENCE = 0.2
"""The share of a sentence's words that must match: the rest is ranking."""
ENOUGH = 1
"""Matches from which a reading of the query text is answered, and no other one is tried."""

HEADLINE_SCORE = 1_000.0
FRESHNESS = 0.1
HALF_LIFE = 365 * 24 * 3600

RELATED_FIELDS = (q.In(TITLE, 2.0), q.In(LEAD, 1.5), q.In(BODY, 1.0))
"""Where the words of a text are sought in articles that may be related to it."""
RELATED_NAMES = (q.In(NAMES, b=0.3),)
RELATED_WORDS = 80
"""The best words of a text that are asked for; of names half as many."""
RELATED_FREQUENT = 300
"""The most frequent words of a text, among which the best are chosen; likewise names."""
RELATED_TITLE_WORD = 2.0
"""How many words of the body a word of the title counts for."""
NAME_WEIGHT = 0.5
"""A name's key against a word of the same rarity."""
RELATED_MIN_SHARE = 0.3
"""For the newest first: the share of the best score that a related article must have."""
RELATED_REASONS = 6
"""At most so many shared words are shown with a related article."""
DUPLICATE = 0.5
"""Resemblance from which two articles are one text published twice."""


def ranked(query: q.Query, headline: str, now: int) -> q.Query:
    """The query with everything that ranks its matches; `headline` is the whole text's key."""
    found: q.Query = q.Fresh(_boosted(query), FRESHNESS, HALF_LIFE, now)
    if headline:
        whole = q.Terms((headline,), (q.In(HEADLINE),), headline)
        found = q.Or((found, q.Constant(whole, HEADLINE_SCORE)))
    return found


def saturated_idf(frequency: float, having: int, articles: int) -> float:
    """The weight of a word of a text: BM25's saturation of its frequency, times its idf.

    `having` of so many articles have the word.
    """
    return frequency / (frequency + K1) * math.log1p((articles - having + 0.5) / (having + 0.5))


def is_sentence(query: q.Query) -> bool:
    """Whether the query has more words than a person who thinks of keywords types."""
    return isinstance(query, q.And) and len(_optional_clauses(query)) > KEYWORDS


def relaxed(query: q.Query) -> q.Query | None:
    """The same query where most words suffice; None where it cannot be relaxed.

    `Рябков Страсбург динозавр`: two of three; a sentence: SENTENCE of its words,
    since a headline typed from memory shares few words with the article it means.
    """
    if not isinstance(query, q.And):
        return None
    words = _optional_clauses(query)
    if len(words) < 2:
        return None
    share = SENTENCE if is_sentence(query) else MOST
    most = q.Or(words, at_least=max(1, math.ceil(len(words) * share)))
    required = tuple(clause for clause in query.clauses if clause not in words)
    return q.And((most, *required)) if required else most


def _optional_clauses(query: q.And) -> tuple[q.Query, ...]:
    """The words that others may stand in for; what was typed with a sign is to the letter."""
    return () if query.typed else tuple(clause for clause in query.clauses if is_plain(clause))


def _boosted(query: q.Query) -> q.Query:  # noqa: PLR0911  # one case a clause
    match query:
        case q.Terms():
            return _word(query)
        case q.Phrase():
            return q.Phrase(query.parts, _weighted(query.fields), query.slop, query.surface, K1)
        case q.And(clauses):
            return _near(q.And(tuple(map(_boosted, clauses))), clauses)
        case q.Or(clauses, at_least):
            return _near(q.Or(tuple(map(_boosted, clauses)), at_least), clauses)
        case q.Not(clause):
            return q.Not(_boosted(clause))
        case q.Prefer(clause, bonuses):
            return q.Prefer(
                _boosted(clause), tuple(q.Boost(_boosted(one), EXACT_FORM) for one in bonuses)
            )
        case (
            q.Boost()
            | q.Constant()
            | q.Fresh()
            | q.Prefix()
            | q.Range()
            | q.Filter()
            | q.Everything()
        ):
            return query


def _word(word: q.Terms) -> q.Query:
    """A word, its form as typed a little better, in the opening a little better too."""
    fields = tuple([place.field for place in word.fields])
    bonuses: list[q.Query] = []
    if exact := _exact(fields):
        bonuses.append(q.Boost(q.Terms((word.surface,), exact, word.surface, K1), EXACT_FORM))
    if BODY in fields:
        early = q.Terms(word.variants, _IN_OPENING, word.surface, K1, word.weights)
        bonuses.append(q.Boost(early, OPENING_WORDS))
    base = q.Terms(word.variants, _weighed(fields), word.surface, K1, word.weights)
    return q.Prefer(base, tuple(bonuses)) if bonuses else base


def _near(query: q.Query, clauses: tuple[q.Query, ...]) -> q.Query:
    """The query, better where neighbouring words of the text stand next to each other."""
    pairs = tuple(
        q.Boost(_pair(left, right), NEARNESS)
        for left, right in pairwise(clauses)
        if isinstance(left, q.Terms) and isinstance(right, q.Terms) and left.fields == right.fields
    )
    return q.Prefer(query, pairs) if pairs else query


def _pair(left: q.Terms, right: q.Terms) -> q.Phrase:
    fields = _weighted(left.fields)
    surface = f"{left.surface} {right.surface}"
    return q.Phrase((left.variants, right.variants), fields, NEARNESS_SLOP, surface, K1)


def _weighted(fields: tuple[q.In, ...]) -> tuple[q.In, ...]:
    return _weighed(tuple([place.field for place in fields]))


@cache
def _weighed(names: tuple[str, ...]) -> tuple[q.In, ...]:
    """The fields as they are weighed: an exact field as the field that it belongs to."""
    return tuple(q.In(name, WEIGHTS.get(EXACT_OF.get(name, name), 1.0), B) for name in names)


@cache
def _exact(names: tuple[str, ...]) -> tuple[q.In, ...]:
    """The exact fields of these fields, as heavy as those."""
    return tuple(q.In(EXACT[name], WEIGHTS[name], B) for name in names if name in EXACT)


_IN_OPENING = (q.In(OPENING, 1.0, B),)
