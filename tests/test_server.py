"""Poisk as it is served: gunicorn, its workers, what happens to them."""

import json
import os
import signal
import time
from pathlib import Path
from urllib.parse import quote
from urllib.request import urlopen

import pytest

from tests.demo import demo_in
from tests.processes import children, poisk, served


def total(address: str, query: str = "") -> int:
    with urlopen(f"{address}/v1/search?q={quote(query)}", timeout=30) as response:
        count: int = json.load(response)["total"]
        return count


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    demo_in(tmp_path).close()
    return tmp_path


@pytest.mark.parametrize(
    "command", [("-m", "search.cli", "serve"), ("-m", "gunicorn", "wsgi:app")], ids=" ".join
)
def test_it_is_served_by_the_command_and_by_gunicorn(
    folder: Path, command: tuple[str, ...]
) -> None:
    with served(folder, command) as (address, process):
        assert total(address, "школам") == 8
        process.terminate()
        assert process.wait(timeout=30) == 0


def test_an_article_that_another_process_loads_is_found_at_once(folder: Path) -> None:
    with served(folder) as (address, _):
        assert total(address, "неслыханность") == 0
        given = '{"id": "new", "title": "Неслыханность"}\n'
        assert poisk(folder, "load", "-", given=given).returncode == 0
        assert total(address, "неслыханностью") == 1
        assert poisk(folder, "rebuild").returncode == 0
        assert total(address, "неслыханностью") == 1


def test_a_worker_that_is_killed_is_replaced_and_searches_go_on(folder: Path) -> None:
    with served(folder, workers=2) as (address, process):
        before = set(children(process.pid))
        assert len(before) == 2
        os.kill(min(before), signal.SIGKILL)
        for _ in range(20):
            assert total(address, "школам") == 8
        for _ in range(200):
            now = set(children(process.pid))
            if len(now) == 2 and now != before:
                break
            time.sleep(0.05)
        assert len(now) == 2
        assert now != before


def test_a_wrong_setting_is_told_before_anything_starts(folder: Path) -> None:
    done = poisk(folder, "serve", "--port", "70000")
    assert done.returncode == 1
    assert "POISK_PORT" in done.stderr
    assert "Traceback" not in done.stderr
