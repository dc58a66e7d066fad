"""The indexer: changes in order, each once, whatever happens; a broken index is built again."""

import random
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.article import Article, check_article
from index.engines.whoosh.write import bulk, writer
from index.errors import IndexBusy, IndexUnavailable, StoreUnavailable
from index.ingest import indexer as indexing
from index.ingest.indexer import BATCH, MANY, Stop
from index.results import Checkpoint
from index.store.jobs import Job, Jobs, JobState
from index.store.lease import Lease
from index.store.wake_signal import WakeSignal
from search.cli.checking import check, repair
from search.parts import Parts
from tests.support.demo import parts_in
from tests.support.processes import environment, poisk


@pytest.fixture
def parts(tmp_path: Path) -> Iterator[Parts]:
    opened = parts_in(tmp_path)
    opened.indexer.repair()
    yield opened
    opened.close()


def article(number: int, title: str = "слово") -> Article:
    return check_article({"id": str(number), "title": title, "language": "ru"})


def caught_up(parts: Parts) -> None:
    while parts.indexer.step():
        pass


def titles(parts: Parts) -> dict[str, str]:
    return {one.id: one.title for one in parts.engine.reader().scan()}


def checkpoint(parts: Parts) -> int:
    found = parts.engine.reader().checkpoint()
    assert found is not None
    assert found.store == parts.store.identity
    return found.change


def test_changes_are_taken_in_batches_and_the_checkpoint_goes_with_them(parts: Parts) -> None:
    parts.store.put([article(n) for n in range(BATCH + 3)])
    assert parts.indexer.step()
    assert checkpoint(parts) == BATCH == parts.engine.reader().count()
    assert parts.indexer.step()
    assert checkpoint(parts) == parts.store.last() == parts.engine.reader().count()
    assert not parts.indexer.step()


def test_many_changes_are_taken_in_bulk_with_deletions_and_repetitions(parts: Parts) -> None:
    parts.store.put([article(n) for n in range(MANY)])
    parts.store.delete(["5", "6"])
    parts.store.put([article(6, "снова"), article(7, "иначе")])
    assert parts.indexer.step()
    assert not parts.indexer.step()
    found = titles(parts)
    assert len(found) == MANY - 1
    assert "5" not in found
    assert (found["6"], found["7"]) == ("снова", "иначе")
    assert checkpoint(parts) == parts.store.last()


def test_a_bulk_ends_at_the_change_that_was_the_last_when_it_began(parts: Parts) -> None:
    parts.store.put([article(n) for n in range(MANY)])
    read = parts.store.pending

    def pending(after: int, limit: int) -> Any:
        parts.store.put([article(-after - 1)])  # a writer that never stops
        return read(after, limit)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(parts.store, "pending", pending)
        assert parts.indexer.step()
    assert MANY <= checkpoint(parts) < parts.store.last() + BATCH
    caught_up(parts)
    assert parts.engine.reader().count() == parts.store.count()


