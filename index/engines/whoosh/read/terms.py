"""The terms that a query has, each read once, and where they stand among some articles."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from index.engines.whoosh import kernels
from index.engines.whoosh.read.snapshot import Snapshot, TermEntries
from index.engines.whoosh.segment.arrays import Array, Numbers
from index.engines.whoosh.segment.group import FieldGroup
from index.engines.whoosh.segment.sets import DocSet, Indices


class Among(NamedTuple):
    """A term's postings among some articles: where these are among them, and the postings.

    `where` is a slice where every article has one, `selected` where every posting is one of them.
    """

    where: Indices | slice
    doc_ids: Numbers
    combinations: Array
    selected: Indices | slice


class InSegment(NamedTuple):
    """A segment's postings of a term, by their indices, and their articles' indices in a set.

    `combinations` are the postings', as the segment numbers them.
    """

    group: FieldGroup
    postings: Numbers
    articles: Numbers
    combinations: Array


class ReadTerm:
    """A term of a group, read: the live articles where it stands, and their combinations.

    What is asked of it is remembered. Articles that are held keep their id.
    """

    __slots__ = (
        "_among",
        "_compiled",
        "_in_columns",
        "_snapshot",
        "articles",
        "combinations",
        "entries",
        "group",
    )

    def __init__(self, snapshot: Snapshot, group: str, term: str) -> None:
        self._snapshot = snapshot
        self.group = group
        self.entries: TermEntries = snapshot.entries(group, term)
        doc_ids, self.combinations = snapshot.postings(group, self.entries)
        self.articles = DocSet(snapshot.size, doc_ids)
        self._in_columns: dict[tuple[int, ...], DocSet] = {}
        self._among: dict[int, tuple[DocSet, Among]] = {}
        self._compiled: kernels.words.Postings | None = None

    def in_columns(self, rows: tuple[int, ...]) -> DocSet:
        """The articles where the term stands in any of these columns."""
        if (known := self._in_columns.get(rows)) is None:
            having = self._snapshot.table(self.group).having(rows) if self.entries else None
            known = self.articles
            if having is not None:
                known = known.where(having.take(self.combinations))
            self._in_columns[rows] = known
        return known

    @property
    def compiled(self) -> "kernels.words.Postings":
        """The postings, for a kernel."""
        if self._compiled is None:
            self._compiled = kernels.words.Postings(self.articles.doc_ids, self.combinations)
        return self._compiled

    def count(self, rows: tuple[int, ...]) -> int:
        """In how many articles the term stands in any of these columns."""
        if (known := self._in_columns.get(rows)) is not None:
            return known.count
        having = self._snapshot.table(self.group).having(rows) if self.entries else None
        if having is None:
            return self.articles.count
        return int(np.count_nonzero(having.take(self.combinations)))

    def among(self, articles: DocSet) -> Among | None:
        """The term's postings among these articles; None where it stands nowhere."""
        if (known := self._among.get(id(articles))) is None:
            if not self.articles.count:
                return None
            doc_ids, combinations = self.articles.doc_ids, self.combinations
            where, selected = articles.align(doc_ids)
            if not isinstance(selected, slice):
                doc_ids, combinations = doc_ids.take(selected), combinations.take(selected)
            known = (articles, Among(where, doc_ids, combinations, selected))
            self._among[id(articles)] = known
        return known[1]

    def in_segments(self, articles: DocSet) -> Iterator[InSegment]:
        """The term's postings of these live articles, segment by segment."""
        entries, count = self.entries, articles.count
        if not entries:
            return
        if self._snapshot.whole:
            among = self.among(articles)
            assert among is not None  # of an index without deleted articles
            where, _, combinations, selected = among
            size = self.articles.count
        else:  # the indices of postings count deleted articles
            doc_ids, every = self._snapshot.postings(self.group, entries, deleted=True)
            (where, selected), size = articles.align(doc_ids), len(doc_ids)
            combinations = every if isinstance(selected, slice) else every.take(selected)
        ranks = np.arange(count) if isinstance(where, slice) else where.astype(np.int64)
        chosen = np.arange(size) if isinstance(selected, slice) else selected.astype(np.int64)
        if len(self._snapshot.segments) == 1:
            ((_, segment, ordinal),) = entries
            chosen = chosen + segment.first_posting(ordinal)
            yield InSegment(segment, chosen, ranks, combinations)
            return
        first, numbers = 0, self._snapshot.table(self.group).first
        for _, segment, ordinal in entries:
            end = first + segment.count(ordinal)
            here = slice(*chosen.searchsorted((first, end)).tolist())
            postings = chosen[here] + (segment.first_posting(ordinal) - first)
            yield InSegment(segment, postings, ranks[here], combinations[here] - numbers[segment])
            first = end


class TermReader:
    """Reads the terms of a snapshot, each once."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self._read: dict[tuple[str, str], ReadTerm] = {}

    def term(self, group: str, term: str) -> ReadTerm:
        """Where the term stands in the group."""
        key = (group, term)
        if (known := self._read.get(key)) is None:
            known = self._read[key] = ReadTerm(self.snapshot, group, term)
        return known
