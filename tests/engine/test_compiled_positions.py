"""The compiled kernel reads where terms stand as numpy does, on random segments."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.engines.whoosh import kernels
from index.engines.whoosh.read import positions
from index.engines.whoosh.read.positions import positions_in
from index.engines.whoosh.read.terms import TermReader
from index.schema import BODY, EXACT, LEAD, TITLE
from tests.engine.segment.test_groups import Occurrence
from tests.engine.test_compiled_phrases import OCCURRENCES, snapshot

pytestmark = pytest.mark.skipif(not kernels.COMPILED, reason="Poisk was installed without them")

_FIELDS = st.sampled_from([TITLE, LEAD, BODY, EXACT[TITLE], EXACT[BODY]])
_TERMS = st.lists(st.tuples(_FIELDS, st.sampled_from("012345")), max_size=12)
_STARTS = st.lists(st.tuples(_FIELDS, st.sampled_from(["", "0", "3", "5"])), max_size=3)


@settings(deadline=None)
@given(
    st.lists(OCCURRENCES, min_size=1, max_size=3),
    _TERMS,
    _STARTS,
    st.lists(st.integers(0, 29), max_size=6, unique=True),
    st.sampled_from([(1, 1), (3, 2), (12, 5), (400, 100)]),
)
def test_positions_are_read_alike(
    tmp_path_factory: pytest.TempPathFactory,
    contents: list[list[Occurrence]],
    terms: list[tuple[str, str]],
    starts: list[tuple[str, str]],
    hits: list[int],
    bounds: tuple[int, int],
) -> None:
    whole = snapshot(tmp_path_factory.mktemp, contents, set())
    doc_ids = np.array([hit for hit in hits if hit < whole.size], dtype=np.int64)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(positions, "MAX_POSITIONS", bounds[0])
        patch.setattr(positions, "FIRST_POSITIONS", bounds[1])
        compiled = positions_in(TermReader(whole), terms, starts, doc_ids)
        patch.setattr(kernels, "COMPILED", False)
        assert compiled == positions_in(TermReader(whole), terms, starts, doc_ids)
