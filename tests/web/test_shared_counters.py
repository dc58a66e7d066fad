"""The counts of requests that the processes of one machine share."""

from collections import Counter
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from unittest.mock import patch

from hypothesis import given
from hypothesis import strategies as st

from search.web import shared_counters
from search.web.shared_counters import SharedCounters

_TIMES = 200


def _count(folder: Path, name: str) -> None:
    counters = SharedCounters(folder)
    for _ in range(_TIMES):
        counters.add(name, 60)


def test_processes_and_threads_lose_no_count(tmp_path: Path) -> None:
    counters = SharedCounters(tmp_path)
    processes = [get_context("fork").Process(target=_count, args=(tmp_path, "a")) for _ in "ab"]
    threads = [Thread(target=lambda: [counters.add("a", 60) for _ in range(_TIMES)]) for _ in "abc"]
    for process in processes:
        process.start()
    for thread in threads:
        thread.start()
    for process in processes:
        process.join()
    for thread in threads:
        thread.join()
    assert counters.add("a", 60).requests == 5 * _TIMES + 1


def test_a_window_lasts_from_its_first_request_and_begins_again(tmp_path: Path) -> None:
    counters = SharedCounters(tmp_path)
    asked = ((100.0, 1, 160.0), (159.0, 2, 160.0), (160.0, 1, 220.0), (90.0, 2, 220.0))
    for now, requests, until in asked:
        with patch("search.web.shared_counters.time.time", lambda now=now: now):
            assert counters.add("a", 60) == (requests, until)


@given(names=st.lists(st.text(max_size=3), max_size=60), garbage=st.binary(max_size=4_000))
def test_counts_are_right_beside_any_bytes(names: list[str], garbage: bytes) -> None:
    with patch.object(shared_counters, "_BUCKETS", 1 << 10), TemporaryDirectory() as made:
        folder = Path(made)
        (folder / "limits.bin").write_bytes(garbage)
        counters, expected = SharedCounters(folder), Counter[str]()
        for name in names:
            expected[name] += 1
            assert counters.add(name, 60).requests == expected[name]


def test_of_too_many_names_those_that_end_first_are_forgotten(tmp_path: Path) -> None:
    with patch.object(shared_counters, "_BUCKETS", 1):
        counters = SharedCounters(tmp_path)
        for number in range(9):
            assert counters.add(str(number), 60 + number).requests == 1
        assert counters.add("8", 60).requests == 2
        assert counters.add("0", 60).requests == 1


def test_a_file_that_was_removed_is_made_again_and_private(tmp_path: Path) -> None:
    counters = SharedCounters(tmp_path / "data")
    opened = len([*Path("/proc/self/fd").iterdir()])
    for _ in range(3):
        assert counters.add("a", 60).requests == 1
        file = tmp_path / "data" / "limits.bin"
        assert file.stat().st_mode & 0o777 == 0o600
        file.unlink()
    assert len([*Path("/proc/self/fd").iterdir()]) == opened + 1
