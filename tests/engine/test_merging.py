"""Segments become one: nothing but the dead is left out, and little is held at once."""

import tracemalloc
from itertools import chain, pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.analysed import AnalysedArticle
from index.engines.whoosh.engine import WhooshEngine
from index.engines.whoosh.segment import postings
from index.engines.whoosh.segment import term_dictionary as terms
from index.engines.whoosh.segment.container import Container, ContainerWriter
from index.engines.whoosh.segment.doc_values import joined
from index.engines.whoosh.segment.doc_values_writer import column_of, distinct, of_live_docs
from index.engines.whoosh.segment.field_terms import OneField
from index.engines.whoosh.segment.segment import Segment
from index.engines.whoosh.segment.term_dictionary import TermDictionary, side_by_side, write_terms
from index.engines.whoosh.write import merge as merge_module
from index.engines.whoosh.write import merge_group
from index.engines.whoosh.write.build import Batch
from index.engines.whoosh.write.merge import LiveSegment, merge
from index.schema import FACETS
from tests.support.plain import PLAIN, made

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
        patch.setattr(terms, "_STRINGS", 10)
        tables = [TermDictionary(Container(path), str(number)) for number in range(len(strings))]
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
        columns.append(of_live_docs(column, np.array([alive for _, alive in part])))
    one = distinct(joined(columns))
    living = [labels for part in parts for labels, alive in part if alive]
    assert [one.labels_of(place) for place in one.of.tolist()] == living
    assert one.labels == tuple(sorted(set(chain.from_iterable(living))))
    sets = [one.labels_of(place) for place in range(len(one.sets) - 1)]
    assert sorted(sets) == sorted(set(living))


_WORDS = st.lists(st.sampled_from(["мир", "школа", "Рябков", "a", "peace", "б" * 40]), max_size=6)
_ARTICLES = st.lists(
    st.tuples(
        _WORDS.map(" ".join),
        _WORDS.map(" ".join),
        st.lists(st.sampled_from(["мир", "art"]), unique=True),
        st.booleans(),
    ),
    min_size=1,
    max_size=5,
)
"""Titles, bodies, subjects, whether each lives."""


def segment_of(path: Path, articles: list[AnalysedArticle]) -> Segment:
    batch = Batch()
    for article in articles:
        batch.add(article)
    batch.write(path)
    return Segment(path)


@settings(deadline=None)
@given(st.lists(_ARTICLES, min_size=1, max_size=4), st.sampled_from([1, 3, 1_000]))
def test_a_merge_is_what_the_living_articles_give_at_once(
    tmp_path_factory: pytest.TempPathFactory,
    parts: list[list[tuple[str, str, list[str], bool]]],
    bound: int,
) -> None:
    folder = tmp_path_factory.mktemp("merged")
    before, living = [], []
    for number, part in enumerate(parts):
        articles = [
            made(f"{len(part) - place}-{number}", body or "a", title=title, subjects=subjects)
            for place, (title, body, subjects, _) in enumerate(part)
        ]
        alive = [lives for *_, lives in part]
        before.append(LiveSegment(segment_of(folder / str(number), articles), np.array(alive)))
        living += [article for article, lives in zip(articles, alive, strict=True) if lives]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(terms, "_STRIDE", 1)
        patch.setattr(terms, "_STRINGS", bound)
        patch.setattr(merge_group, "_CHUNK", bound)
        patch.setattr(merge_group, "_POSTINGS", bound)
        patch.setattr(merge_module, "_STORED", bound)
        assert merge(before, folder / "merged") == len(living)
    one, expected = Segment(folder / "merged"), segment_of(folder / "expected", living)
    assert set(one.container.names()) == set(expected.container.names())
    apart = ("stored", *(f"{facet}.{name}" for facet in FACETS for name in ("sets", "codes", "of")))
    for name in expected.container.names():
        if not name.startswith(apart):
            found = one.container.array(name).tolist()
            assert found == expected.container.array(name).tolist(), name
    for facet in FACETS:
        columns = one.facet(facet), expected.facet(facet)
        labels = [[column.labels_of(at) for at in column.of.tolist()] for column in columns]
        assert labels[0] == labels[1]
        assert len(columns[0].sets) == len(columns[1].sets)
    stored = [[record.whole() for record in some.all_stored()] for some in (one, expected)]
    assert stored[0] == stored[1]


