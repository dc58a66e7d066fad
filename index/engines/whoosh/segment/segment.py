"""One segment as mapped arrays: what the evaluator asks of it.

Sections of its file, N articles, T terms, P postings and Q positions of a field group:

    GROUP.terms, GROUP.terms.ends   the group's T terms, sorted
    GROUP.starts                    T + 1: where each term's postings start
    GROUP.position_starts           T + 1: where each term's positions start
    GROUP.doc_ids                   P: doc ids, ascending by term
    GROUP.combinations              P: the number of a combination of frequencies
    GROUP.frequencies               how often in each column, combination after combination
    GROUP.blocks                    where the positions of every 8th posting begin
    GROUP.offsets                   P: how far from there each posting's begin
    GROUP.positions                 Q: by term, article and field: see group.py
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
from index.engines.whoosh.segment.group import FieldGroup
from index.engines.whoosh.segment.ids import IdColumn
from index.engines.whoosh.segment.stored_fields import StoredBytes, Unpacker
from index.engines.whoosh.segment.term_dictionary import TermDictionary
from index.schema import EXACT_OF, Facet

_LISTED = 8
"""So many ids of a table are listed while one is looked up."""


class Segment:
    """One segment, its deletions left aside: a segment's file never changes."""

    def __init__(self, path: Path) -> None:
        self.container = Container(path)
        self.size: int = self.container.facts["articles"]
        self._tables: dict[str, TermDictionary] = {}
        self._groups: dict[str, FieldGroup] = {}
        self._facets: dict[Facet, DocValues] = {}

    @cached_property
    def dates(self) -> Numbers:
        """When each article was published, unix seconds, or NO_DATE."""
        return self.container.array("dates")

    def lengths(self, field: str) -> Array:
        """Each article's length in the field, in words."""
        name = f"{EXACT_OF.get(field, field)}.lengths"
        if name not in self.container:
            return np.zeros(self.size, dtype=np.uint8)
        return self.container.array(name)

    def table(self, group: str) -> TermDictionary | None:
        """The group's terms, or all ids; None where the group is empty everywhere."""
        if (table := self._tables.get(group)) is None:
            table = self.read_table(group)
            if table is not None:
                self._tables[group] = table
        return table

    def read_table(self, group: str) -> TermDictionary | None:
        """The same, read again; only the caller holds it."""
        name = f"{group}.terms"
        return TermDictionary(self.container, name) if name in self.container else None

    def group(self, group: str) -> FieldGroup | None:
        """The group's postings; None where the group is empty everywhere."""
        if (known := self._groups.get(group)) is None and f"{group}.starts" in self.container:
            terms = self.table(group)
            assert terms is not None  # they are written together
            # tables are found by the group itself: all threads have the same one
            known = self._groups.setdefault(group, FieldGroup(self.container, group, terms))
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

    def packed(self, doc_id: int) -> list[bytes]:
        """The stored article as it is compressed, with `stored_dictionary`."""
        return self._unpacker.packed(doc_id)

    @property
    def stored_dictionary(self) -> bytes:
        """What stored articles are compressed with; empty if there is none."""
        return self._unpacker.dictionary

    def all_stored(self) -> Iterator[StoredBytes]:
        """Every stored article, deleted ones included."""
        return map(self.stored, range(self.size))
