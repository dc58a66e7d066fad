"""What the embedded engine does beside the contract: one writer, snapshots, its folder."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from index.analysed import AnalysedArticle
from index.article import Article
from index.engines.whoosh import engine as engine_module
from index.engines.whoosh.engine import WhooshEngine
from index.engines.whoosh.read import snapshots
from index.engines.whoosh.segment import commit_point as toc
from index.engines.whoosh.segment.container import Container
from index.engines.whoosh.write import writer
from index.engines.whoosh.write.generations import Versions, check_versions, write_versions
from index.errors import IndexBusy, IndexUnavailable
from index.query import Everything, In, Or, Terms
from index.results import EngineRequest, Page, Sort
from tests.support.plain import PLAIN, made, plain, rebuild


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "index"


@pytest.fixture
def engine(folder: Path) -> Iterator[WhooshEngine]:
    engine = WhooshEngine(folder, PLAIN)
    yield engine
    engine.close()


def total(engine: WhooshEngine) -> int:
    return engine.reader().search(EngineRequest(Everything())).total


def test_a_reader_keeps_its_snapshot_while_a_writer_commits(engine: WhooshEngine) -> None:
    engine.write([made(str(number)) for number in range(5)])
    reading = engine.reader().scan()
    seen = [next(reading).id]
    engine.write([made("new")], delete=["0", "1", "2", "3"])
    assert total(engine) == 2
    seen += [article.id for article in reading]
    assert sorted(seen) == ["0", "1", "2", "3", "4"]


def test_a_reader_keeps_its_snapshot_while_a_rebuild_removes_its_folder(
    engine: WhooshEngine, folder: Path
) -> None:
    engine.write([made(str(number)) for number in range(5)])
    reading = engine.reader().scan()
    seen = [next(reading).id]
    rebuild(engine)
    engine.write([], delete=["4"])
    assert total(engine) == 4
    seen += [article.id for article in reading]
    assert sorted(seen) == ["0", "1", "2", "3", "4"]
    assert len(list(folder.glob("g*"))) == 1


def test_a_second_rebuild_raises_that_the_index_is_busy_and_writers_go_on(
    engine: WhooshEngine, folder: Path
) -> None:
    engine.write([made("1")])
    other = WhooshEngine(folder, PLAIN)
    refused = []

    def analyse_while_others_write(article: Article) -> AnalysedArticle:
        other.write([made("2")])
        with pytest.raises(IndexBusy) as again:
            rebuild(other)
        refused.append(str(again.value))
        return plain(article)

    some = list(engine.reader().scan())
    rebuild(engine, analyse_while_others_write, some)
    assert refused == [
        "index: another process is writing to the index; try again when it has finished"
    ]
    assert (
        total(other) == total(engine) == 1
    )  # the rebuild had no function that applies later changes
    other.close()


def test_a_second_writer_raises_that_the_index_is_busy(engine: WhooshEngine, folder: Path) -> None:
    engine.write([made("1")])
    other = WhooshEngine(folder, PLAIN)

    def write_while_another_writes() -> Iterator[AnalysedArticle]:
        with pytest.raises(IndexBusy):
            other.write([made("2")])
        yield made("3")

    engine.write(write_while_another_writes())
    assert total(other) == 2
    other.close()


@pytest.mark.parametrize("removed", [False, True])
def test_a_writer_to_a_generation_that_was_swapped_out_raises_and_loses_nothing(
    engine: WhooshEngine, folder: Path, monkeypatch: pytest.MonkeyPatch, removed: bool
) -> None:
    engine.write([made("1")])
    late = WhooshEngine(folder, PLAIN)

    def swapping(live: Path) -> object:
        monkeypatch.setattr(writer, "check_versions", check_versions)
        shutil.copytree(live, folder / "kept")
        rebuild(engine)
        (folder / "kept").rename(live)  # as if it were not removed yet
        found = check_versions(live)
        if removed:
            shutil.rmtree(live)
        return found

    monkeypatch.setattr(writer, "check_versions", swapping)
    with pytest.raises(IndexBusy):
        late.write([made("2")])
    late.write([made("2")])
    assert total(engine) == 2


def test_a_check_tells_nothing_of_files_that_a_rebuild_has_removed_meanwhile(
    engine: WhooshEngine,
) -> None:
    engine.write([made("1")])
    engine.write([made("2")])
    whole = Container.check_all

    def swapping(container: Container) -> None:
        whole(container)
        patched.undo()
        rebuild(engine)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Container, "check_all", swapping)
        assert list(engine.check()) == []


def test_what_a_killed_rebuild_left_is_swept_by_the_next(
    engine: WhooshEngine, folder: Path
) -> None:
    engine.write([made("1")])
    left = folder / "g000077"
    left.mkdir()
    (left / "half").write_bytes(b"half a segment")
    assert rebuild(engine) == 1
    assert not left.exists()
    assert total(engine) == 1


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
    (live,) = folder.glob("g*")
    write_versions(live, Versions(0, PLAIN))
    later = WhooshEngine(folder, PLAIN)
    with pytest.raises(IndexUnavailable, match=r"has schema 0, but this .* run `poisk rebuild`"):
        total(later)
    with pytest.raises(IndexUnavailable, match=r"has schema 0, but this .* run `poisk rebuild`"):
        later.write([made("2")])
    assert rebuild(later, articles=[made("1").article]) == 1
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
    with pytest.raises(IndexUnavailable, match="this version of Poisk cannot read the index"):
        total(WhooshEngine(folder, PLAIN))


@pytest.mark.parametrize("text", ["g000001\n", "g000005\n", "", "\n", "g1", "..\n", "\xff"])
def test_a_name_of_no_generation_is_an_error_and_a_rebuild_corrects_it(
    engine: WhooshEngine, folder: Path, text: str
) -> None:
    engine.write([made("1")])
    (live,) = folder.glob("g*")
    live.rename(folder / "g000003")
    (folder / "CURRENT").write_text(text, "latin-1")
    (folder / "mine").write_text("not the index's")
    for action in (lambda: total(engine), lambda: engine.write([made("2")])):
        with pytest.raises(
            IndexUnavailable, match="CURRENT: the file does not name an index folder; run `poisk"
        ):
            action()
    assert rebuild(engine, articles=[made("1").article]) == 1
    assert total(engine) == 1
    assert (folder / "mine").exists()
    assert len(list(folder.glob("g*"))) == 1


def test_a_commit_that_is_seen_keeps_its_files_whatever_fails_after(
    engine: WhooshEngine, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine.write([made("1")])

    def failing(path: Path) -> None:
        raise OSError(5, "Input/output error", str(path))

    monkeypatch.setattr(toc, "sync", failing)
    with pytest.raises(OSError, match="Input/output"):
        engine.write([made("2")])
    monkeypatch.undo()
    assert total(WhooshEngine(folder, PLAIN)) == 2
    engine.write([made("3")])
    assert total(engine) == 3


def test_several_groups_of_segments_are_merged_in_one_commit(engine: WhooshEngine) -> None:
    engine.write(made(f"many{number}") for number in range(200))
    for number in range(4):
        engine.write([made(f"one{number}")])
    engine.write(made(f"some{number}") for number in range(40))
    engine.write([made("last")], [f"some{number}" for number in range(18)])
    assert total(engine) == 200 + 4 + 22 + 1
    assert engine.stats().segments == 3


def test_a_commit_in_the_tick_in_which_a_reader_looked_is_seen(
    engine: WhooshEngine, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshots, "_TICK", 3_600_000_000_000)
    engine.write([made("1")])
    (live,) = folder.glob("g*")
    before = live.stat().st_mtime_ns
    assert total(engine) == 1
    WhooshEngine(folder, PLAIN).write([made("2")])
    os.utime(live, ns=(before, before))
    assert total(engine) == 2


def test_an_index_in_the_place_of_another_is_opened(engine: WhooshEngine, folder: Path) -> None:
    engine.write([made("1")])
    assert total(engine) == 1
    shutil.rmtree(folder)
    WhooshEngine(folder, PLAIN).write([made("2"), made("3")])
    assert total(engine) == 2


def test_a_reader_that_finds_its_folder_swapped_away_reads_the_next(
    engine: WhooshEngine, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine.write([made("1")])
    swaps: list[int] = []

    def swapped_away(live: Path) -> Versions:
        if not swaps:
            swaps.append(rebuild(WhooshEngine(folder, PLAIN), articles=[made("1").article]))
        return check_versions(live)

    monkeypatch.setattr(snapshots, "check_versions", swapped_away)
    assert total(engine) == 1
    assert swaps == [1]


def test_a_check_beside_a_writer_calls_no_merged_segment_broken(
    engine: WhooshEngine, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine.write(made(f"many{number}") for number in range(100))
    writer = WhooshEngine(folder, PLAIN)
    for number in range(4):
        writer.write([made(str(number))])

    def merged_away(path: Path) -> Container:
        if total(writer) == 104:
            writer.write([made("4")])
        return Container(path)

    monkeypatch.setattr(engine_module, "Container", merged_away)
    assert not list(engine.check())


def test_hits_sorted_by_date_are_scored_as_when_sorted_by_relevance(engine: WhooshEngine) -> None:
    rare = {17: "сталь сталь и пар", 2_900: "сталь"}
    engine.write(
        made(str(number), rare.get(number, "пар"), published_at=f"20{number % 90 + 10}-01-02")
        for number in range(3_500)
    )
    fields = (In("title"), In("body"))
    query = Or((Terms(("сталь",), fields), Terms(("пар",), fields)))
    for asked in (Terms(("сталь",), fields), query):
        scored = {
            sort: {
                hit.fields.id: hit.score
                for hit in engine.reader()
                .search(EngineRequest(asked, sort=sort, page=Page(limit=3_500)))
                .hits
            }
            for sort in Sort
        }
        assert len(scored[Sort.RELEVANCE]) == (2 if asked is not query else 3_500)
        for scores in scored.values():
            assert scores == pytest.approx(scored[Sort.RELEVANCE], rel=2e-6)


@pytest.mark.parametrize("many", [200, 300])
def test_a_word_is_found_in_a_small_segment_after_one_where_its_frequencies_vary(
    engine: WhooshEngine, many: int
) -> None:
    """Numbers of combinations are 8 bits wide in a segment that has few of them."""
    engine.write(made(f"old-{number}", body="a " * (number + 1)) for number in range(many))
    engine.write(made(f"new-{number}", body="b " + "a " * (number + 1)) for number in range(100))
    reader = engine.reader()
    found = reader.search(EngineRequest(Terms(("a",), (In("body", b=0.0),), "a")))
    assert found.total == many + 100
    assert found.hits[0].fields.id == f"old-{many - 1}"
    assert reader.frequencies("body", ["a", "b"]) == {"a": found.total, "b": 100}
