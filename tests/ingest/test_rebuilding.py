"""A missing or damaged index is built again; a rebuild has the changes made meanwhile."""

import random
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from index.errors import StoreUnavailable
from index.ingest import indexer as indexing
from index.ingest.indexer import Stop
from index.results import Checkpoint
from index.store.jobs import Job, Jobs, JobState
from search.cli.checking import check, repair
from search.parts import Parts
from tests.support.demo import parts_in
from tests.support.indexing import (
    article,
    caught_up,
    checkpoint,
    titles,
    until,
)
from tests.support.processes import environment, poisk

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
    until(lambda: parts.store.last() == checkpoint(parts))
    (path,) = (tmp_path / "index").glob(name)
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.write_bytes(path.read_bytes()[:-1])
    parts.store.put([article(2)])
    parts.indexer.wake()
    until(lambda: titles(parts) == {"1": "слово", "2": "слово"})
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
