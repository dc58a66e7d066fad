"""Many articles at once, on all cores: the same index as one by one, whatever happens."""

import multiprocessing
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from index.analysed import AnalysedArticle
from index.article import Article, check_article
from index.engines.base import Engine
from index.engines.whoosh import engine
from index.engines.whoosh.engine import WhooshEngine
from index.engines.whoosh.segment.container import Container
from index.engines.whoosh.write import bulk, commit, writer
from index.errors import IndexBusy
from index.query import Everything, In, Terms
from index.results import Checkpoint, EngineRequest, LoadProgress, Page
from tests.support.plain import PLAIN, made, plain, rebuild
from tests.support.processes import environment


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Chunks so small that a test has many of them."""
    monkeypatch.setattr(bulk, "CHUNK", 20)
    monkeypatch.setattr(writer, "_FEW", 10)
    monkeypatch.setattr(writer, "_COMMIT", 3)


def article(number: int, body: str = "") -> Article:
    return check_article({"id": str(number), "body": body or f"word{number % 7} text"})


def articles(count: int) -> Iterator[Article]:
    return map(article, range(count))


@pytest.mark.parametrize("count", [0, 1, 10, 11, 60, 305])
def test_what_is_loaded_is_found_as_if_written_one_by_one(tmp_path: Path, count: int) -> None:
    loaded, written = WhooshEngine(tmp_path / "1", PLAIN), WhooshEngine(tmp_path / "2", PLAIN)
    assert sum(one.count for one in loaded.load(articles(count), plain)) == count
    if not count:
        return
    written.write(map(plain, articles(count)))
    question = EngineRequest(Terms(("word3",), (In("body"),)), page=Page(limit=1_000))
    one, other = loaded.reader().search(question), written.reader().search(question)
    assert one.total == other.total
    assert [hit.fields.id for hit in one.hits] == [hit.fields.id for hit in other.hits]
    assert [hit.score for hit in one.hits] == pytest.approx([hit.score for hit in other.hits])
    assert sorted(a.id for a in loaded.reader().scan()) == sorted(
        a.id for a in written.reader().scan()
    )


def test_of_two_articles_with_one_id_the_later_stays(tmp_path: Path) -> None:
    index_ = WhooshEngine(tmp_path, PLAIN)
    index_.write([made("5", "before")])
    given = [article(number % 50, f"turn{number // 50}") for number in range(200)]
    assert sum(one.count for one in index_.load(given, plain)) == 200
    assert index_.reader().count() == 50
    assert {one.body for one in index_.reader().scan()} == {"turn3"}


def test_commits_come_one_after_another(tmp_path: Path) -> None:
    index_ = WhooshEngine(tmp_path, PLAIN)
    seen = [index_.reader().count() for _ in index_.load(articles(200), plain)]
    assert seen == sorted(seen)
    assert seen[0] == 60
    assert seen[-1] == 200


def test_segments_are_merged_while_it_loads_where_they_become_many(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commit, "_MOST", 4)
    index_ = WhooshEngine(tmp_path, PLAIN)
    segments = [index_.stats().segments for _ in index_.load(articles(400), plain)]
    assert len(segments) > 4
    assert max(segments) <= 4
    assert sorted(int(one.id) for one in index_.reader().scan()) == list(range(400))


def broken(one: Article) -> AnalysedArticle:
    if one.id == "150":
        raise ValueError("cannot be analysed")
    return plain(one)


def test_a_source_that_fails_leaves_the_commits_before(tmp_path: Path) -> None:
    index_ = WhooshEngine(tmp_path, PLAIN)

    def failing() -> Iterator[Article]:
        yield from articles(190)
        raise ValueError("cannot be read")

    with pytest.raises(ValueError, match="cannot be read"):
        list(index_.load(failing(), plain))
    assert index_.reader().count() % 60 == 0 < index_.reader().count()
    assert not list(tmp_path.glob("g*/incoming-*"))
    before = index_.reader().count()
    index_.write([made("x")])
    assert index_.reader().count() == before + 1


def test_an_article_that_breaks_is_named_and_the_others_are_loaded(tmp_path: Path) -> None:
    index_ = WhooshEngine(tmp_path, PLAIN)
    loaded = list(index_.load(articles(400), broken))
    failed = dict(item for one in loaded for item in one.failed.items())
    assert failed == {"150": "ValueError: cannot be analysed"}
    assert sum(one.count for one in loaded) == index_.reader().count() == 399


def test_while_it_loads_nobody_else_writes_and_searches_go_on(tmp_path: Path) -> None:
    index_ = WhooshEngine(tmp_path, PLAIN)
    loading = index_.load(articles(200), plain)
    next(loading)
    with pytest.raises(IndexBusy):
        WhooshEngine(tmp_path, PLAIN).write([made("x")])
    assert WhooshEngine(tmp_path, PLAIN).reader().search(EngineRequest(Everything())).total == 60
    loading.close()  # type: ignore[attr-defined]
    WhooshEngine(tmp_path, PLAIN).write([made("x")])


_LOADER = """
import sys
from pathlib import Path
from index.article import check_article
from index.engines.base import Engine
from index.engines.whoosh.write import bulk, commit, writer
from index.engines.whoosh.segment.container import Container
from index.engines.whoosh.engine import WhooshEngine
from tests.support.plain import PLAIN, plain
bulk.CHUNK, writer._FEW, writer._COMMIT = 20, 10, 3
def endless():
    number = 0
    while True:
        yield check_article({"id": str(number), "body": "word"})
        number += 1
