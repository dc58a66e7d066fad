"""Related articles: the best weighted words of a text as a query, and why each was found.

The words are weighed by BM25's saturation times idf and the best ones (see relevance.py) are
asked for, fifty or more as in TREC's background linking; names also by their
keys, which are the same in Russian and English. Near-duplicates are recognised
by the resemblance of their word triples (Broder, "On the resemblance and
containment of documents", 1997).

Whatever the texts are, the work is bounded: a draft gives the words of its first DRAFT
characters, VARIED different ones at most; texts are compared by their first COMPARED
characters; the shared words of an article found are those that the engine tells.
"""

import math
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import Literal

from index.analysis.analyzer import Analyzer
from index.analysis.names import named
from index.analysis.stopwords import STOPWORDS
from index.analysis.tokenize import WORD
from index.article import Article, Language, detect_language
from index.engines.base import Engine, Reader
from index.query import And, Boost, Filter, Not, Or, Query, Range, Terms
from index.results import EngineRequest, Hit, Page
from index.schema import BODY, LEAD, NAMES, STORY
from search.answer import DuplicateHit, RelatedAnswer, RelatedHit
from search.fair_lock import FairLock
from search.relevance import (
    DUPLICATE,
    NAME_WEIGHT,
    RELATED_FIELDS,
    RELATED_FREQUENT,
    RELATED_MIN_SHARE,
    RELATED_NAMES,
    RELATED_REASONS,
    RELATED_TITLE_WORD,
    RELATED_WORDS,
    saturated_idf,
)
from search.rendering.highlighter import tokens_at
from search.rendering.summary import summary
from search.request import RelatedOptions, RelatedRequest

_CANDIDATES = 60
"""Articles that are compared with the text, beside those that are asked for."""
DRAFT = 100_000
"""Characters of a draft whose words are asked for."""
VARIED = 2_000
"""Different words of a draft, as they are written, that are weighed: the most frequent ones."""
COMPARED = 10_000
"""Characters of two texts that are compared, and in which shared names are sought."""
DIFFERENT = 20
"""After so many articles one after another, the best first, that are no near-duplicates, the
others are taken for none."""
NAMES_READ = 200
"""Different capitalised words of an article found that are read for shared names."""


@dataclass(frozen=True, slots=True)
class _Draft:
    """The text that related articles are sought for."""

    title: str
    text: str
    language: Language
    published: int | None
    known_ids: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Word:
    """A word of the draft that is asked for: its terms (or a name's key), its weight."""

    terms: tuple[str, ...]
    weight: float
    is_name: bool = False


