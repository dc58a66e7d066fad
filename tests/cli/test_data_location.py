"""Which data folder a command uses: it says so, and makes none unless that is wanted."""

import json
import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from index.store.connect import without_password
from tests.support.databases import make_database, postgresql
from tests.support.processes import ROOT

ONE = '{"id": "1", "title": "школа"}'


def run(
    cwd: Path, *arguments: str, given: str | int = "", **settings: str
) -> subprocess.CompletedProcess[str]:
    """The command in a folder, without any setting but these."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("POISK_")}
    source: dict[str, Any] = {"input": given} if isinstance(given, str) else {"stdin": given}
    return subprocess.run(
        [sys.executable, "-m", "search.cli.main", *arguments],
        env={**kept, "PYTHONPATH": str(ROOT), **settings}, cwd=cwd, capture_output=True, text=True,
        timeout=120, check=False, encoding="utf-8", **source,
    )  # fmt: skip


@pytest.mark.parametrize(
    "arguments",
    [
        ("keys", "create", "--scope", "write"),
        ("keys", "create", "--scope", "write", "--once"),
        ("keys", "list"),
        ("keys", "revoke", "abcdefghij"),
        ("search", "школа"),
        ("stats",),
        ("stats", "--json"),
        ("check",),
        ("check", "--repair"),
        ("rebuild",),
        ("indexer",),
        ("backup", "file.zst"),
        ("failures",),
        ("related", "1"),
        ("explain", "школа", "1"),
    ],
    ids=" ".join,
)
def test_in_a_folder_without_data_a_command_says_so_and_makes_nothing(
    tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    done = run(tmp_path, *arguments)
    assert (done.returncode, done.stdout) == (1, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith("poisk: POISK_DATA_DIR: there is no ")
    assert f"in {tmp_path / 'data'};" in line
    assert "correct POISK_DATA_DIR" in line
    assert "poisk load FILE" in line
    assert list(tmp_path.iterdir()) == []


def test_a_command_says_which_folder_it_uses_and_whether_that_is_new(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    first, second = (run(tmp_path, "load", "-", given=ONE) for _ in range(2))
    new, old = (done.stderr.splitlines()[0] for done in (first, second))
    assert new == f"data folder: {folder} (new: it did not exist before)"
    assert old == f"data folder: {folder}"
    for arguments in (
        ("search", "школа"), ("stats",), ("keys", "create", "--scope", "search"), ("keys", "list"),
        ("check",), ("demo",), ("rebuild",), ("failures",), ("backup", "x.zst"), ("related", "1"),
    ):  # fmt: skip
        done = run(tmp_path, *arguments)
        assert done.returncode == 0, done.stderr
        assert done.stderr.splitlines()[0] == f"data folder: {folder}"
        assert done.stderr.count("data folder") == 1
    elsewhere = run(tmp_path, "stats", POISK_DATA_DIR=str(tmp_path / "other"))
    assert (elsewhere.returncode, f"in {tmp_path / 'other'};" in elsewhere.stderr) == (1, True)


@pytest.mark.parametrize("within", ["", "/data"])
@pytest.mark.parametrize(
    ("setting", "value"), [("POISK_DATA_DIR", "{}"), ("POISK_ENGINE", "whoosh://{}")]
)
@pytest.mark.parametrize("command", ["demo", "stats", "serve"])
def test_a_file_in_the_place_of_a_folder_is_named(
    tmp_path: Path, command: str, setting: str, value: str, within: str
) -> None:
    file = tmp_path / "articles.jsonl"
    file.write_text("{}")
    done = run(tmp_path, command, **{setting: value.format(f"{file}{within}")})
    message = f"poisk: {setting}: {file} is a file, not a folder; set {setting} to a folder\n"
    assert (done.returncode, done.stderr) == (1, message)


def test_analysing_a_text_needs_no_data_folder(tmp_path: Path) -> None:
    done = run(tmp_path, "analyze", "школа")
    assert (done.returncode, done.stderr) == (0, "")
    assert list(tmp_path.iterdir()) == []


def test_a_key_may_begin_a_new_store_where_that_is_asked_for(tmp_path: Path) -> None:
    refused = run(tmp_path, "keys", "create", "--scope", "write")
    assert "or add --create" in refused.stderr
    done = run(tmp_path, "keys", "create", "--scope", "write", "--create")
    assert (done.returncode, done.stdout[:6]) == (0, "poisk_")
    assert "(new: " in done.stderr
    assert "live" in run(tmp_path, "keys", "list").stdout


@pytest.mark.parametrize("answer", ["y", "n"])
def test_a_person_at_a_terminal_is_asked(tmp_path: Path, answer: str) -> None:
    ours, theirs = pty.openpty()
    os.write(ours, f"{answer}\n".encode())
    done = run(tmp_path, "keys", "create", "--scope", "write", given=theirs)
    os.close(ours)
    os.close(theirs)
    assert f"There is no store in {tmp_path / 'data'}. Create one?" in done.stderr
    assert done.returncode == (0 if answer == "y" else 1)
    assert (tmp_path / "data").exists() == (answer == "y")


def test_an_index_whose_store_is_elsewhere_gets_no_second_store(tmp_path: Path) -> None:
    """The key of a store that nobody serves would be refused for ever."""
    store = f"sqlite:///{tmp_path}/stores/one.sqlite"
    assert run(tmp_path, "load", "-", given=ONE, POISK_DATABASE=store).returncode == 0
    done = run(tmp_path, "keys", "create", "--scope", "write")
    assert done.returncode == 1
    assert "there is no store in" in done.stderr
    assert not (tmp_path / "data" / "archive.sqlite").exists()
    done = run(tmp_path, "keys", "create", "--scope", "write", POISK_DATABASE=store)
    assert done.returncode == 0
    assert f"store: {store}; index: {tmp_path / 'data' / 'index'}" in done.stderr


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with postgresql() as url:
        yield url


def test_a_store_in_postgresql_is_found_or_refused_and_its_password_not_shown(
    server: str, tmp_path: Path
) -> None:
    settings = {"POISK_DATABASE": make_database(server, "places")}
    refused = run(tmp_path, "keys", "create", "--scope", "write", **settings)
    assert refused.returncode == 1
    assert "POISK_DATABASE: there is no store in postgresql" in refused.stderr
    assert run(tmp_path, "keys", "create", "--scope", "write", "--create", **settings).stdout
    done = run(tmp_path, "keys", "list", **settings)
    assert (done.returncode, "live" in done.stdout) == (0, True)
    assert list(tmp_path.iterdir()) == []


def test_a_password_is_not_shown() -> None:
    shown = without_password("postgresql+psycopg://poisk:geheim@db.example.ru/poisk")
    assert shown == "postgresql+psycopg://poisk:***@db.example.ru/poisk"


def test_json_on_standard_output_stays_json(tmp_path: Path) -> None:
    run(tmp_path, "load", "-", given=ONE)
    assert json.loads(run(tmp_path, "search", "школа", "--json").stdout)["total"] == 1


def test_the_old_name_of_the_database_is_read_with_a_warning(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'elsewhere.sqlite'}"
    done = run(tmp_path, "load", "-", given=ONE, POISK_ARCHIVE=url)
    assert done.returncode == 0
    assert "POISK_ARCHIVE is now POISK_DATABASE" in done.stderr
    assert (tmp_path / "elsewhere.sqlite").exists()
