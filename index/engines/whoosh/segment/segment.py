"""One segment as mapped arrays: what the evaluator asks of it.

Sections of its file, N articles, T terms, P postings and Q positions of a field:

    FIELD.terms, FIELD.terms.ends   the field's T terms, sorted
    FIELD.starts                    T + 1: where each term's postings start
    FIELD.places                    T + 1: where each term's positions start
    FIELD.doc_ids, .frequencies     P: doc ids, ascending by term; how often in each
    FIELD.positions                 Q: ascending by term and article
    FIELD.lengths                   N: words in each article
    id.terms, id.terms.ends, id.doc_ids     ids, sorted, and whose they are
    dates                           N: unix seconds, or NO_DATE
    FACET.labels, FACET.labels.ends labels, sorted
    FACET.sets, FACET.codes         the distinct sets of labels: where each starts; their labels
    FACET.of                        N: each article's set
    stored, stored.ends             blocks of the articles' records, each compressed alone
    stored.blocks                   N + 1: where each article's blocks start
    stored.dictionary               what the compression starts from
"""

from collections.abc import Iterator, Set
from functools import cached_property
from pathlib import Path

import numpy as np

from index.engines.whoosh.segment.arrays import Array, Numbers
from index.engines.whoosh.segment.container import Container
from index.engines.whoosh.segment.doc_values import DocValues
from index.engines.whoosh.segment.field import Field
from index.engines.whoosh.segment.ids import IdColumn
from index.engines.whoosh.segment.stored_fields import StoredBytes, Unpacker
from index.engines.whoosh.segment.term_dictionary import TermDictionary
from index.schema import Facet

_LISTED = 8
"""So many ids of a table are listed while one is looked up."""


class Segment:
    """One segment, its deletions left aside: a segment's file never changes."""

    def __init__(self, path: Path) -> None:
        self.container = Container(path)
        self.size: int = self.container.facts["articles"]
        self._tables: dict[str, TermDictionary] = {}
        self._fields: dict[str, Field] = {}
        self._facets: dict[Facet, DocValues] = {}

    @cached_property
    def dates(self) -> Numbers:
        """When each article was published, unix seconds, or NO_DATE."""
        return self.container.array("dates")

    def lengths(self, field: str) -> Array:
        """Each article's length in the field, in words."""
        name = f"{field}.lengths"
        if name not in self.container:
            return np.zeros(self.size, dtype=np.uint8)
        return self.container.array(name)

    def table(self, field: str) -> TermDictionary | None:
        """The field's terms; None where the field is empty everywhere."""
        if (table := self._tables.get(field)) is None:
            table = self.read_table(field)
            if table is not None:
                self._tables[field] = table
        return table

    def read_table(self, field: str) -> TermDictionary | None:
        """The same, read again; only the caller holds it."""
        name = f"{field}.terms"
        return TermDictionary(self.container, name) if name in self.container else None

    def terms(self, field: str) -> list[bytes]:
        """All terms of the field, in order."""
        table = self.table(field)
        return [] if table is None else table.all()

    def field(self, field: str) -> Field | None:
        """The field's postings; None where the field is empty everywhere; ids have none."""
        if (known := self._fields.get(field)) is None and f"{field}.starts" in self.container:
            terms = self.table(field)
            assert terms is not None  # they are written together
            known = self._fields[field] = Field(self.container, field, terms)
        return known

    def facet(self, facet: Facet) -> DocValues:
        """The facet's labels and who has them."""
        if facet not in self._facets:
            self._facets[facet] = self.read_facet(facet)
        return self._facets[facet]

    def read_facet(self, facet: Facet) -> DocValues:
        """The same, read again; only the caller holds it."""
        return DocValues(
            tuple(
                [
                    label.decode()
                    for label in TermDictionary(self.container, f"{facet}.labels").all()
                ]
            ),
            self.container.array(f"{facet}.sets").astype(np.int64),
            self.container.array(f"{facet}.codes").astype(np.int64),
            self.container.array(f"{facet}.of"),
        )

    @cached_property
    def ids(self) -> IdColumn:
        """The articles' ids in order, and the ordinal of each article's id."""
        table = self.table("id")
        assert table is not None  # every segment has it
        # an article that a later one replaced in its own batch keeps 0: it is deleted
        ordinals = np.zeros(self.size, dtype=np.int32)
        ordinals[self.container.array("id.doc_ids")] = np.arange(len(table), dtype=np.int32)
        return IdColumn(table, ordinals)

    def find(self, article_id: str) -> int | None:
        """The doc id of the article with this id; each id stands once in a segment."""
        table = self.table("id")
        ordinal = -1 if table is None else table.find(article_id.encode())
        return None if ordinal < 0 else int(self.container.array("id.doc_ids")[ordinal])

    def find_all(self, wanted: Set[bytes]) -> list[int]:
        """The doc ids of the articles with these ids, encoded."""
        table = self.table("id")
        if table is None or not wanted:
            return []
        if len(wanted) * _LISTED < len(table):
            ordinals = [ordinal for id_ in wanted if (ordinal := table.find(id_)) >= 0]
        else:
            ordinals = [ordinal for ordinal, id_ in enumerate(table.all()) if id_ in wanted]
        if not ordinals:
            return []
        doc_ids: list[int] = self.container.array("id.doc_ids")[ordinals].tolist()
        return doc_ids

    @cached_property
    def _unpacker(self) -> Unpacker:
        return Unpacker(self.container)

    def stored(self, doc_id: int) -> StoredBytes:
        """The stored article; see record.py."""
        return self._unpacker.record(doc_id)

    def all_stored(self) -> Iterator[StoredBytes]:
        """Every stored article, deleted ones included."""
        return map(self.stored, range(self.size))