class Related:
    """Finds related articles in an engine. Safe for threads, which take turns (see Searcher)."""

    def __init__(self, engine: Engine, analyzer: Analyzer, turn: FairLock | None = None) -> None:
        self._engine = engine
        self._analyzer = analyzer
        self._turn = turn or FairLock()

    def to_article(
        self, article: Article, options: RelatedOptions, reader: Reader | None = None
    ) -> RelatedAnswer:
        """Articles related to one that is in the index, as `reader` or else the newest sees it."""
        moment = article.published_at
        draft = _Draft(
            title=article.title,
            text=f"{article.lead}\n{article.body}",
            language=article.language,
            published=None if moment is None else int(moment.timestamp()),
            known_ids=frozenset({article.id}),
        )
        return self._answer(draft, options, reader)

    def to_text(self, request: RelatedRequest) -> RelatedAnswer:
        """Articles related to a pasted text."""
        draft = _Draft(
            title=request.title,
            text=request.text,
            language=detect_language(f"{request.title} {request.text}"),
            published=None,
            known_ids=frozenset(request.exclude),
        )
        return self._answer(draft, request)

    def _answer(
        self, draft: _Draft, options: RelatedOptions, reader: Reader | None = None
    ) -> RelatedAnswer:
        started = time.perf_counter()
        with self._turn:
            related, duplicates = self._found(draft, options, reader or self._engine.reader())
        return RelatedAnswer(
            hits=tuple(related),
            duplicates=tuple(duplicates),
            took_ms=round((time.perf_counter() - started) * 1000, 2),
        )

    def _found(
        self, draft: _Draft, options: RelatedOptions, reader: Reader
    ) -> tuple[list[RelatedHit], list[DuplicateHit]]:
        """The related articles and the near-duplicates."""
        words = self._words(reader, draft)
        self._turn.give_way()
        hits = self._candidates(reader, words, draft, options)
        triples = self._triples(draft.text)
        related: list[RelatedHit] = []
        duplicates: list[DuplicateHit] = []
        alike_by_id = self._resembling(triples, hits)
        for hit in _in_order(hits, options.time):
            self._turn.give_way()
            if alike := alike_by_id.get(hit.fields.id, 0.0):
                duplicates.append(
                    DuplicateHit(**summary(hit.fields, hit.score), resemblance=round(alike, 3))
                )
            elif len(related) < options.limit:
                because = self._because(words, hit)
                related.append(RelatedHit(**summary(hit.fields, hit.score), because=because))
        return related, duplicates

    def _resembling(self, triples: frozenset[object], hits: Sequence[Hit]) -> dict[str, float]:
        """The resemblance of those hits that are near-duplicates, by id.

        They have most of the words that are asked for, so they are among the best.
        """
        found: dict[str, float] = {}
        others = 0
        for hit in hits:
            self._turn.give_way()
            alike = _resemblance(triples, self._triples(_text(hit)))
            if alike >= DUPLICATE:
                found[hit.fields.id] = alike
                others = 0
            elif (others := others + 1) == DIFFERENT:
                break
        return found

    def _triples(self, text: str) -> frozenset[tuple[str, str, str]]:
        forms = [*self._analyzer.forms(text[:COMPARED])]
        return frozenset(zip(forms, forms[1:], forms[2:], strict=False))

    def _candidates(
        self, reader: Reader, words: Sequence[_Word], draft: _Draft, options: RelatedOptions
    ) -> Sequence[Hit]:
        if not words:
            return ()
        query: Query = Or(tuple(_clause(word) for word in words))
        conditions = _conditions(draft, options)
        if conditions:
            query = And((query, *conditions))
        limit = options.limit + _CANDIDATES + len(draft.known_ids)
        terms = [term for word in words if not word.is_name for term in word.terms]
        marked = tuple((place.field, term) for place in RELATED_FIELDS for term in terms)
        found = reader.search(EngineRequest(query, page=Page(0, limit), highlight_terms=marked))
        return [hit for hit in found.hits if hit.fields.id not in draft.known_ids]

    def _words(self, reader: Reader, draft: _Draft) -> list[_Word]:
        """The best words and names of the draft, weighed, the best first."""
        size = reader.count()
        title, text = WORD.findall(draft.title), WORD.findall(draft.text[:DRAFT])
        in_title, surfaces = Counter(title), Counter(chain(title, text))
        words: Counter[tuple[str, ...]] = Counter()
        keys: Counter[str] = Counter()
        for surface, times in _most(surfaces, VARIED):
            self._turn.give_way()  # a word that no dictionary knows takes a tenth of a millisecond
            tokens = self._analyzer(surface)
            worth = times + (RELATED_TITLE_WORD - 1) * in_title[surface]
            for token in tokens:
                if token.form not in STOPWORDS and len(token.form) > 1:
                    words[token.lemmas] += worth  # type: ignore[assignment]
            for key, _ in named(tokens):
                keys[key] += times
        grouped = _grouped(words)
        leading = dict(sorted(grouped.items(), key=lambda one: -one[1][1])[:RELATED_FREQUENT])
        known = _known(reader, list(leading))
        weighed = [
            _Word(terms, saturated_idf(worth, known[lemma], size))
            for lemma, (terms, worth) in leading.items()
            if known[lemma]
        ]
        return sorted(
            [*_best(weighed, RELATED_WORDS), *_names(reader, keys, size)],
            key=lambda word: -word.weight,
        )

    def _because(self, words: Sequence[_Word], hit: Hit) -> tuple[str, ...]:
        """The heaviest shared words, as they stand in the article found."""
        by_term: dict[str, str] = {}
        for name in STORY:
            for token in tokens_at(hit.texts[name], hit.words.get(name, ()), self._analyzer):
                for lemma in token.lemmas:
                    by_term.setdefault(lemma, token.surface)
        by_key: dict[str, str] = {}
        for key, token in named(chain.from_iterable(map(self._analyzer, _capitalised(hit)))):
            by_key.setdefault(key, token.surface)
        shared = (_standing(by_key if word.is_name else by_term, word) for word in words)
        distinct: dict[str, str] = {}
        for surface in filter(None, shared):
            distinct.setdefault(surface.casefold(), surface)
        return tuple(distinct.values())[:RELATED_REASONS]