for done in WhooshEngine(Path(sys.argv[1]), PLAIN).load(endless(), plain):
    print(done.count, flush=True)
"""


def test_a_killed_load_leaves_whole_commits_and_no_process_behind(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", _LOADER, str(tmp_path)],
        env=environment(tmp_path), stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout
    for _ in range(3):
        assert process.stdout.readline() == "60\n"
    task = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    cores = [Path(f"/proc/{child}") for child in task.read_text().split()]
    assert cores
    process.send_signal(signal.SIGKILL)
    process.wait(timeout=30)
    process.stdout.close()
    for _ in range(100):
        if not any(core.exists() for core in cores):
            break
        time.sleep(0.1)
    assert not any(core.exists() for core in cores)
    index_ = WhooshEngine(tmp_path, PLAIN)
    assert index_.reader().count() % 60 == 0
    assert index_.reader().count() >= 180
    before = index_.reader().count()
    assert (
        sum(
            one.count for one in index_.load((article(-number - 1) for number in range(100)), plain)
        )
        == 100
    )
    assert index_.reader().count() == before + 100
    assert not list(tmp_path.glob("g*/incoming-*"))


def test_a_rebuild_on_all_cores_keeps_every_article(tmp_path: Path) -> None:
    index_ = WhooshEngine(tmp_path, PLAIN)
    list(index_.load(articles(305), plain))
    assert rebuild(index_) == 305
    assert sorted(int(one.id) for one in index_.reader().scan()) == list(range(305))


def test_a_rebuild_that_a_long_load_holds_up_catches_up_and_tries_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "_SWAP_WAIT", 0.05)
    index_ = WhooshEngine(tmp_path, PLAIN)
    index_.write([made("x")])
    before = index_.stats().generation
    loading = WhooshEngine(tmp_path, PLAIN).load(articles(200), plain)
    next(loading)
    looks = 0

    def later(_: Engine) -> bool:
        nonlocal looks
        looks += 1
        if looks == 3:
            list(loading)
        return False

    list(index_.rebuild([made("x").article], plain, later))
    assert looks == 4
    assert index_.stats().generation != before


def test_each_commit_of_a_load_has_the_checkpoint_and_deletions_of_what_was_read(
    tmp_path: Path,
) -> None:
    index_ = WhooshEngine(tmp_path, PLAIN)
    read = 0

    def given() -> Iterator[Article]:
        nonlocal read
        for read in range(200):
            yield article(read)

    returned: set[int] = set()

    def progress() -> LoadProgress:
        new = set(range(0, read, 10)) - returned
        returned.update(new)
        return LoadProgress(list(map(str, new)), Checkpoint("x", read))

    changes = []
    for _ in index_.load(given(), plain, progress):
        checkpoint = index_.reader().checkpoint()
        assert checkpoint is not None
        changes.append(checkpoint.change)
        there = {int(one.id) for one in index_.reader().scan()}
        assert there >= {number for number in range(checkpoint.change) if number % 10}
        assert not [number for number in there if number < checkpoint.change and number % 10 == 0]
    assert changes == sorted(set(changes))
    assert len(changes) > 2
    assert index_.reader().checkpoint() == Checkpoint("x", 199)


@pytest.mark.parametrize("count", [8, 50])
def test_a_checkpoint_waits_until_earlier_failures_were_returned(
    tmp_path: Path, count: int
) -> None:
    index_ = WhooshEngine(tmp_path, PLAIN)

    def breaking(one: Article) -> AnalysedArticle:
        if one.id == "5":
            raise ValueError("no")
        return plain(one)

    loading = index_.load(
        articles(count), breaking, lambda: LoadProgress((), Checkpoint("x", count))
    )
    assert set(next(loading).failed) == {"5"}
    assert index_.reader().count() == count - 1
    assert index_.reader().checkpoint() is None
    assert not list(loading)
    assert index_.reader().checkpoint() == Checkpoint("x", count)


def test_long_articles_are_many_sooner_and_their_chunks_are_short(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "_FEW_CHARACTERS", 2_000)
    monkeypatch.setattr(bulk, "_CHUNK_CHARACTERS", 4_000)
    given = [
        check_article({"id": str(n), "title": "t", "lead": "long " * 200, "subjects": ["s"]})
        for n in range(9)
    ]
    first, others = bulk.few(given, 10)
    assert others is not None
    assert [len(chunk) for chunk in bulk.in_chunks(first, others)] == [4, 4, 1]
    digits = [article(number, "1 " * 300) for number in range(6)]
    assert [len(chunk) for chunk in bulk.in_chunks([], digits)] == [3, 3]
    index_ = WhooshEngine(tmp_path, PLAIN)
    assert sum(one.count for one in index_.load(given, plain)) == 9 == index_.reader().count()


def test_the_first_chunks_are_smaller_so_that_no_core_waits_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(bulk, "_FIRST", 5)
    first, others = bulk.few(map(article, range(90)), 5)
    assert others is not None
    assert [len(chunk) for chunk in bulk.in_chunks(first, others)] == [7, 10, 20, 20, 20, 13]


def test_a_load_that_is_given_up_leaves_no_file_though_segments_are_on_their_way(
    tmp_path: Path,
) -> None:
    index_ = WhooshEngine(tmp_path, PLAIN)
    for _ in range(5):
        loading = index_.load(articles(1_000), plain)
        next(loading)
        loading.close()  # type: ignore[attr-defined]
        assert not list(tmp_path.glob("g*/incoming-*"))


def test_a_core_whose_parent_died_before_it_was_bound_to_it_ends() -> None:
    orphan = multiprocessing.get_context("fork").Process(target=bulk._alone, args=(1,))
    orphan.start()
    orphan.join(30)
    assert orphan.exitcode == 1


def test_what_a_killed_merge_left_is_swept_by_the_next_commit(tmp_path: Path) -> None:
    index_ = WhooshEngine(tmp_path, PLAIN)
    index_.write([made("1")])
    (live,) = tmp_path.glob("g*")
    (live / "incoming-MAIN_abc.poisk").write_bytes(b"half")
    index_.write([made("2")])
    assert not list(live.glob("incoming-*"))


def test_a_merge_with_another_core_is_as_one_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    some = [
        made(
            str(number), "мир " * (number % 3) + f"слово{number} Рябков",
            title=f"title{number % 5}", subjects=[f"s{number % 4}"], authors=["Рябков"],
        )
        for number in range(60)
    ]  # fmt: skip
    merged = []
    for name, large in (("alone", 1_000), ("helped", 5)):
        monkeypatch.setattr(commit, "_LARGE", large)
        index_ = WhooshEngine(tmp_path / name, PLAIN)
        for start in range(0, 60, 10):
            index_.write(some[start : start + 10], [str(start - 3)])
        segments = (tmp_path / name).glob("g*/*.poisk")
        merged.append(Container(max(segments, key=lambda path: path.stat().st_size)))
    alone, helped = merged
    assert alone.facts == helped.facts
    assert set(alone.names()) == set(helped.names())
    for section in alone.names():
        assert alone.array(section).tolist() == helped.array(section).tolist(), section
