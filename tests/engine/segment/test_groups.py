"""Field groups in a segment's file: what was written of several fields is read for each of them."""

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.engines.whoosh.segment import combinations
from index.engines.whoosh.segment import segment as segment_module
from index.engines.whoosh.segment.container import ContainerWriter
from index.engines.whoosh.segment.field_groups import GROUPS, STORY_GROUP
from index.engines.whoosh.segment.field_terms import OneField
from index.engines.whoosh.segment.group import FieldGroup
from index.engines.whoosh.segment.postings import Occurrences, places, write_postings
from index.engines.whoosh.segment.segment import Segment
from index.engines.whoosh.segment.term_dictionary import write_terms
from index.schema import EXACT

_FIELDS = GROUPS[STORY_GROUP]
Occurrence = tuple[int, int, int, int, bool]
"""Term, article, field, position, whether as a form."""
_OCCURRENCES = st.lists(
    st.tuples(
        st.integers(0, 4), st.integers(0, 9), st.integers(0, 4), st.integers(0, 300), st.booleans()
    ),
    min_size=1,
    max_size=400,
)


def written(path: Path, occurrences: Sequence[Occurrence]) -> Segment:
    """A segment with the story group alone, in chunks as large as one term."""
    ordered = np.array(sorted(occurrences), dtype=np.int64)
    terms = np.unique(ordered[:, 0])
    chunks = []
    for ordinal, term in enumerate(terms.tolist()):
        rows = ordered[ordered[:, 0] == term]
        where = places(rows[:, 2], rows[:, 3], rows[:, 4].astype(np.bool_))
        order = np.lexsort((where, rows[:, 1]))
        ordinals = np.full(len(rows), ordinal)
        chunks.append(Occurrences(ordinals, rows[order, 1], where[order]))
    with ContainerWriter(path) as writer:
        write_terms(writer, f"{STORY_GROUP}.terms", [[b"%d" % term for term in terms.tolist()]])
        write_postings(writer, STORY_GROUP, len(terms), chunks, path.parent)
        writer.finish({"articles": 10})
    return Segment(path)


@given(_OCCURRENCES, st.sampled_from([1, 127]))
def test_each_field_has_the_occurrences_that_were_written_in_it(
    tmp_path_factory: pytest.TempPathFactory, occurrences: list[Occurrence], most: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:  # of more occurrences none has room in a key
        patch.setattr(combinations, "_MOST", most)
        segment = written(tmp_path_factory.mktemp("group") / "file", occurrences)
    for number, name in enumerate(_FIELDS):
        for exact in (False, True) if name in EXACT else (False,):
            expected: dict[bytes, dict[int, set[int]]] = defaultdict(lambda: defaultdict(set))
            for term, article, field, position, form in occurrences:
                if field == number and (form or not exact):
                    expected[b"%d" % term][article].add(position)
            read = OneField(segment, EXACT[name] if exact else name)
            assert read.all() == sorted(expected)
            for term_bytes, by_article in expected.items():
                doc_ids, frequencies, positions = read.postings(term_bytes)
                assert doc_ids.tolist() == sorted(by_article)
                every = [sorted(by_article[article]) for article in sorted(by_article)]
                assert frequencies.tolist() == [len(some) for some in every]
                assert positions.tolist() == [position for some in every for position in some]


@given(_OCCURRENCES)
def test_a_postings_positions_begin_where_those_before_it_end(
    tmp_path_factory: pytest.TempPathFactory, occurrences: list[Occurrence]
) -> None:
    group = written(tmp_path_factory.mktemp("group") / "file", occurrences).group(STORY_GROUP)
    assert group is not None
    _, numbers = group.postings_of(range(len(group.terms)))
    spans = group.spans.take(numbers)
    expected = spans.cumsum() - spans
    every = np.arange(len(numbers))
    assert group.begins(every).tolist() == expected.tolist()
    assert group.begins(every[::3]).tolist() == expected[::3].tolist()


def test_threads_that_read_a_group_first_at_once_have_the_same_object(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    segment = written(tmp_path / "file", [(0, 0, 0, 0, True)])
    others: list[FieldGroup | None] = []

    def slow(*arguments: Any) -> FieldGroup:
        monkeypatch.undo()
        others.append(segment.group(STORY_GROUP))  # another thread comes meanwhile
        return FieldGroup(*arguments)

    monkeypatch.setattr(segment_module, "FieldGroup", slow)
    assert segment.group(STORY_GROUP) is others[0] is segment.group(STORY_GROUP)
