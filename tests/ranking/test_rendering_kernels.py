"""The compiled kernel of rendering, against what it does in Python."""

from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.rendering import kernels
from search.rendering.snippets import as_html

pytestmark = pytest.mark.skipif(not kernels.COMPILED, reason="Poisk was installed without it")

LETTERS = st.sampled_from("aя&<>\"' \u00a0\t\n\u2028\u200b—💡")


@given(st.text(LETTERS, max_size=40), st.sets(st.integers(0, 40)), st.integers(0, 1_000))
def test_a_passage_is_the_same_html(passage: str, offsets: set[int], start: int) -> None:
    bounds = sorted(min(one, len(passage)) + start for one in offsets)
    spans = [*zip(bounds[::2], bounds[1::2], strict=False)]
    compiled = as_html(passage, spans, start)
    with patch.object(kernels, "COMPILED", False):
        assert compiled == as_html(passage, spans, start)


@given(st.text(max_size=20), st.lists(st.tuples(st.integers(), st.integers())), st.integers())
def test_spans_beyond_a_passage_are_cut(
    passage: str, spans: list[tuple[int, int]], start: int
) -> None:
    try:
        html = as_html(passage, spans, start)
    except OverflowError:
        return
    assert html.count("<mark>") == len(spans)
