"""A phrase as compiled kernels seek it: segment by segment."""

from collections.abc import Iterator
from itertools import chain
from typing import NamedTuple

from index.engines.whoosh import kernels
from index.engines.whoosh.read.terms import TermReader
from index.engines.whoosh.segment.arrays import Numbers
from index.engines.whoosh.segment.field_groups import Rows
from index.engines.whoosh.segment.sets import DocSet
from index.query import PHRASE_POSITIONS, Phrase


class SegmentSearch(NamedTuple):
    """The search of a segment, the segment's articles in the snapshot, and those sought in a set.

    `within` is the whole of no set.
    """

    search: "kernels.phrases.Search"
    articles: slice
    within: slice


def searches(
    reader: TermReader, query: Phrase, rows: Rows, within: DocSet | None
) -> Iterator[SegmentSearch]:
    """The searches of the segments that may have the phrase in the fields, all of one kind.

    Of the articles in `within`, which are live, or of all live ones.
    """
    snapshot = reader.snapshot
    parts = [
        [*chain.from_iterable(reader.term(rows.group, variant).entries for variant in part)]
        for part in query.parts
    ]
    groups = {first: group for part in parts for first, group, _ in part}
    for first in sorted(groups):
        group = groups[first]
        articles, here = slice(first, first + group.size), slice(None)
        among, live = None, None
        if within is not None:
            here, among = _between(within.doc_ids, articles, snapshot.size)
        elif not snapshot.whole:
            live = snapshot.live_docs[articles]
        search = kernels.phrases.Search(
            group.compiled,
            rows.numbers,
            rows.exact,
            [[ordinal for start, _, ordinal in part if start == first] for part in parts],
            query.slop,
            PHRASE_POSITIONS,
            group.size,
            among,
            live,
        )
        yield SegmentSearch(search, articles, here)


def _between(doc_ids: Numbers, articles: slice, size: int) -> tuple[slice, Numbers]:
    """Where the doc ids of a segment's articles stand among these, and as the segment has them."""
    if articles == slice(0, size):
        return slice(None), doc_ids
    here = slice(*doc_ids.searchsorted((articles.start, articles.stop)).tolist())
    return here, doc_ids[here] - articles.start
