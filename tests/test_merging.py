"""Segments become one: nothing but the dead is left out, and little is held at once."""

import tracemalloc
from itertools import chain, pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.engines.whoosh import merge_field, postings, terms
from index.engines.whoosh.columns import column_of, distinct, joined, of_living
from index.engines.whoosh.container import Container, ContainerWriter
from index.engines.whoosh.engine import WhooshEngine
from index.engines.whoosh.merge import Part, merge
from index.engines.whoosh.segment import Segment
from index.engines.whoosh.terms import TermTable, side_by_side, write_terms
from tests.plain import PLAIN, made

_STRINGS = st.sets(st.text("абвab", max_size=5).map(str.encode), max_size=60)


@given(st.lists(_STRINGS, max_size=5))
def test_tables_are_cut_at_the_same_strings_and_no_stretch_is_long(
    tmp_path_factory: pytest.TempPathFactory, strings: list[set[bytes]]
) -> None:
    path = tmp_path_factory.mktemp("tables") / "file"
    with ContainerWriter(path) as writer:
        for number, some in enumerate(strings):
            write_terms(writer, str(number), [sorted(some)])
        writer.finish({})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(terms, "_STRIDE", 2)
        patch.setattr(terms, "_AT_ONCE", 10)
        tables = [TermTable(Container(path), str(number)) for number in range(len(strings))]
        stretches = [
            [table.some(places) for table, places in zip(tables, stretch, strict=True)]
            for stretch in side_by_side(tables)
        ]
    for table, *read in zip(tables, *stretches, strict=True):
        assert list(chain.from_iterable(read)) == table.all()
    together = [list(chain.from_iterable(stretch)) for stretch in stretches]
    filled = [some for some in together if some]
    assert all(max(before) < min(after) for before, after in pairwise(filled))
    assert all(len(some) <= 3 * 10 for some in together)


_LABELS = st.lists(st.sampled_from(["мир", "спорт", "world", "art"]), unique=True, max_size=3)
_PARTS = st.lists(
    st.lists(st.tuples(_LABELS.map(tuple), st.booleans()), min_size=1, max_size=8),
    min_size=1,
    max_size=4,
)


@given(_PARTS)
def test_columns_of_several_segments_become_one_of_what_lives(
    parts: list[list[tuple[tuple[str, ...], bool]]],
) -> None:
    columns = []
    for part in parts:
        sets = list(dict.fromkeys(labels for labels, _ in part))
        column = column_of(sets, [sets.index(labels) for labels, _ in part])
        columns.append(of_living(column, np.array([alive for _, alive in part])))
    one = distinct(joined(columns))
    living = [labels for part in parts for labels, alive in part if alive]
    assert [one.labels_of(place) for place in one.of.tolist()] == living
    assert one.labels == tuple(sorted(set(chain.from_iterable(living))))
    sets = [one.labels_of(place) for place in range(len(one.sets) - 1)]
    assert sorted(sets) == sorted(set(living))


def test_a_merge_holds_a_few_numbers_a_term_and_not_the_terms(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(terms, "_AT_ONCE", 1_000)
    monkeypatch.setattr(merge_field, "_CHUNK", 1_000)
    monkeypatch.setattr(postings, "_IN_MEMORY", 1_000)
    words = 120_000
    parts = []
    for number in range(4):
        engine = WhooshEngine(tmp_path / str(number), PLAIN)
        long = " ".join(f"an-uncommonly-long-word-{word}" for word in range(number, words, 4))
        engine.write([made(str(number), long)])
        (path,) = (tmp_path / str(number)).glob("g*/*.poisk")
        parts.append(Part(Segment(path), np.ones(1, dtype=np.bool_)))
    tracemalloc.start()
    try:
        merge(parts, tmp_path / "merged")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    merged = Segment(tmp_path / "merged")
    every = chain.from_iterable(part.segment.terms("body") for part in parts)
    assert merged.terms("body") == sorted(set(every))
    assert peak < 100 * words
