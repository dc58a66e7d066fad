"""A segment that compiled loops write is, byte for byte, the one that numpy and Python write."""

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.analysed import AnalysedArticle, analyse_article
from index.analysis.analyzer import Analyzer
from index.article import Article
from index.engines.whoosh import kernels
from index.engines.whoosh.write.build import Batch
from tests.support.demo import demo_articles
from tests.support.plain import made, plain
from tests.support.strategies import articles

pytestmark = pytest.mark.skipif(not kernels.COMPILED, reason="there is no C compiler")


def written(analysed: Sequence[AnalysedArticle]) -> bytes:
    """The file of a segment that has these articles."""
    batch = Batch()
    for one in analysed:
        batch.add(one)
    with TemporaryDirectory() as folder:
        batch.write(Path(folder) / "segment")
        return (Path(folder) / "segment").read_bytes()


def test_the_articles_of_the_demo_make_the_same_segment(monkeypatch: pytest.MonkeyPatch) -> None:
    analyzer = Analyzer(200_000)
    analysed = [analyse_article(article, analyzer.read) for article in demo_articles()]
    segment = written(analysed)
    monkeypatch.setattr(kernels, "COMPILED", False)
    assert written(analysed) == segment


def test_a_word_that_fills_an_article_makes_the_same_segment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bodies = ["школы " * count + "школа 💡" for count in (1, 126, 127, 128, 300, 70_000)]
    analysed = [made(str(number), body) for number, body in enumerate(bodies)]
    segment = written(analysed)
    monkeypatch.setattr(kernels, "COMPILED", False)
    assert written(analysed) == segment


@settings(deadline=None, max_examples=50)
@given(st.lists(articles(), max_size=8))
def test_any_articles_make_the_same_segment(some: list[Article]) -> None:
    analysed = list(map(plain, some))
    segment = written(analysed)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kernels, "COMPILED", False)
        assert written(analysed) == segment