def _known(reader: Reader, terms: Sequence[str]) -> Mapping[str, int]:
    """In how many articles each term stands; a store may have headlines only."""
    counts = [reader.frequencies(place.field, terms) for place in RELATED_FIELDS]
    return {term: max(count[term] for count in counts) for term in terms}


def _names(reader: Reader, counts: Mapping[str, int], size: int) -> list[_Word]:
    keys = dict(_most(counts, RELATED_FREQUENT))
    known = reader.frequencies(NAMES, list(keys))
    weighed = [
        _Word((key,), NAME_WEIGHT * saturated_idf(worth, known[key], size), is_name=True)
        for key, worth in keys.items()
        if known[key]
    ]
    return _best(weighed, RELATED_WORDS // 2)


def _text(hit: Hit) -> str:
    """What is compared of an article."""
    lead, body = (hit.texts[name].read(0, COMPARED) for name in (LEAD, BODY))
    return f"{lead}\n{body}"[:COMPARED]


def _capitalised(hit: Hit) -> Iterator[str]:
    """The first different words of an article that are written with a capital letter."""
    surfaces = dict.fromkeys(WORD.findall(f"{hit.fields.title}\n{_text(hit)}"))
    return islice((one for one in surfaces if one != one.lower()), NAMES_READ)


def _most(counts: Mapping[str, int], most: int) -> Iterable[tuple[str, int]]:
    """The most frequent ones where they are too many."""
    if len(counts) <= most:
        return counts.items()
    return sorted(counts.items(), key=lambda one: -one[1])[:most]


def _grouped(words: Mapping[tuple[str, ...], float]) -> dict[str, tuple[tuple[str, ...], float]]:
    """Forms of one word together: by the first lemma, else the form itself."""
    grouped: dict[str, tuple[tuple[str, ...], float]] = {}
    for terms, worth in words.items():
        lemma = terms[1] if len(terms) > 1 else terms[0]
        before, sum_before = grouped.get(lemma, ((), 0.0))
        grouped[lemma] = (tuple(dict.fromkeys((*before, *terms))), sum_before + worth)
    return grouped


def _best(words: Iterable[_Word], most: int) -> list[_Word]:
    return sorted(words, key=lambda word: -word.weight)[:most]


def _clause(word: _Word) -> Query:
    fields = RELATED_NAMES if word.is_name else RELATED_FIELDS
    return Boost(Terms(word.terms, fields, word.terms[0]), word.weight)


def _conditions(draft: _Draft, options: RelatedOptions) -> list[Query]:
    conditions: list[Query] = []
    language = Filter("language", (draft.language,))
    if options.lang == "same":
        conditions.append(language)
    elif options.lang == "other":
        conditions.append(Not(language))
    if options.time == "earlier" and draft.published is not None:
        conditions.append(Range(until=draft.published))
    return conditions


def _in_order(hits: Sequence[Hit], order: Literal["any", "earlier", "latest"]) -> Sequence[Hit]:
    if order != "latest" or not hits:
        return hits
    good = [hit for hit in hits if hit.score >= hits[0].score * RELATED_MIN_SHARE]
    return sorted(good, key=_moment, reverse=True)


def _moment(hit: Hit) -> float:
    """When it was published; without a date before everything."""
    published = hit.fields.published_at
    return -math.inf if published is None else published.timestamp()


def _resemblance(left: frozenset[object], right: frozenset[object]) -> float:
    return len(left & right) / len(left | right) if left and right else 0.0


def _standing(surfaces: Mapping[str, str], word: _Word) -> str | None:
    """The first of the word's terms that the article has, as it stands there."""
    return next((surfaces[term] for term in word.terms if term in surfaces), None)
