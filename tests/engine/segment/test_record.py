"""A stored record, read block by block: what is read is what was stored, and no more is read."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.analysed import AnalysedArticle, analyse_article
from index.analysis.analyzer import Analyzer
from index.article import check_article
from index.engines.whoosh import kernels
from index.engines.whoosh.segment import ascending, record, stored_fields
from index.engines.whoosh.segment.container import Container, ContainerWriter
from index.engines.whoosh.segment.stored_fields import StoredBytes, Unpacker, write_stored
from index.results import WholeText
from tests.support.hits import fields_of

ANALYZER = Analyzer(20_000)
TEXTS = st.text(st.sampled_from("аяAz 1-.!\né💡"), max_size=200) | st.builds(
    "".join, st.lists(st.sampled_from(["Слово. ", "Ту-154 ", " " * 300, "a", "\n"]), max_size=30)
)


def stored(analysed: AnalysedArticle, folder: Path) -> StoredBytes:
    """The record of an article as a segment has it."""
    with ContainerWriter(folder / "segment") as writer:
        write_stored(writer, [b"", record.record(analysed)], b"")
        writer.finish({})
    return Unpacker(Container(folder / "segment")).record(1)


@contextmanager
def small(block: int, run: int) -> Iterator[None]:
    """Records of many blocks and runs."""
    with pytest.MonkeyPatch.context() as changed:
        changed.setattr(stored_fields, "BLOCK", block)
        changed.setattr(ascending, "RUN", run)
        changed.setattr(record, "RUN", run)
        yield


@settings(deadline=None)
@given(TEXTS, TEXTS, st.integers(1, 90), st.integers(1, 9), st.data())
def test_a_part_of_a_stored_text_is_that_part_of_the_text(
    lead: str, body: str, block: int, run: int, data: st.DataObject
) -> None:
    article = check_article({"id": "1", "title": "т", "lead": lead, "body": body})
    analysed = analyse_article(article, ANALYZER.read)
    with small(block, 2 * run), TemporaryDirectory() as folder:
        read = record.Record(stored(analysed, Path(folder)))
        for name in record.LONG:
            whole, text = WholeText(getattr(article, name)), read.text(name)
            assert len(text) == len(whole)
            for _ in range(5):
                bounds = st.integers(0, len(whole) + 2)
                start, end = sorted((data.draw(bounds), data.draw(bounds)))
                assert text.read(start, end) == whole.read(start, end)
                assert text.sentences(start, end) == whole.sentences(start, end)


@settings(deadline=None)
@given(TEXTS, st.integers(1, 90) | st.just(9_000), st.integers(1, 9), st.booleans(), st.data())
def test_words_start_where_they_stand_in_the_text(
    body: str, block: int, run: int, compiled: bool, data: st.DataObject
) -> None:
    analysed = analyse_article(
        check_article({"id": "1", "title": "т", "body": body}), ANALYZER.read
    )
    starts = analysed.starts.get("body", ())
    positions = sorted(data.draw(st.sets(st.integers(0, len(starts) - 1)))) if starts else []
    first = {start: position for position, start in reversed([*enumerate(starts)])}
    expected = {starts[position]: None for position in positions}
    with (
        patch.object(kernels, "COMPILED", compiled and kernels.COMPILED),
        small(block, 2 * run),
        TemporaryDirectory() as folder,
    ):
        words = record.Record(stored(analysed, Path(folder))).words("body", positions)
    assert words == [(first[start], start) for start in expected]


@pytest.mark.skipif(not kernels.COMPILED, reason="Poisk was installed without them")
@given(
    st.binary(max_size=40),
    st.integers(-2, 42),
    st.integers(-2, 42),
    st.sampled_from([0, 1, 2, 3, 4]),
    st.integers(0, 5),
    st.lists(st.integers(-2, 99)),
)
def test_a_damaged_record_is_not_read_beyond_its_end(
    data: bytes, start: int, end: int, width: int, run: int, positions: list[int]
) -> None:
    with suppress(IndexError):
        found = kernels.records.words(data, start, end, width, run, positions)
        assert len(found) <= len(positions) <= end - start <= len(data)


@settings(deadline=None)
@given(TEXTS, TEXTS, st.integers(1, 90))
def test_the_whole_article_is_read_from_its_blocks(lead: str, body: str, block: int) -> None:
    article = check_article(
        {"id": "1", "title": "т", "lead": lead, "body": body, "image_credit": "ф", "authors": ["а"],
         "published_at": "2020-05-09T10:00:00.5+03:00", "updated_at": "2021-01-01"}
    )  # fmt: skip
    with small(block, 4), TemporaryDirectory() as folder:
        read = record.Record(stored(analyse_article(article, ANALYZER.read), Path(folder)))
        assert read.article() == article
        assert read.fields() == fields_of(article)