def in_memory(path: Path) -> int:
    """KiB of the file's pages that count as this process's memory."""
    taken = 0
    of_it = False
    for line in Path("/proc/self/smaps").read_text().splitlines():
        if not line.split()[0].endswith(":"):
            of_it = line.endswith(str(path))
        elif of_it and line.startswith("Rss:"):
            taken += int(line.split()[1])
    return taken


def test_a_merge_gives_back_the_pages_that_it_read(tmp_path: Path) -> None:
    parts = []
    for number in range(3):
        articles = [made(f"{number}-{one}", f"слово{one} мир") for one in range(200)]
        segment = segment_of(tmp_path / str(number), articles)
        parts.append(LiveSegment(segment, np.arange(200) % 3 > 0))
    merge(parts, tmp_path / "merged")
    for segment, _ in parts:
        assert not in_memory(segment.container.path)
        assert segment.stored(0).whole()
        assert in_memory(segment.container.path)


def test_strings_of_a_stretch_are_few_where_they_are_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(terms, "_BYTES", 100_000)
    with ContainerWriter(tmp_path / "file") as writer:
        for number in range(2):
            long = sorted(f"{one:05}{number}{'ш' * 500}".encode() for one in range(2_000))
            write_terms(writer, str(number), [long])
        writer.finish({})
    tables = [TermDictionary(Container(tmp_path / "file"), str(number)) for number in range(2)]
    for stretch in side_by_side(tables):
        read = [table.some(places) for table, places in zip(tables, stretch, strict=True)]
        assert sum(map(len, chain.from_iterable(read))) <= 3 * 100_000


def test_a_merge_holds_a_few_numbers_a_term_and_not_the_terms(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(terms, "_STRINGS", 1_000)
    monkeypatch.setattr(merge_group, "_CHUNK", 1_000)
    monkeypatch.setattr(postings, "_IN_MEMORY", 1_000)
    words = 120_000
    parts = []
    for number in range(4):
        engine = WhooshEngine(tmp_path / str(number), PLAIN)
        long = " ".join(f"an-uncommonly-long-word-{word}" for word in range(number, words, 4))
        engine.write([made(str(number), long)])
        (path,) = (tmp_path / str(number)).glob("g*/*.poisk")
        parts.append(LiveSegment(Segment(path), np.ones(1, dtype=np.bool_)))
    tracemalloc.start()
    try:
        merge(parts, tmp_path / "merged")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    merged = Segment(tmp_path / "merged")
    every = chain.from_iterable(OneField(part.segment, "body").all() for part in parts)
    assert OneField(merged, "body").all() == sorted(set(every))
    assert peak < 100 * words


@pytest.mark.parametrize(
    ("dictionaries", "expected"),
    [
        ([b"a" * 8, b"a" * 8], b"a" * 8),
        ([b"a" * 8, b"a" * 8, b"b" * 8], b"a" * 8),
        ([b"a" * 8, b"b" * 8, b"c" * 8], b""),
        ([b"", b"", b"a" * 8], b""),
    ],
)
def test_records_are_copied_that_have_the_dictionary_of_most(
    tmp_path: Path, dictionaries: list[bytes], expected: bytes
) -> None:
    segments = []
    for number, dictionary in enumerate(dictionaries):
        batch = Batch()
        for at in range(3):
            batch.add(made(f"{number}-{at}", "школа " * 9_000 * at + "конец"))
        batch.write(tmp_path / f"{number}", dictionary)
        live_docs = np.array([True, number == 0, True])
        segments.append(LiveSegment(Segment(tmp_path / f"{number}"), live_docs))
    merge(segments, tmp_path / "merged")
    merged = Segment(tmp_path / "merged")
    assert merged.stored_dictionary == expected
    assert [stored.whole() for stored in merged.all_stored()] == [
        segment.stored(doc_id).whole()
        for segment, live_docs in segments
        for doc_id in np.flatnonzero(live_docs).tolist()
    ]
