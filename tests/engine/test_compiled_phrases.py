"""The compiled kernel finds phrases as numpy does, on random segments."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.engines.whoosh import kernels
from index.engines.whoosh.read import phrase_searches, runs
from index.engines.whoosh.read.phrases import FoundPhrase, PhraseReader
from index.engines.whoosh.read.snapshot import Snapshot
from index.engines.whoosh.read.terms import TermReader
from index.engines.whoosh.segment.field_groups import by_kind
from index.engines.whoosh.segment.segment import Segment
from index.engines.whoosh.segment.sets import DocSet
from index.errors import IndexUnavailable
from index.query import In, Phrase
from index.schema import BODY, EXACT, LEAD, TITLE
from tests.engine.segment.test_groups import Occurrence, written

pytestmark = pytest.mark.skipif(not kernels.COMPILED, reason="Poisk was installed without them")

_SIZE = 10
OCCURRENCES: st.SearchStrategy[list[Occurrence]] = st.lists(
    st.tuples(
        st.integers(0, 4), st.integers(0, 9), st.integers(0, 4), st.integers(0, 6), st.booleans()
    ),
    min_size=1,
    max_size=400,
)
_FIELDS = st.lists(
    st.sampled_from([TITLE, LEAD, BODY, EXACT[TITLE], EXACT[BODY]]),
    min_size=1,
    max_size=4,
    unique=True,
)
_VARIANTS = st.lists(st.sampled_from(list("012345")), max_size=3)  # no segment has the last one
_PHRASES = st.builds(
    Phrase,
    parts=st.lists(_VARIANTS.map(tuple), max_size=4).map(tuple),
    fields=_FIELDS.map(lambda names: tuple(map(In, names))),
    slop=st.integers(0, 2),
)


def snapshot(
    make_folder: Callable[[str], Path], contents: Sequence[list[Occurrence]], deleted: set[int]
) -> Snapshot:
    """A snapshot of such segments. Of several ones some may have no deleted articles."""
    segments = [written(make_folder("group") / "file", some) for some in contents]
    live_docs = [
        np.array([base * _SIZE + number not in deleted for number in range(_SIZE)])
        for base in range(len(segments))
    ]
    return Snapshot(segments, [None if flags.all() else flags for flags in live_docs], None, "", "")


@settings(deadline=None)
@given(
    st.lists(OCCURRENCES, min_size=1, max_size=3),
    st.sets(st.integers(0, 29), max_size=4),
    st.sets(st.integers(0, 29)) | st.none(),
    st.lists(_PHRASES, min_size=1, max_size=8),
    st.integers(1, 8),
)
def test_phrases_are_found_alike(
    tmp_path_factory: pytest.TempPathFactory,
    contents: list[list[Occurrence]],
    deleted: set[int],
    among: set[int] | None,
    asked: list[Phrase],
    most: int,
) -> None:
    whole = snapshot(tmp_path_factory.mktemp, contents, deleted)
    within = None
    if among is not None:
        some = sorted(doc_id for doc_id in among - deleted if doc_id < whole.size)
        within = DocSet(whole.size, np.array(some, dtype=np.int64))

    def found() -> list[FoundPhrase]:
        reader = PhraseReader(TermReader(whole))
        return [reader.find(one, rows, within) for one in asked for rows in by_kind(one.fields)]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(phrase_searches, "PHRASE_POSITIONS", most)
        patch.setattr(runs, "PHRASE_POSITIONS", most)
        compiled = found()
        if within is not None:
            assert_added(whole, asked, within, compiled)
        patch.setattr(kernels, "COMPILED", False)
        expected = found()
    for one, other in zip(compiled, expected, strict=True):
        assert one.articles.doc_ids.tolist() == other.articles.doc_ids.tolist()
        assert one.frequencies.tolist() == other.frequencies.tolist()


def assert_added(
    whole: Snapshot, asked: Sequence[Phrase], within: DocSet, found: Sequence[FoundPhrase]
) -> None:
    """The weighted frequencies of the phrases are added to those of the articles."""
    reader, chosen = PhraseReader(TermReader(whole)), np.random.default_rng(7)
    searches = [(one, rows) for one in asked for rows in by_kind(one.fields)]
    for (one, rows), (articles, frequencies) in zip(searches, found, strict=True):
        weights = chosen.random((whole.size, len(rows.rows)), dtype=np.float32)
        sums = np.ones(len(within), dtype=np.float32)
        reader.add_frequencies(sums, one, rows, weights, within)
        expected = np.zeros(whole.size)
        expected[articles.doc_ids] = (frequencies.T * weights[articles.doc_ids]).sum(axis=1)
        assert sums - 1 == pytest.approx(expected[within.doc_ids], abs=1e-5)


def test_a_phrase_at_a_damaged_position_is_an_error(tmp_path: Path) -> None:
    written(tmp_path / "file", [(term, 0, 0, 90 + term, False) for term in range(5)])
    data = bytearray((tmp_path / "file").read_bytes())
    at = data.index(bytes(2 * (90 + term) for term in range(5)))
    data[at] ^= 2
    (tmp_path / "file").write_bytes(data)
    damaged = Snapshot([Segment(tmp_path / "file")], [None], None, "", "")
    phrase = Phrase((("0",), ("1",)), (In(TITLE),))
    (rows,) = by_kind(phrase.fields)
    with pytest.raises(IndexUnavailable):
        PhraseReader(TermReader(damaged)).find(phrase, rows)