def many_in_small_commits(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    """So many articles wait that they are loaded in bulk, 400 a commit."""
    monkeypatch.setattr(bulk, "CHUNK", 400)
    monkeypatch.setattr(writer, "_COMMIT", 1)
    parts.store.put([article(n) for n in range(MANY)])


def test_a_bulk_that_dies_goes_on_where_its_last_commit_ended(
    parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    many_in_small_commits(parts, monkeypatch)
    parts.store.delete(["5"])
    loading = parts.indexer.load()
    next(loading)
    next(loading)
    del loading
    done = checkpoint(parts)
    assert 0 < done < len(titles(parts)) < MANY - 1  # the last batch was read in part
    assert set(titles(parts)) >= {str(n) for n in range(done) if n != 5}
    assert "5" not in titles(parts)
    caught_up(parts)
    assert len(titles(parts)) == MANY - 1


def test_an_indexer_whose_index_was_swapped_leaves_nothing_out(
    parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts.store.put([article(n) for n in range(3)])
    rebuilding = parts.indexer.rebuild()
    next(rebuilding)
    parts.store.put([article(n) for n in range(3, 6)])
    read = parts.store.pending
    caught_up(parts)

    def swapped(after: int, limit: int) -> Any:
        """A rebuild that knows of fewer changes is swapped in when the indexer has begun."""
        monkeypatch.setattr(parts.store, "pending", lambda *_: None)
        list(rebuilding)
        monkeypatch.setattr(parts.store, "pending", read)
        return read(after, limit)

    parts.store.put([article(6)])
    monkeypatch.setattr(parts.store, "pending", swapped)
    with pytest.raises(IndexBusy):
        parts.indexer.step()
    caught_up(parts)
    assert len(titles(parts)) == 7
    assert check(parts).well


@pytest.mark.parametrize("count", [3, MANY + 5])
def test_an_article_that_breaks_is_set_aside_and_the_others_go_on(
    parts: Parts, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    analyse = parts.analyse

    def breaking(one: Article) -> Any:
        if one.id == "1":
            raise ValueError("не разобрать")
        return analyse(one)

    monkeypatch.setattr(parts.indexer, "_analyse", breaking)
    parts.store.put([article(n) for n in range(count)])
    caught_up(parts)
    assert parts.engine.reader().count() == count - 1
    (failure,) = parts.indexer.failures.all()
    assert (failure.article_id, failure.number) == ("1", 2)
    assert failure.error == "ValueError: не разобрать"
    assert check(parts).well
    monkeypatch.undo()
    parts.store.put([article(1, "починено"), *(article(n, "иначе") for n in range(2, count))])
    caught_up(parts)
    assert parts.engine.reader().count() == count
    assert parts.indexer.failures.count() == 0


def test_a_rebuild_forgets_the_failures_that_it_has_mended(
    parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    analyse, broken = parts.analyse, {"1", "2"}

    def breaking(one: Article) -> Any:
        if one.id in broken:
            raise ValueError("не разобрать")
        return analyse(one)

    monkeypatch.setattr(parts.indexer, "_analyse", breaking)
    parts.store.put([article(n) for n in range(4)])
    caught_up(parts)
    broken.remove("1")
    list(parts.indexer.rebuild())
    assert [one.article_id for one in parts.indexer.failures.all()] == ["2"]
    assert set(titles(parts)) == {"0", "1", "3"}


_REBUILDING = """
import sys
from pathlib import Path
from tests.support.demo import parts_in
parts = parts_in(Path(sys.argv[1]))
for _ in parts.indexer.rebuild(job=1):
    print("rebuilding", flush=True)
    sys.stdin.read()
"""


def test_a_rebuild_whose_process_was_killed_has_failed(
    parts: Parts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexing, "STARTING", 0.0)
    jobs = Jobs(parts.store.database)
    jobs.request()
    started: list[int] = []
    parts.indexer._ensure_rebuild(started.append)
    process = subprocess.Popen(
        [sys.executable, "-c", _REBUILDING, str(tmp_path)],
        env=environment(tmp_path), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout
    assert process.stdin
    assert process.stdout.readline() == "rebuilding\n"
    parts.indexer._ensure_rebuild(started.append)
    assert _newest(jobs).state is JobState.RUNNING
    process.kill()
    process.wait()
    parts.indexer._ensure_rebuild(started.append)
    assert _newest(jobs).state is JobState.FAILED
    assert "killed" in _newest(jobs).message
    assert started == [1]
    process.stdin.close()
    process.stdout.close()


def test_the_command_tells_the_number_of_the_rebuild_that_runs(
    parts: Parts, tmp_path: Path
) -> None:
    parts.store.put([article(1)])
    parts.indexer.step()
    process = subprocess.Popen(
        [sys.executable, "-c", _REBUILDING.replace("job=1", "job=parts.indexer.begin_rebuild()"),
         str(tmp_path)],
        env=environment(tmp_path), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout
    assert process.stdin
    assert process.stdout.readline() == "rebuilding\n"
    refused = poisk(tmp_path, "rebuild")
    assert refused.returncode == 1
    assert "number 1 is already running" in refused.stderr
    assert "wait until it is done" in refused.stderr
    process.kill()  # at once after it was killed another may begin
    process.wait()
    assert poisk(tmp_path, "rebuild").returncode == 0
    process.stdin.close()
    process.stdout.close()


def _newest(jobs: Jobs) -> Job:
    newest = jobs.newest()
    assert newest
    return newest


def test_a_failure_of_an_earlier_change_hides_no_missing_article(parts: Parts) -> None:
    parts.store.put([article(1)])
    parts.store.put([article(1, "новое")])
    caught_up(parts)
    parts.indexer.failures.record({"1": (1, "не разобрать")})
    parts.engine.write([], ["1"])
    assert check(parts).missing == ("1",)
    parts.indexer.failures.record({"1": (2, "не разобрать")})
    assert check(parts).well


def test_after_a_death_before_the_commit_the_next_goes_on_at_the_same_place(
    parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts.store.put([article(1), article(2)])

    def dying(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(parts.engine, "write", dying)
    with pytest.raises(KeyboardInterrupt):
        parts.indexer.step()
    monkeypatch.undo()
    assert checkpoint(parts) == 0
    assert parts.engine.reader().count() == 0
    caught_up(parts)
    assert titles(parts) == {"1": "слово", "2": "слово"}


_STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("put"), st.integers(0, 6), st.sampled_from(["один", "два", "три"])),
        st.tuples(st.just("delete"), st.integers(0, 6), st.just("")),
        st.tuples(st.sampled_from(["index", "rebuild", "reopen"]), st.just(0), st.just("")),
    ),
    max_size=20,
)


@settings(max_examples=30)
@given(steps=_STEPS)
def test_any_history_ends_with_the_store_and_the_index_alike(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int, str]]
) -> None:
    folder = tmp_path_factory.mktemp("history")
    parts = parts_in(folder)
    parts.indexer.repair()
    expected: dict[str, str] = {}
    for what, number, title in steps:
        match what:
            case "put":
                parts.store.put([article(number, title)])
                expected[str(number)] = title
            case "delete":
                parts.store.delete([str(number)])
                expected.pop(str(number), None)
            case "index":
                parts.indexer.step()
            case "rebuild":
                list(parts.indexer.rebuild())
            case _:
                parts.close()
                parts = parts_in(folder)
    caught_up(parts)
    assert titles(parts) == expected
    assert check(parts).well
    parts.close()


def test_what_changes_during_a_rebuild_is_in_the_new_index(parts: Parts) -> None:
    parts.store.put([article(n) for n in range(5)])
    caught_up(parts)
    before = parts.engine.stats().generation
    rebuilding = parts.indexer.rebuild()
    next(rebuilding)
    parts.store.put([article(5, "пять"), article(0, "ноль")])
    parts.store.delete(["1"])
    assert parts.indexer.step()  # the live one goes on meanwhile
    assert titles(parts)["5"] == "пять"
    list(rebuilding)
    assert parts.engine.stats().generation != before
    assert titles(parts) == {"0": "ноль", "2": "слово", "3": "слово", "4": "слово", "5": "пять"}
    assert checkpoint(parts) == parts.store.last()


def test_a_missing_index_and_one_of_another_store_are_built_again(parts: Parts) -> None:
    parts.store.put([article(1)])
    caught_up(parts)
    parts.engine.write([], ["1"], Checkpoint("another", 1))
    assert parts.indexer.rebuild_reason() == "the index was built from another store"
    parts.indexer.repair()
    assert titles(parts) == {"1": "слово"}
    parts.engine.write([], [], Checkpoint(parts.store.identity, 99))
    assert parts.indexer.rebuild_reason() == "the index has changes that the store does not have"
    parts.indexer.repair()
    assert checkpoint(parts) == parts.store.last()
    assert parts.indexer.rebuild_reason() is None


def test_an_empty_store_never_empties_an_index_that_has_articles(tmp_path: Path) -> None:
    parts = parts_in(tmp_path)
    parts.indexer.repair()
    parts.store.put([article(1)])
    caught_up(parts)
    parts.close()
    for file in tmp_path.glob("archive.sqlite*"):
        file.unlink()
    parts = parts_in(tmp_path)
    for attempt in (parts.indexer.repair, lambda: repair(parts, check(parts))):
        with pytest.raises(StoreUnavailable, match="restore"):
            attempt()
        assert titles(parts) == {"1": "слово"}
    list(parts.indexer.rebuild())  # somebody said so
    assert titles(parts) == {}
    assert parts.indexer.rebuild_reason() is None
    parts.close()


@pytest.mark.parametrize("name", ["g*/*.poisk", "g*/*.toc", "g*/poisk.json", "CURRENT"])
@pytest.mark.parametrize("part", range(10))
def test_a_damaged_index_is_noticed_repaired_and_never_answers_wrongly(
    tmp_path: Path, part: int, name: str
) -> None:
    parts = parts_in(tmp_path)
    parts.indexer.repair()
    parts.store.put([article(n, f"слово{n} общее") for n in range(20)])
    caught_up(parts)
    parts.close()
    chosen = random.Random(part)
    for number in range(11):
        (path,) = (tmp_path / "index").glob(name)
        whole = path.read_bytes()
        if number == 10:
            path.write_bytes(whole[: len(whole) * part // 10])
        else:
            at = chosen.randrange(len(whole))
            flipped = bytearray(whole)
            flipped[at] ^= 1 << chosen.randrange(8)
            path.write_bytes(flipped)
        parts = parts_in(tmp_path)
        found = check(parts)
        assert found.broken
        repair(parts, found)
        assert check(parts).well
        assert len(titles(parts)) == 20
        assert len(list((tmp_path / "index").glob("g*"))) == 1
        parts.close()


@pytest.mark.parametrize("name", ["g*/*.toc", "g*/poisk.json", "CURRENT", "g*"])
def test_a_running_indexer_builds_a_damaged_index_again(tmp_path: Path, name: str) -> None:
    parts = parts_in(tmp_path)
    stop = Stop()
    running = threading.Thread(target=parts.indexer.run, args=(stop, print), daemon=True)
    running.start()
    parts.store.put([article(1)])
    _until(lambda: parts.store.last() == checkpoint(parts))
    (path,) = (tmp_path / "index").glob(name)
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.write_bytes(path.read_bytes()[:-1])
    parts.store.put([article(2)])
    parts.indexer.wake()
    _until(lambda: titles(parts) == {"1": "слово", "2": "слово"})
    stop.asked = True
    running.join(30)
    assert check(parts).well
    parts.close()


def test_articles_that_differ_are_named_and_repaired(parts: Parts) -> None:
    parts.store.put([article(n) for n in range(5)])
    caught_up(parts)
    here = checkpoint(parts)
    changed = parts.analyse(article(1, "не то"))
    extra = parts.analyse(article(9))
    parts.engine.write([changed, extra], ["2"], Checkpoint(parts.store.identity, here))
    found = check(parts)
    assert (found.missing, found.extra, found.stale) == (("2",), ("9",), ("1",))
    repair(parts, found)
    assert check(parts).well
    assert titles(parts) == {str(n): "слово" for n in range(5)}


def test_what_waits_for_the_indexer_is_no_fault(parts: Parts) -> None:
    parts.store.put([article(1)])
    found = check(parts)
    assert found.well
    assert found.waiting == 1


def test_two_indexers_take_turns_and_one_wakes_at_once(tmp_path: Path) -> None:
    one, two = parts_in(tmp_path), parts_in(tmp_path)
    stops = [Stop(), Stop()]
    threads = [
        threading.Thread(target=parts.indexer.run, args=(stop, print), daemon=True)
        for parts, stop in zip((one, two), stops, strict=True)
    ]
    for thread in threads:
        thread.start()
    _until(lambda: one.indexer.rebuild_reason() is None)
    holder = one.indexer.lease.holder()
    assert holder is not None
    for number in range(20):
        one.store.put([article(number)])
        one.indexer.wake()
        _until(lambda: one.store.last() == checkpoint(one))
    assert one.indexer.lease.holder() == holder
    for stop in stops:
        stop.asked = True
    for thread in threads:
        thread.join(30)
        assert not thread.is_alive()
    assert one.indexer.lease.holder() is None
    assert len(titles(one)) == 20
    one.close()
    two.close()


def test_a_standby_leaves_the_name_to_who_has_the_lease(parts: Parts) -> None:
    other = Lease(parts.store.database)
    assert other.take()
    stop, waiting = Stop(), WakeSignal(parts.store.identity)
    parts.indexer._wake.wait(0)  # as if it had had the lease before
    thread = threading.Thread(target=parts.indexer.run, args=(stop, print))
    thread.start()
    _until(lambda: parts.indexer._wake._waiting is None)
    waiting.wait(0)
    assert waiting._named
    stop.asked = True
    thread.join(30)
    waiting.close()


def test_while_another_rebuilds_an_indexer_that_would_mend_waits(
    parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop, slept = Stop(), list[float]()

    def busy() -> None:
        raise IndexBusy("index", "another process is writing to it", "try again")

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        stop.asked = len(slept) == 3

    monkeypatch.setattr(parts.indexer, "repair", busy)
    monkeypatch.setattr(time, "sleep", sleep)
    parts.indexer.run(stop, print)
    assert slept == [indexing.IDLE] * 3


def test_asked_to_stop_a_bulk_and_a_rebuild_end_with_the_commit_at_hand(
    parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    many_in_small_commits(parts, monkeypatch)
    before = parts.engine.stats().generation
    monkeypatch.setattr(parts.indexer, "_stop", Stop(asked=True))
    parts.indexer.step()
    assert 0 < checkpoint(parts) < parts.store.last()
    parts.engine.write([], [], Checkpoint("another", 1))
    parts.indexer.repair()
    assert parts.engine.stats().generation == before
    monkeypatch.undo()
    parts.indexer.repair()
    assert parts.engine.reader().count() == MANY


def _until(holds: Any) -> None:
    for _ in range(2_000):
        try:
            if holds():
                return
        except IndexUnavailable:
            pass
        time.sleep(0.01)
    raise AssertionError


def test_an_idle_indexer_sleeps(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    stop = Stop()

    def wait(seconds: float) -> None:
        waits.append(seconds)
        stop.asked = len(waits) == 3

    monkeypatch.setattr(parts.indexer._wake, "wait", wait)
    parts.indexer.run(stop, print)
    assert waits == [indexing.IDLE] * 3
