"""What the embedded engine does beside the contract: one writer, snapshots, its folder."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from index.analysed import AnalysedArticle
from index.article import Article
from index.engines.whoosh.engine import WhooshEngine
from index.errors import IndexBusy, IndexUnavailable
from index.query import Everything
from index.results import Retrieval
from tests.plain import PLAIN, made, plain


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "index"


@pytest.fixture
def engine(folder: Path) -> Iterator[WhooshEngine]:
    engine = WhooshEngine(folder, PLAIN)
    yield engine
    engine.close()


def total(engine: WhooshEngine) -> int:
    return engine.search(Retrieval(Everything())).total


def test_a_reader_keeps_its_snapshot_while_a_writer_commits(engine: WhooshEngine) -> None:
    engine.write([made(str(number)) for number in range(5)])
    reading = engine.scan()
    seen = [next(reading).id]
    engine.write([made("new")], delete=["0", "1", "2", "3"])
    assert total(engine) == 2
    seen += [article.id for article in reading]
    assert sorted(seen) == ["0", "1", "2", "3", "4"]


def test_a_reader_keeps_its_snapshot_while_a_rebuild_removes_its_folder(
    engine: WhooshEngine, folder: Path
) -> None:
    engine.write([made(str(number)) for number in range(5)])
    reading = engine.scan()
    seen = [next(reading).id]
    engine.rebuild(plain)
    engine.write([], delete=["4"])
    assert total(engine) == 4
    seen += [article.id for article in reading]
    assert sorted(seen) == ["0", "1", "2", "3", "4"]
    assert len(list(folder.glob("g*"))) == 1


def test_a_second_writer_is_told_that_the_index_is_busy(engine: WhooshEngine, folder: Path) -> None:
    engine.write([made("1")])
    other = WhooshEngine(folder, PLAIN)
    refused = []

    def analyse_while_others_write(article: Article) -> AnalysedArticle:
        with pytest.raises(IndexBusy) as write:
            other.write([made("2")])
        with pytest.raises(IndexBusy):
            other.rebuild(plain)
        refused.append(str(write.value))
        return plain(article)

    engine.rebuild(analyse_while_others_write)
    assert refused == ["index: another process is writing to it; try again when it is done"]
    other.write([made("2")])
    assert total(other) == total(engine) == 2
    other.close()


def test_after_a_failed_write_the_next_writer_is_not_kept_out(engine: WhooshEngine) -> None:
    engine.write([made("1")])

    def failing() -> Iterator[AnalysedArticle]:
        yield made("2")
        raise RuntimeError

    with pytest.raises(RuntimeError):
        engine.write(failing())
    engine.write([made("3")])
    assert total(engine) == 2


def test_an_index_of_another_schema_is_refused_with_the_cure(
    engine: WhooshEngine, folder: Path
) -> None:
    engine.write([made("1")])
    engine.close()
    (meta,) = folder.glob("g*/poisk.json")
    meta.write_text(json.dumps({"schema": 0, "analysis": PLAIN}))
    later = WhooshEngine(folder, PLAIN)
    with pytest.raises(IndexUnavailable, match="run `poisk rebuild`"):
        total(later)
    with pytest.raises(IndexUnavailable, match="run `poisk rebuild`"):
        later.write([made("2")])
    assert later.rebuild(plain) == 1
    assert total(later) == 1
    later.close()


@pytest.mark.parametrize("text", ["", "{}", "[]", "not json", '{"schema": 1}'])
def test_a_folder_that_is_no_index_is_refused_with_the_cure(
    engine: WhooshEngine, folder: Path, text: str
) -> None:
    engine.write([made("1")])
    engine.close()
    (meta,) = folder.glob("g*/poisk.json")
    meta.write_text(text)
    with pytest.raises(IndexUnavailable, match="is no index that this version can read"):
        total(WhooshEngine(folder, PLAIN))
