"""One Whoosh segment read into arrays: what the evaluator asks of it."""

import json
import threading
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from whoosh.reading import SegmentReader

from index.engines.whoosh.layout import ARTICLE, ID, RECORD
from index.schema import FACETS, TEXT_FIELDS, Facet

Numbers = npt.NDArray[np.int64]
Reals = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

NO_DATE = np.iinfo(np.int64).min


class Postings(NamedTuple):
    """Where a term stands: article numbers, ascending, how often in each, positions in order.

    `positions[sum(frequencies[:i]):][:frequencies[i]]` are those in article `numbers[i]`.
    """

    numbers: Numbers
    frequencies: Numbers
    positions: Numbers


class FacetColumn(NamedTuple):
    """The labels of a facet, and (article number, label's place) of each use, by number."""

    labels: tuple[str, ...]
    numbers: Numbers
    codes: Numbers


NOTHING = np.zeros(0, dtype=np.int64)
NO_POSTINGS = Postings(NOTHING, NOTHING, NOTHING)


class Segment:
    """One segment, its deletions left aside: a segment's files never change."""

    def __init__(self, reader: SegmentReader) -> None:
        self._reader = reader
        # Whoosh's matchers of one segment share a file and its place in it.
        self._lock = threading.Lock()
        self.size: int = reader.doc_count_all()
        records = self._records()
        self.dates = np.array(
            [NO_DATE if r["published"] is None else r["published"] for r in records], dtype=np.int64
        )
        self._lengths = {
            name: np.array([r["lengths"].get(name, 0) for r in records], dtype=np.int64)
            for name in TEXT_FIELDS
        }
        self._facets = {facet: _facet_column(facet, records) for facet in FACETS}

    def _records(self) -> list[Mapping[str, Any]]:
        if not self._reader.has_column(RECORD):
            return []
        return [json.loads(record) for record in self._reader.column_reader(RECORD)]

    def lengths(self, field: str) -> Numbers:
        """Each article's length in the field, in words."""
        return self._lengths[field]

    def facet(self, facet: Facet) -> FacetColumn:
        """The facet's labels and their uses."""
        return self._facets[facet]

    def postings(self, field: str, term: str) -> Postings:
        """Where the term stands in the field, deleted articles included."""
        with self._lock:
            if (field, term) not in self._reader:
                return NO_POSTINGS
            matcher = self._reader.postings(field, term)
            numbers: list[int] = []
            positions: list[list[int]] = []
            while matcher.is_active():
                numbers.append(matcher.id())
                positions.append(matcher.value_as("positions"))
                matcher.next()
        return Postings(
            np.array(numbers, dtype=np.int64),
            np.array([len(at) for at in positions], dtype=np.int64),
            np.array([position for at in positions for position in at], dtype=np.int64),
        )

    def terms(self, field: str, prefix: str) -> list[str]:
        """The field's terms that start so, in order."""
        with self._lock:
            return [term.decode() for term in self._reader.expand_prefix(field, prefix)]

    def find(self, article_id: str) -> list[int]:
        """The numbers of the articles with this id, deleted ones included."""
        with self._lock:
            if (ID, article_id) not in self._reader:
                return []
            return list(self._reader.postings(ID, article_id).all_ids())

    def stored(self, number: int) -> bytes:
        """The stored article, as JSON."""
        with self._lock:
            article: bytes = self._reader.stored_fields(number)[ARTICLE]
        return article

    def all_stored(self) -> Iterator[bytes]:
        """The stored articles that the reader does not hold for deleted."""
        for number in self._reader.all_doc_ids():
            yield self.stored(number)


def _facet_column(facet: Facet, records: list[Mapping[str, Any]]) -> FacetColumn:
    labels: dict[str, int] = {}
    uses = [
        (number, labels.setdefault(label, len(labels)))
        for number, record in enumerate(records)
        for label in record["facets"].get(facet, ())
    ]
    pairs = np.array(uses, dtype=np.int64).reshape(-1, 2)
    return FacetColumn(tuple(labels), pairs[:, 0], pairs[:, 1])
