"""Poisk as it is served: gunicorn, its workers, what happens to them."""

import json
import os
import signal
import time
from collections.abc import Callable
from http.client import HTTPConnection
from pathlib import Path
from threading import Event, Thread
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import Request, urlopen

import pytest

from tests.support.asking import PROBLEM
from tests.support.demo import demo_in
from tests.support.processes import GUNICORN, SERVE, children, poisk, served


def total(address: str, query: str = "") -> int:
    with urlopen(f"{address}/v1/search?q={quote(query)}", timeout=30) as response:
        count: int = json.load(response)["total"]
        return count


def until(happened: Callable[[], bool]) -> bool:
    """Whether it happened, looked for during at most half a minute."""
    for _ in range(600):
        if happened():
            return True
        time.sleep(0.05)
    return False


def ended(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return "\nState:\tZ" in Path(f"/proc/{pid}/status").read_text()


def workers(first: int) -> set[int]:
    """The web workers: the indexer's watch is the child that has a child."""
    below = children(first)
    having = {one for one in below if children(one)}
    return set(below) - having if having else set()  # it comes before the workers


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    demo_in(tmp_path).close()
    return tmp_path


@pytest.mark.parametrize("command", [SERVE, GUNICORN], ids=" ".join)
def test_it_is_served_by_the_command_and_by_gunicorn_and_ends_on_a_signal(
    folder: Path, command: tuple[str, ...]
) -> None:
    with served(folder, command, workers=2) as (address, process):
        assert total(address, "школам") == 8
        assert until(lambda: len(children(process.pid)) == 3)  # two workers, the indexer's watch
        below = set(children(process.pid))
        process.terminate()
        assert process.wait(timeout=30) == 0
        assert all(until(lambda pid=worker: ended(pid)) for worker in below)  # type: ignore[misc]
    assert "Traceback" not in (folder / "serve.log").read_text()


def test_a_search_under_way_is_answered_before_it_ends(folder: Path) -> None:
    answers: list[int] = []
    stop = Event()

    def ask(address: str) -> None:
        while not stop.is_set():
            try:
                answers.append(total(address, "школам"))
            except HTTPError as error:  # refused with a status: an answer was promised
                answers.append(error.code)
            except OSError:  # nobody listens any more
                return

    with served(folder, GUNICORN, workers=1) as (address, process):
        asking = Thread(target=ask, args=(address,))
        asking.start()
        assert until(lambda: len(answers) > 20)
        process.terminate()
        assert process.wait(timeout=30) == 0
        stop.set()
        asking.join()
    assert set(answers) == {8}


def test_an_article_that_another_process_loads_is_found_at_once(folder: Path) -> None:
    with served(folder, GUNICORN, workers=2) as (address, _):
        assert total(address, "неслыханность") == 0
        given = '{"id": "new", "title": "Неслыханность"}\n'
        assert poisk(folder, "load", "-", given=given).returncode == 0
        assert [total(address, "неслыханностью") for _ in range(10)] == [1] * 10
        changed = given.replace("Неслыханность", "Переименование")
        assert poisk(folder, "load", "-", given=changed).returncode == 0
        assert [total(address, "неслыханность") for _ in range(10)] == [0] * 10
        assert poisk(folder, "rebuild").returncode == 0
        assert [total(address, "переименованием") for _ in range(10)] == [1] * 10


def test_a_worker_that_is_killed_is_replaced_and_searches_go_on(folder: Path) -> None:
    with served(folder, GUNICORN, workers=2) as (address, process):
        assert until(lambda: len(workers(process.pid)) == 2)
        killed = min(workers(process.pid))
        os.kill(killed, signal.SIGKILL)
        assert until(lambda: ended(killed))
        assert [total(address, "школам") for _ in range(20)] == [8] * 20
        assert until(lambda: len(workers(process.pid) - {killed}) == 2)
        assert [total(address, "школам") for _ in range(20)] == [8] * 20


def _worked(pid: int) -> int:
    """The processor time that a process had, in ticks."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return int(fields[11])


def test_workers_share_the_connections_that_a_proxy_keeps(folder: Path) -> None:
    def ask(host: str) -> None:
        connection = HTTPConnection(host, timeout=30)
        for _ in range(100):
            connection.request("GET", "/v1/search?q=%D0%B2")
            assert connection.getresponse().read()
        connection.close()

    with served(folder, GUNICORN, workers=2, search_limit="") as (address, process):
        assert until(lambda: len(workers(process.pid)) == 2)
        before = {pid: _worked(pid) for pid in workers(process.pid)}
        threads = [Thread(target=ask, args=(address.split("/")[2],)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        worked = [_worked(pid) - ticks for pid, ticks in before.items()]
        assert min(worked) > 0.2 * sum(worked)


def test_a_served_problem_is_a_problem(folder: Path) -> None:
    with served(folder, GUNICORN, workers=1) as (address, _):
        large = Request(f"{address}/v1/search", data=b"x" * 5_000_000, method="POST")
        for asked, status in ((large, 413), (Request(f"{address}/v1/none"), 404)):
            with pytest.raises(HTTPError) as caught:
                urlopen(asked, timeout=30)
            with caught.value as response:
                assert response.status == status
                assert response.headers["Content-Type"] == "application/problem+json"
                assert set(json.load(response)) == PROBLEM
        assert total(address, "школам") == 8


def test_a_wrong_setting_is_reported_before_anything_starts(folder: Path) -> None:
    done = poisk(folder, "serve", "--port", "70000")
    assert done.returncode == 1
    assert "POISK_PORT" in done.stderr
    assert "Traceback" not in done.stderr
