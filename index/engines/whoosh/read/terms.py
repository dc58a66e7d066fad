"""The terms that a query has, each read once, and where they stand among some articles."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from index.engines.whoosh.read.snapshot import Snapshot, TermEntries
from index.engines.whoosh.segment.arrays import Array, Numbers
from index.engines.whoosh.segment.group import FieldGroup
from index.engines.whoosh.segment.sets import DocSet, Indices


class ReadTerm(NamedTuple):
    """A term of a group, read: the live articles where it stands, and their combinations."""

    articles: DocSet
    combinations: Array
    entries: TermEntries


class Among(NamedTuple):
    """A term's postings among some articles: where these are among them, and the postings.

    `where` is a slice where every article has one, `selected` where every posting is one of them.
    """

    where: Indices | slice
    doc_ids: Numbers
    combinations: Array
    selected: Indices | slice


class InSegment(NamedTuple):
    """A segment's postings of a term, by their indices, and their articles' indices in a set."""

    group: FieldGroup
    postings: Numbers
    articles: Numbers


class TermReader:
    """Reads the terms of a snapshot, each once. Articles that are held keep their id."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self._read: dict[tuple[str, str], ReadTerm] = {}
        self._articles: dict[tuple[str, str, tuple[int, ...]], DocSet] = {}
        self._among: dict[tuple[str, str, int], tuple[DocSet, Among]] = {}

    def term(self, group: str, term: str) -> ReadTerm:
        """Where the term stands in the group."""
        key = (group, term)
        if (known := self._read.get(key)) is None:
            entries = self.snapshot.entries(group, term)
            doc_ids, combinations = self.snapshot.postings(group, entries)
            articles = DocSet(self.snapshot.size, doc_ids)
            known = self._read[key] = ReadTerm(articles, combinations, entries)
        return known

    def articles(self, group: str, term: str, rows: tuple[int, ...]) -> DocSet:
        """The articles where the term stands in any of these columns."""
        key = (group, term, rows)
        if (known := self._articles.get(key)) is None:
            articles, combinations, entries = self.term(group, term)
            having = self.snapshot.table(group).having(rows) if entries else None
            if having is not None:
                articles = articles.where(having.take(combinations))
            known = self._articles[key] = articles
        return known

    def count(self, group: str, term: str, rows: tuple[int, ...]) -> int:
        """In how many articles the term stands in any of these columns."""
        if (known := self._articles.get((group, term, rows))) is not None:
            return known.count
        articles, combinations, entries = self.term(group, term)
        having = self.snapshot.table(group).having(rows) if entries else None
        if having is None:
            return articles.count
        return int(np.count_nonzero(having.take(combinations)))

    def among(self, group: str, term: str, articles: DocSet) -> Among | None:
        """The term's postings among these articles; None where it stands nowhere."""
        read = self.term(group, term)
        if not read.articles.count:
            return None
        key = (group, term, id(articles))
        if (known := self._among.get(key)) is None:
            doc_ids, combinations = read.articles.doc_ids, read.combinations
            where, selected = articles.align(doc_ids)
            if not isinstance(selected, slice):
                doc_ids, combinations = doc_ids.take(selected), combinations.take(selected)
            known = self._among[key] = (articles, Among(where, doc_ids, combinations, selected))
        return known[1]

    def in_segments(self, group: str, term: str, articles: DocSet) -> Iterator[InSegment]:
        """The term's postings of these live articles, segment by segment."""
        entries, count = self.term(group, term).entries, len(articles)
        if not entries:
            return
        if self.snapshot.whole:
            among = self.among(group, term, articles)
            assert among is not None  # of an index without deleted articles
            where, selected = among.where, among.selected
            size = self.term(group, term).articles.count
        else:  # the indices of postings count deleted articles
            doc_ids, _ = self.snapshot.postings(group, entries, deleted=True)
            (where, selected), size = articles.align(doc_ids), len(doc_ids)
        ranks = np.arange(count) if isinstance(where, slice) else where.astype(np.int64)
        chosen = np.arange(size) if isinstance(selected, slice) else selected.astype(np.int64)
        first = 0
        for _, segment, ordinal in entries:
            end = first + segment.count(ordinal)
            here = slice(None)
            if len(entries) > 1:
                here = slice(*chosen.searchsorted((first, end)).tolist())
            yield InSegment(
                segment, chosen[here] + (segment.first_posting(ordinal) - first), ranks[here]
            )
            first = end
