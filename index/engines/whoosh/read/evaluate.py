"""The Query tree on whole arrays: which articles of a snapshot match.

Matching comes first and scoring after (scoring.py), so that a bonus, a phrase
or a common word is scored only where the whole query matched.
"""

from collections.abc import Sequence
from itertools import chain
from operator import attrgetter
from typing import assert_never

import numpy as np

from index import query as q
from index.engines.whoosh.read.phrases import FoundPhrase, PhraseReader
from index.engines.whoosh.read.positions import MatchPositions, positions_in
from index.engines.whoosh.read.snapshot import Snapshot
from index.engines.whoosh.read.terms import ReadTerm, TermReader
from index.engines.whoosh.segment import sets
from index.engines.whoosh.segment.arrays import NO_DATE, NOTHING, Flags, Numbers, Reals
from index.engines.whoosh.segment.field_groups import Rows, by_group, by_kind
from index.engines.whoosh.segment.sets import DocSet
from index.results import EngineRequest

_Parts = tuple[tuple[str, ...], ...]
_by_count = attrgetter("count")
_COUNTS = 20_000
"""Words whose numbers of articles a snapshot remembers: some megabytes."""
_CHECKS = (q.Range, q.Filter, q.Not, q.Everything)


class Evaluation:
    """One query on one snapshot; postings read once serve every clause."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self._reader = TermReader(snapshot)
        self._phrase_reader = PhraseReader(self._reader)
        self._having: dict[tuple[tuple[str, ...], tuple[q.In, ...]], DocSet] = {}
        self._phrases: dict[tuple[_Parts, int, Rows, int], tuple[DocSet | None, FoundPhrase]] = {}
        self._matched: dict[int, tuple[q.Query, DocSet]] = {}

    def term(self, group: str, term: str) -> ReadTerm:
        """Where the term stands in the group."""
        return self._reader.term(group, term)

    def match_positions(self, request: EngineRequest, doc_ids: Numbers) -> list[MatchPositions]:
        """Where the highlighted terms stand in each of these articles."""
        return positions_in(
            self._reader, request.highlight_terms, request.highlight_prefixes, doc_ids
        )

    def match(self, query: q.Query) -> DocSet:
        """The articles that match the clause (see index.query)."""
        known = self._matched.get(id(query))
        if known is None:  # the query is held too: another one may not take its id
            known = self._matched[id(query)] = (query, self._match(query))
        return known[1]

    def having(self, variants: tuple[str, ...], fields: tuple[q.In, ...]) -> DocSet:
        """The articles where any of the variants stands in any of the fields."""
        key = (variants, fields)
        if (known := self._having.get(key)) is None:
            by_term = [
                self._reader.term(rows.group, variant).in_columns(rows.rows)
                for rows in by_group(fields)
                for variant in variants
            ]
            known = self._having[key] = sets.union(by_term, self.snapshot.size)
        return known

    def count(self, variants: tuple[str, ...], fields: tuple[q.In, ...]) -> int:
        """In how many articles any of the variants stands in any of the fields."""
        counts = self.snapshot.counts
        if (known := counts.get((variants, fields))) is None:
            groups = by_group(fields)
            if len(variants) == len(groups) == 1:
                known = self._reader.term(groups[0].group, variants[0]).count(groups[0].rows)
            else:
                known = self.having(variants, fields).count
            if len(counts) >= _COUNTS:
                counts.clear()
            counts[variants, fields] = known
        return known

    def implied(self, rows: Rows, others: Rows) -> bool:
        """Whether a term that stands in a group's fields stands in the others, too."""
        has = any(segment.group(rows.group) for segment in self.snapshot.segments)
        return not has or self.snapshot.table(rows.group).implied(rows.rows, others.rows)

    def phrase(self, query: q.Phrase, rows: Rows, among: DocSet | None = None) -> FoundPhrase:
        """The articles with the phrase in the fields, how often in each; `among` is enough.

        Equal phrases are sought once: `да да да да` has the pair «да да» three times.
        """
        phrase_key = (query.parts, query.slop, rows)
        known = self._phrases.get((*phrase_key, id(None))) or self._phrases.get(
            key := (*phrase_key, id(among))
        )
        if known is None:  # the articles are held too: others may not take their id
            found = self._phrase_reader.find(query, rows, among)
            known = self._phrases[key] = (among, found)
        return known[1]

    def found_everywhere(self, query: q.Phrase, rows: Rows) -> bool:
        """Whether it is known which of all articles have the phrase in the fields."""
        return (query.parts, query.slop, rows, id(None)) in self._phrases

    def add_frequencies(
        self, sums: Reals, query: q.Phrase, rows: Rows, weights: Reals, among: DocSet
    ) -> None:
        """See PhraseReader.add_frequencies."""
        self._phrase_reader.add_frequencies(sums, query, rows, weights, among)

    def read_phrases(self, rows: Rows, phrases: Sequence[q.Phrase], among: DocSet) -> None:
        """Reads at once what several phrases need, where articles are few."""
        self._phrase_reader.read_once(rows, chain.from_iterable(p.parts for p in phrases), among)

    def _with_phrase(self, query: q.Phrase, among: DocSet | None = None) -> DocSet:
        fields = by_kind(query.fields)
        having = [self.phrase(query, rows, among).articles for rows in fields]
        return sets.union(having, self.snapshot.size)

    def _match(self, query: q.Query) -> DocSet:  # noqa: PLR0911  # one case a clause
        size = self.snapshot.size
        match query:
            case q.Terms(variants, fields):
                return self.having(variants, fields)
            case q.Phrase():
                return self._with_phrase(query)
            case q.Prefix(start, fields):
                return self._prefix(start, fields)
            case q.And():
                return self._and(query)
            case q.Or(clauses, at_least):
                return sets.in_many([self.match(clause) for clause in clauses], at_least, size)
            case q.Everything():
                return self.snapshot.living
            case q.Range() | q.Filter() | q.Not():
                every = self.snapshot.living
                return every.where(self.passes(query, every))
            case q.Boost(clause) | q.Constant(clause) | q.Prefer(clause) | q.Fresh(clause):
                return self.match(clause)
            case _:
                assert_never(query)

    def passes(  # noqa: PLR0911  # one case a clause
        self, query: q.Query, among: DocSet
    ) -> Flags:
        """Which of these articles match the clause.

        Dates, labels and phrases are read for them alone.
        """
        match query:
            case q.Range(since, until):
                dates = self.snapshot.dates.take(among.doc_ids)
                inside: Flags = dates != NO_DATE
                if since is not None:
                    inside &= dates >= since
                if until is not None:
                    inside &= dates < until
                return inside
            case q.Filter(facet, values):
                doc_values = self.snapshot.facet(facet)
                return doc_values.having(values).take(doc_values.of.take(among.doc_ids))
            case q.Not(clause):
                return ~self.passes(clause, among)
            case q.Everything():
                return np.ones(len(among), dtype=np.bool_)
            case q.Boost(clause) | q.Constant(clause) | q.Prefer(clause) | q.Fresh(clause):
                return self.passes(clause, among)
            case q.Phrase():
                return self._with_phrase(query, among).has(among.doc_ids)
            case _:
                return self.match(query).has(among.doc_ids)

    def _and(self, query: q.And) -> DocSet:
        """The rarest words first; dates, labels and exclusions only for what is left."""
        if not query.clauses:
            return DocSet(self.snapshot.size, NOTHING)
        checks = [clause for clause in query.clauses if isinstance(clause, _CHECKS)]
        words = [self.match(clause) for clause in query.clauses if not isinstance(clause, _CHECKS)]
        words.sort(key=_by_count)
        matches = words[0] if words else self.snapshot.living
        for other in words[1:]:
            matches &= other
        for check in checks:
            matches = matches.where(self.passes(check, matches))
        return matches

    def _prefix(self, start: str, fields: Sequence[str]) -> DocSet:
        found = [
            self.snapshot.starting(rows.group, rows.rows, start)
            for rows in by_group(tuple(map(q.In, fields)))
        ]
        return sets.distinct(found, self.snapshot.size)
