"""Writing to a real Poisk: processes die, bodies are large, others come back."""

import gzip
import json
import os
import signal
import socket
import subprocess
import sys
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import Request, urlopen

import pytest

from tests.support.processes import GUNICORN, SERVE, children, environment, poisk, served


def until(holds: Callable[[], object]) -> None:
    for _ in range(600):
        if holds():
            return
        time.sleep(0.05)
    raise AssertionError


def lines(count: int, text: str = "слово") -> Iterator[str]:
    for number in range(count):
        yield json.dumps({"id": str(number), "title": f"{text} {number}", "body": text * 50})


def ask(address: str, method: str, path: str, key: str, body: Any = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    with urlopen(Request(address + path, data, headers, method=method), timeout=60) as answer:
        return json.load(answer)


def status(address: str, path: str) -> int:
    try:
        with urlopen(address + path, timeout=60) as answer:
            return int(answer.status)
    except HTTPError as error:
        with error:
            return error.code


def new_key(folder: Path, scope: str = "admin") -> str:
    return poisk(folder, "keys", "create", "--create", "--scope", scope).stdout.strip()


def indexer_of(process: subprocess.Popen[str]) -> int | None:
    """The indexer: the child of the one child that has any."""
    for child in children(process.pid):
        with suppress(FileNotFoundError):  # it died between two looks
            for grandchild in children(child):
                return grandchild
    return None


def watch_of(process: subprocess.Popen[str]) -> int:
    """The process that watches the indexer."""
    return next(one for one in children(process.pid) if children(one))


def peak(process: int) -> int:
    """The most memory that a process has had, in MiB."""
    status = Path(f"/proc/{process}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) // 1024


def test_articles_are_sent_to_a_poisk_elsewhere(tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    there.mkdir()
    path = here / "articles.jsonl.gz"
    path.write_bytes(gzip.compress("\n".join([*lines(700), "junk"]).encode()))
    key = new_key(there, "write")
    wrong = key[:-1] + ("B" if key.endswith("A") else "A")
    with served(there, workers=1) as (address, _):
        done = subprocess.run(
            [sys.executable, "-m", "search.cli.main", "load", str(path), "--to", address],
            env=environment(here, key=key), capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 1, done.stderr
        assert "line 701: not JSON" in done.stderr
        assert "700 loaded, 1 refused" in done.stderr
        assert ask(address, "GET", "/v1/changes/700?wait=30", key)["state"] == "searchable"
        assert ask(address, "GET", f"/v1/search?q={quote('словом')}", key)["total"] == 700
        refused = subprocess.run(
            [sys.executable, "-m", "search.cli.main", "load", str(path), "--to", address],
            env=environment(here, key=wrong), capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert refused.returncode == 1
        assert "Authorization" in refused.stderr
        assert wrong not in refused.stderr
    assert not (here / "archive.sqlite").exists()


@pytest.mark.parametrize("kind", ["lines", "packed list"])
def test_a_large_body_is_not_held_in_memory(tmp_path: Path, kind: str) -> None:
    key = new_key(tmp_path, "write")
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/x-ndjson"}
    first, between, last = b"", b"\n", b""
    packer = None
    if kind == "packed list":
        headers |= {"Content-Type": "application/json", "Content-Encoding": "gzip"}
        first, between, last = b"[", b",", b"]"
        packer = zlib.compressobj(1, wbits=31)
    with served(tmp_path, workers=1) as (address, process):
        ask(address, "GET", "/v1/changes", key)
        (worker,) = (one for one in children(process.pid) if not children(one))
        before = peak(worker)
        article = '{"id": "%d", "title": "слово", "body": "' + "текст " * 8_000 + '"}'

        def plain() -> Iterator[bytes]:
            for number in range(2_400):  # 210 MB; two batches of them take 110
                yield (between if number else first) + (article % (number % 40)).encode()
            yield last

        def packed(packer: Any) -> Iterator[bytes]:
            yield from filter(None, map(packer.compress, plain()))
            yield packer.flush()

        body = packed(packer) if packer else filter(None, plain())
        request = Request(f"{address}/v1/articles", body, headers, method="POST")
        with urlopen(request, timeout=300) as answer:
            assert json.load(answer)["accepted"] == 2_400
        assert peak(worker) - before < 150


def test_an_indexer_that_dies_is_followed_by_another_at_once(tmp_path: Path) -> None:
    key = new_key(tmp_path)
    with served(tmp_path, workers=1) as (address, process):
        until(lambda: ask(address, "GET", "/v1/changes", key)["indexer"])
        first = indexer_of(process)
        assert first
        ask(address, "PUT", "/v1/articles/1", key, {"title": "слово"})
        os.kill(first, signal.SIGKILL)
        change = ask(address, "PUT", "/v1/articles/2", key, {"title": "слово"})["change"]
        assert ask(address, "GET", f"/v1/changes/{change}?wait=30", key)["state"] == "searchable"
        assert ask(address, "GET", f"/v1/search?q={quote('слово')}", key)["total"] == 2
        assert indexer_of(process) != first
        watch = watch_of(process)
        second = indexer_of(process)
        process.kill()
        process.wait()
        until(lambda: not Path(f"/proc/{watch}").exists())
        until(lambda: not Path(f"/proc/{second}").exists())


@pytest.mark.parametrize("command", [SERVE, GUNICORN], ids=" ".join)
def test_a_watch_that_dies_is_followed_by_another(tmp_path: Path, command: tuple[str, ...]) -> None:
    key = new_key(tmp_path)
    with served(tmp_path, command, workers=1) as (address, process):
        until(lambda: indexer_of(process))
        first = indexer_of(process)
        os.kill(watch_of(process), signal.SIGKILL)
        until(lambda: indexer_of(process) not in {None, first})
        change = ask(address, "PUT", "/v1/articles/1", key, {"title": "слово"})["change"]
        assert ask(address, "GET", f"/v1/changes/{change}?wait=30", key)["state"] == "searchable"


def test_an_indexer_that_ends_its_commit_leaves_the_port_to_the_next_service(
    tmp_path: Path,
) -> None:
    with served(tmp_path, workers=1) as (address, process):
        until(lambda: indexer_of(process))
        watch, indexer = watch_of(process), indexer_of(process)
        assert indexer
        (worker,) = (one for one in children(process.pid) if one != watch)
        for one in (watch, indexer):
            os.kill(one, signal.SIGSTOP)  # as if it were in a long commit
        process.kill()
        process.wait()
        until(lambda: not Path(f"/proc/{worker}").exists())
        try:
            with socket.socket() as listening:
                listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                listening.bind(("127.0.0.1", int(address.rpartition(":")[2])))
        finally:
            for one in (watch, indexer):
                os.kill(one, signal.SIGCONT)
        until(lambda: not Path(f"/proc/{indexer}").exists())


def test_a_rebuild_over_http_runs_beside_the_service(tmp_path: Path) -> None:
    key = new_key(tmp_path)
    poisk(tmp_path, "load", "-", given="\n".join(lines(50)))
    with served(tmp_path, workers=1) as (address, _):
        number = ask(address, "POST", "/v1/rebuild", key)["number"]
        ask(address, "PUT", "/v1/articles/new", key, {"title": "слово"})

        def done() -> bool:
            rebuild = ask(address, "GET", "/v1/changes", key)["rebuild"]
            return bool(rebuild["number"] == number and rebuild["state"] == "done")

        until(done)
        assert ask(address, "GET", f"/v1/search?q={quote('слово')}", key)["total"] == 51
    assert poisk(tmp_path, "check").stdout == "no problems found: 51 articles\n"


@pytest.mark.parametrize("half", ["poisk.json", "*incoming*", "*incoming*/*.poisk"])
def test_a_rebuild_killed_halfway_leaves_the_live_index(tmp_path: Path, half: str) -> None:
    poisk(tmp_path, "load", "-", given="\n".join(lines(1_500)))
    process = subprocess.Popen(
        [sys.executable, "-m", "search.cli.main", "rebuild"],
        env=environment(tmp_path), stderr=subprocess.DEVNULL,
    )  # fmt: skip
    while not list((tmp_path / "index").glob(f"g000002/{half}")):
        assert process.poll() is None
        time.sleep(0.001)
    process.kill()
    process.wait()
    assert len(list((tmp_path / "index").glob("g*"))) == 2  # the half that it left
    found = json.loads(poisk(tmp_path, "search", "слово", "--json").stdout)
    assert found["total"] == 1_500
    assert poisk(tmp_path, "check").stdout == "no problems found: 1500 articles\n"
    assert poisk(tmp_path, "rebuild").returncode == 0
    assert len(list((tmp_path / "index").glob("g*"))) == 1
    assert poisk(tmp_path, "check").stdout == "no problems found: 1500 articles\n"


def test_a_missing_or_damaged_index_is_built_again_while_the_service_says_why(
    tmp_path: Path,
) -> None:
    key = new_key(tmp_path)
    poisk(tmp_path, "load", "-", given="\n".join(lines(20)))
    (segment,) = (tmp_path / "index").glob("g*/*.poisk")
    segment.write_bytes(segment.read_bytes()[:1_000])
    with served(tmp_path, workers=1) as (address, _):
        until(lambda: ask(address, "GET", "/v1/changes", key)["searchable"] == 20)
        assert ask(address, "GET", f"/v1/search?q={quote('слово')}", key)["total"] == 20
    assert poisk(tmp_path, "check").stdout == "no problems found: 20 articles\n"


def test_an_index_that_breaks_beside_the_service_is_repaired_for_all(tmp_path: Path) -> None:
    key = new_key(tmp_path)
    poisk(tmp_path, "load", "-", given="\n".join(lines(20)))
    with served(tmp_path, workers=1) as (address, _):
        change = ask(address, "PUT", "/v1/articles/0", key, {"title": "слово"})["change"]
        ask(address, "GET", f"/v1/changes/{change}?wait=30", key)  # the indexer has seen it whole
        segment = max((tmp_path / "index").glob("g*/*.poisk"), key=lambda one: one.stat().st_size)
        with segment.open("r+b") as file:  # not cut: who has it mapped would die
            file.seek(segment.stat().st_size // 2)
            byte = file.read(1)[0]
            file.seek(-1, os.SEEK_CUR)
            file.write(bytes([byte ^ 1]))
        assert poisk(tmp_path, "check").returncode == 1
        repaired = poisk(tmp_path, "check", "--repair")
        assert (repaired.returncode, repaired.stderr) == (0, "repaired\n")
        assert poisk(tmp_path, "check").stdout == "no problems found: 20 articles\n"
        assert ask(address, "GET", f"/v1/search?q={quote('слово')}", key)["total"] == 20


def test_an_index_that_breaks_beside_the_service_is_built_again_when_a_search_meets_it(
    tmp_path: Path,
) -> None:
    key = new_key(tmp_path)
    poisk(tmp_path, "load", "-", given="\n".join(lines(20)))
    with served(tmp_path, workers=1) as (address, _):
        until(lambda: ask(address, "GET", "/v1/changes", key)["indexer"])
        time.sleep(1)  # it has looked at every file
        (segment,) = (tmp_path / "index").glob("g*/*.poisk")
        with segment.open("r+b") as file:  # not cut: who has it mapped would die
            file.seek(64)
            file.write(bytes(segment.stat().st_size - 1_000))
        search = f"/v1/search?q={quote('слово')}"
        assert status(address, search) == 503
        until(lambda: status(address, search) == 200)
        assert ask(address, "GET", search, key)["total"] == 20


def test_the_store_is_backed_up_while_the_service_runs_and_restored(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    one.mkdir()
    two.mkdir()
    key = new_key(one)
    file = str(tmp_path / "backup.zst")
    with served(one, workers=1) as (address, _):
        ask(address, "POST", "/v1/articles", key, [json.loads(line) for line in lines(30)])
        assert "30 articles" in poisk(one, "backup", file).stderr
        ask(address, "DELETE", "/v1/articles/1", key)
        until(lambda: ask(address, "GET", "/v1/changes", key)["indexer"])
        assert "stop Poisk" in poisk(one, "restore", file, "--replace").stderr
        assert ask(address, "GET", "/v1/changes/31?wait=30", key)["state"] == "searchable"
    assert "30 articles" in poisk(two, "restore", file).stderr
    assert poisk(two, "check").stdout == "no problems found: 30 articles\n"
    assert poisk(two, "restore", file).returncode == 1
    with served(two, workers=1) as (address, _):  # keys come with the backup
        assert ask(address, "GET", f"/v1/search?q={quote('слово')}", key)["total"] == 30
        assert ask(address, "DELETE", "/v1/articles/1", key)["accepted"] == 1


@pytest.mark.parametrize("at", [0, 3])
def test_a_backup_takes_the_place_of_a_damaged_store(tmp_path: Path, at: int) -> None:
    file = str(tmp_path / "backup.zst")
    poisk(tmp_path, "load", "-", given="\n".join(lines(200)))
    poisk(tmp_path, "backup", file)
    store = tmp_path / "archive.sqlite"
    whole = store.read_bytes()
    page = int.from_bytes(whole[16:18], "big")
    store.write_bytes(whole[: page * at] + b"\xff" * (len(whole) - page * at))
    assert "restore FILE --replace" in poisk(tmp_path, "restore", file).stderr
    junk = tmp_path / "junk"
    junk.write_text("junk")
    assert (
        "the backup file is incomplete" in poisk(tmp_path, "restore", str(junk), "--replace").stderr
    )
    assert not list(tmp_path.glob("*.damaged-*"))
    done = poisk(tmp_path, "restore", file, "--replace")
    assert done.returncode == 0, done.stderr
    assert "200 articles" in done.stderr
    assert poisk(tmp_path, "check").stdout == "no problems found: 200 articles\n"
    assert list(tmp_path.glob("*.damaged-*"))
