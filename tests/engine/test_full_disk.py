"""A disk that is really full: writing is refused, searching goes on, writing resumes by itself."""

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import Request, urlopen

import pytest

from tests.support.processes import poisk, served

_SIZE = 24 * 1024 * 1024


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A folder with little room: a file system of its own in memory."""
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={_SIZE}", "tmpfs", str(folder)],
        capture_output=True, check=False,
    )  # fmt: skip
    if mounted.returncode:
        pytest.skip("this machine lets nobody mount a file system")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def ask(address: str, method: str, path: str, key: str, body: Any = None) -> tuple[int, Any]:
    data = None if body is None else json.dumps(body).encode()
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    try:
        with urlopen(Request(address + path, data, headers, method=method), timeout=60) as answer:
            return answer.status, json.load(answer)
    except HTTPError as error:
        return error.code, json.load(error)


def articles(number: int) -> list[dict[str, str]]:
    return [
        {"id": f"{number}-{one}", "title": f"слово {number}", "body": os.urandom(2_000).hex()}
        for one in range(100)
    ]


@pytest.mark.parametrize("reserve", [0, 8 * 1024 * 1024])
def test_on_a_full_disk_searching_goes_on_and_writing_resumes(small: Path, reserve: int) -> None:
    key = poisk(small, "keys", "create", "--create", "--scope", "write").stdout.strip()
    with served(small, workers=1, min_free_bytes=reserve) as (address, _):
        taken = 0
        for number in range(200):
            status, answer = ask(address, "POST", "/v1/articles", key, articles(number))
            if status == 507:
                break
            assert status == 202, answer
            taken += answer["accepted"]
            if not number:  # there is an index before the disk is full
                path = f"/v1/changes/{answer['change']}?wait=30"
                assert ask(address, "GET", path, key)[1]["state"] == "searchable"
        assert status == 507
        assert answer["type"] == "/docs#store-full"
        assert answer["cure"]
        status, found = ask(address, "GET", f"/v1/search?q={quote('слово')}", key)
        assert status == 200
        assert found["total"] > 0
        before = found["total"]
        subprocess.run(["mount", "-o", f"remount,size={4 * _SIZE}", str(small)], check=True)
        status, answer = ask(address, "POST", "/v1/articles", key, articles(999))
        assert status == 202, answer
        change = answer["change"]
        for _ in range(60):
            status, answer = ask(address, "GET", f"/v1/changes/{change}?wait=5", key)
            if answer.get("state") == "searchable":
                break
        assert answer["state"] == "searchable"
        total = ask(address, "GET", f"/v1/search?q={quote('слово')}", key)[1]["total"]
        assert total == taken + 100 >= before
    assert poisk(small, "check").stdout.startswith("no problems found")
