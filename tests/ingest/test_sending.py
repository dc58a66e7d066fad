"""Articles sent to a Poisk elsewhere: what arrives, and the error if it is refused."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

import pytest

from index.errors import RequestRefused
from index.ingest.intake import IntakeReport
from index.ingest.sending import send
from index.store.keys import Scope
from search.parts import Parts
from tests.support.demo import parts_in
from tests.support.processes import environment, free_port, served

UNKNOWN = f"poisk_aaaaaaaaaa_{'a' * 43}"
"""What may be a key, and is none."""


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Parts]]:
    folder = tmp_path_factory.mktemp("elsewhere")
    with served(folder, workers=1) as (address, _):
        parts = parts_in(folder)
        yield address, parts
        parts.close()


def sent(folder: Path, address: str, key: str, lines: str) -> subprocess.CompletedProcess[str]:
    """What `poisk load --to` says of these lines."""
    file = folder / "articles.jsonl"
    file.write_text(lines, encoding="utf-8")
    return subprocess.run(
        [sys.executable, "-m", "search.cli.main", "load", str(file), "--to", address],
        env={**environment(folder), "POISK_KEY": key},
        capture_output=True, text=True, timeout=120, check=False, encoding="utf-8",
    )  # fmt: skip


def line(number: int, **more: str) -> str:
    return json.dumps({"id": f"{number}", "title": "слово", **more}) + "\n"


def test_what_is_sent_arrives_and_a_line_that_is_no_article_is_reported(
    elsewhere: tuple[str, Parts], tmp_path: Path
) -> None:
    address, parts = elsewhere
    key = parts.keys.create(Scope.WRITE)[1]
    done = sent(tmp_path, f"{address}/", key, line(1) + "no article\n" + line(2))
    assert "2 loaded, 1 refused" in done.stderr
    assert "line 2" in done.stderr
    assert done.returncode == 1
    assert set(parts.store.get(["1", "2"])) == {"1", "2"}
    assert sent(tmp_path, address, key, line(1)).returncode == 0


@pytest.mark.parametrize("megabytes", [0, 8])
def test_a_key_that_is_refused_is_reported_however_much_is_sent(
    elsewhere: tuple[str, Parts], tmp_path: Path, megabytes: int
) -> None:
    address, _ = elsewhere
    noise = "".join(line(one, body=os.urandom(50_000).hex()) for one in range(megabytes * 10))
    done = sent(tmp_path, address, UNKNOWN, noise + line(1))
    assert done.returncode == 1
    assert done.stderr.startswith(
        "poisk: --to: Poisk answered 401: Authorization: the key is unknown"
    )
    assert done.stderr.count("Authorization") == 1


@pytest.mark.parametrize(
    ("address", "key", "says"),
    [
        ("search.example.ru", UNKNOWN, "--to: 'search.example.ru' is not an address"),
        ("http://127.0.0.1:99999", UNKNOWN, "--to: 'http://127.0.0.1:99999' is not an address"),
        ("http://127.0.0.1:80", "ключ", "POISK_KEY: this is not a key"),
        ("http://127.0.0.1:80", "", "POISK_KEY: this is not a key"),
        ("http://127.0.0.1:PORT", UNKNOWN, "refused; check that Poisk runs there"),
    ],
)
def test_an_address_or_a_key_that_cannot_be_one_is_reported_in_a_line(
    tmp_path: Path, address: str, key: str, says: str
) -> None:
    done = sent(tmp_path, address.replace("PORT", str(free_port())), key, line(1))
    assert done.returncode == 1
    assert says in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_key_from_a_file_with_windows_line_ends_is_sent_and_never_shown(
    elsewhere: tuple[str, Parts], tmp_path: Path
) -> None:
    address, parts = elsewhere
    key = parts.keys.create(Scope.WRITE)[1]
    assert sent(tmp_path, address, f"{key}\r", line(1)).returncode == 0
    done = sent(tmp_path, address, f"{key}\r\nX-Other: 1", line(1))
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "POISK_KEY: this is not a key" in done.stderr
    assert key not in done.stderr


def test_what_is_refused_elsewhere_is_reported_with_the_address_and_its_line_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answer = {
        "change": 1, "accepted": 0, "stale": 0, "refusals": 1,
        "refused": [{"line": 3, "id": "7", "field": "title", "error": "missing; send it",
                     "cause": "missing", "cure": "send it"}],
    }  # fmt: skip
    monkeypatch.setattr(HTTPConnection, "request", lambda *_, **__: None)
    monkeypatch.setattr(HTTPConnection, "getresponse", lambda _: Answer(answer))
    report = IntakeReport()
    send("http://there.example", UNKNOWN, (), report)
    assert [str(one) for one in report.rejected] == [
        "http://there.example, line 3: title: missing; send it"
    ]


@pytest.mark.parametrize(
    ("problem", "message"),
    [
        ({"detail": "id: empty; send it", "field": "id", "cause": "empty", "cure": "send it"},
         "--to: Poisk answered 422: id: empty; send it"),
        ({"detail": "Too large.", "field": "", "cause": "Too large.", "cure": "split it"},
         "--to: Poisk answered 422: Too large; split it"),
        ({"detail": "id: empty; send it", "field": "id", "cure": "send it"},
         "--to: Poisk answered 422: id: empty; send it"),
        ({"detail": "Too large."},
         "--to: Poisk answered 422: Too large.; see the log of that Poisk"),
    ],
)  # fmt: skip
def test_a_problem_is_reported_with_its_cause_from_earlier_versions_too(
    monkeypatch: pytest.MonkeyPatch, problem: dict[str, str], message: str
) -> None:
    monkeypatch.setattr(HTTPConnection, "request", lambda *_, **__: None)
    monkeypatch.setattr(HTTPConnection, "getresponse", lambda _: Answer(problem, 422))
    with pytest.raises(RequestRefused) as refused:
        send("http://there.example", UNKNOWN, (), IntakeReport())
    assert str(refused.value) == message


class Answer:
    def __init__(self, answer: object, status: int = 202) -> None:
        self.status = status
        self._answer = answer

    def read(self) -> bytes:
        return json.dumps(self._answer).encode()
