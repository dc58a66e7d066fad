"""Who can read what Poisk keeps: its own user, and nobody else on the machine."""

import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path
from shutil import rmtree
from urllib.request import urlopen

import pytest

from index.private import make_file
from index.store.backup import set_aside
from search.permissions import exposed_files
from tests.support.demo import parts_in
from tests.support.processes import poisk, served

LINE = '{"id": "1", "title": "Закрытые данные", "body": "private data"}\n'


def rights(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user of this machine can enter, as /srv is."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    rmtree(folder)


def all_private(folder: Path) -> None:
    found = list(folder.rglob("*"))
    assert {path.name for path in found} >= {"archive.sqlite", "index", "CURRENT"}
    for path in found:
        assert rights(path) == (0o700 if path.is_dir() else 0o600), path


def test_all_that_is_made_is_private_whatever_the_umask(open_folder: Path) -> None:
    data = open_folder / "srv" / "data"
    poisk(data, "load", "-", given=LINE)
    assert rights(data) == rights(data.parent) == 0o700
    all_private(data)
    assert poisk(data, "rebuild").returncode == 0
    backup = open_folder / "poisk.zst"
    poisk(data, "backup", str(backup))
    assert rights(backup) == 0o600
    all_private(data)


def test_what_a_server_makes_while_it_runs_is_private(open_folder: Path) -> None:
    data = open_folder / "data"
    poisk(data, "load", "-", given=LINE)
    data.chmod(0o755)
    with served(data, search_limit="10 per minute") as (address, _):
        with urlopen(f"{address}/v1/search?q=private", timeout=30) as response:
            assert response.status == 200
        (data / "serve.log").chmod(0o600)
        names = {path.name for path in data.iterdir()}
        assert names >= {"archive.sqlite-wal", "archive.sqlite-shm", "limits.bin"}
        all_private(data)


def test_a_folder_that_was_there_keeps_its_rights_and_holds_private_files(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    data.chmod(0o2770)  # its group may look, by the operator's wish
    assert poisk(data, "load", "-", given=LINE).returncode == 0
    assert rights(data) == 0o2770
    assert rights(data / "archive.sqlite") == 0o600


def test_a_store_of_an_older_poisk_keeps_its_rights_and_works(tmp_path: Path) -> None:
    poisk(tmp_path, "load", "-", given=LINE)
    store = tmp_path / "archive.sqlite"
    store.chmod(0o640)
    assert poisk(tmp_path, "load", "-", given=LINE.replace("1", "2")).returncode == 0
    assert rights(store) == 0o640


def test_a_restored_store_and_the_damaged_one_are_private(open_folder: Path) -> None:
    data, backup = open_folder / "data", open_folder / "poisk.zst"
    poisk(data, "load", "-", given=LINE)
    poisk(data, "backup", str(backup))
    (data / "archive.sqlite").write_bytes(b"no database" * 1000)
    (data / "archive.sqlite").chmod(0o644)
    done = poisk(data, "restore", str(backup), "--replace")
    assert done.returncode == 0, done.stderr
    assert [path for path in data.iterdir() if "damaged" in path.name]
    all_private(data)


def test_a_file_set_aside_is_closed(tmp_path: Path) -> None:
    store = tmp_path / "archive.sqlite"
    store.write_bytes(b"x")
    store.chmod(0o644)
    assert rights(set_aside(f"sqlite:///{store}")) == 0o600


def test_a_file_that_is_there_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("kept")
    path.chmod(0o644)
    make_file(path)
    assert (path.read_text(), rights(path)) == ("kept", 0o644)


def test_check_warns_about_files_that_everybody_can_read_and_repair_closes_them(
    open_folder: Path,
) -> None:
    data = open_folder / "data"
    poisk(data, "load", "-", given=LINE)
    for path in (data, *data.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o664)
    found = poisk(data, "check")
    assert found.returncode == 0
    assert "every user of this machine can read" in found.stdout
    assert "no problems found: 1 article\n" in found.stdout
    repaired = poisk(data, "check", "--repair")
    assert repaired.returncode == 0, repaired.stderr
    assert rights(data / "archive.sqlite") == 0o660  # a group's rights are the operator's
    assert "can read" not in poisk(data, "check").stdout


def test_a_server_says_at_its_start_that_everybody_can_read_its_files(open_folder: Path) -> None:
    data = open_folder / "data"
    poisk(data, "load", "-", given=LINE)
    data.chmod(0o755)
    (data / "archive.sqlite").chmod(0o644)
    with served(data):
        pass
    assert f"can read {data}/archive.sqlite" in (data / "serve.log").read_text()


def test_files_in_a_closed_folder_are_closed(open_folder: Path) -> None:
    data = open_folder / "data"
    poisk(data, "load", "-", given=LINE)
    (data / "archive.sqlite").chmod(0o644)
    settings = parts_in(data).settings
    assert exposed_files(settings) == ()
    data.chmod(0o711)
    assert exposed_files(settings) == (data / "archive.sqlite",)
