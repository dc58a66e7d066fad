"""The command `poisk`, as a real process."""

import gzip
import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.processes import environment, poisk


def lines(count: int, start: int = 0) -> str:
    made = [{"id": str(n), "title": f"Статья {n}"} for n in range(start, start + count)]
    return "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in made)


def total(folder: Path) -> int:
    count: int = json.loads(poisk(folder, "stats", "--json").stdout)["articles"]
    return count


def test_help_names_every_command_and_needs_no_index(tmp_path: Path) -> None:
    done = poisk(tmp_path, "--help")
    assert done.returncode == 0
    for name in ("load", "search", "related", "analyze", "explain", "stats", "rebuild", "serve"):
        assert name in done.stdout
    assert poisk(tmp_path, "--version").stdout.startswith("poisk, version ")


def test_the_demo_is_loaded_once(tmp_path: Path) -> None:
    first, second = poisk(tmp_path, "demo"), poisk(tmp_path, "demo")
    assert first.returncode == second.returncode == 0
    assert "80 loaded" in first.stderr
    assert "loaded" not in second.stderr
    assert total(tmp_path) == 80


def test_a_search_prints_hits_with_their_words(demo_folder: Path) -> None:
    done = poisk(demo_folder, "search", "школам", "--lang", "ru", "--per-page", "2")
    assert done.returncode == 0
    assert "8 found" in done.stdout
    assert "школам обещали учебники" in done.stdout
    assert "\x1b" not in done.stdout


def test_a_search_as_json_is_the_apis_answer(demo_folder: Path) -> None:
    answer = json.loads(poisk(demo_folder, "search", "школам", "--json").stdout)
    assert answer["total"] == 8
    assert answer["hits"][0]["id"]


def test_a_query_that_begins_with_a_minus_is_typed_after_two_of_them(demo_folder: Path) -> None:
    assert poisk(demo_folder, "search", "--", "школа", "-форум").returncode == 0


def test_related_articles_of_an_article_and_of_a_draft(demo_folder: Path) -> None:
    done = poisk(demo_folder, "related", "ru-story01-forum-strasbourg", "--lang", "other")
    assert "en-story01" in done.stdout
    draft = "В Страсбурге прошёл форум русских школ"
    done = poisk(demo_folder, "related", "--text", "-", "--json", given=draft)
    assert "story01" in json.dumps(json.loads(done.stdout)["hits"])
    assert poisk(demo_folder, "related").returncode == 2


def test_a_text_is_shown_as_tokens(demo_folder: Path) -> None:
    assert "рябков" in poisk(demo_folder, "analyze", "Рябковым").stdout


def test_a_score_is_explained(demo_folder: Path) -> None:
    done = poisk(demo_folder, "explain", "школа", "ru-story01-forum-strasbourg")
    assert "Terms" in done.stdout
    missing = poisk(demo_folder, "explain", "школа", "none")
    assert missing.returncode == 1
    assert "no article has the id" in missing.stderr


def test_refused_lines_are_told_and_the_others_loaded(tmp_path: Path) -> None:
    given = lines(2) + '{"id": "x"}\njunk\n' + lines(1, start=2)
    done = poisk(tmp_path, "load", "-", given=given)
    assert done.returncode == 1
    assert "line 3: title and body are empty" in done.stderr
    assert "line 4: is no JSON" in done.stderr
    assert "3 loaded, 2 refused" in done.stderr
    assert total(tmp_path) == 3


def test_packed_files_are_loaded_and_an_article_sent_again_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "articles.jsonl.gz"
    path.write_bytes(gzip.compress(lines(3).encode()))
    assert poisk(tmp_path, "load", str(path), str(path)).returncode == 0
    assert total(tmp_path) == 3


def test_a_cut_packed_file_fails_and_says_so(tmp_path: Path) -> None:
    path = tmp_path / "articles.jsonl.gz"
    path.write_bytes(gzip.compress(lines(5_000).encode())[:-200])
    done = poisk(tmp_path, "load", str(path))
    assert done.returncode == 1
    assert str(path) in done.stderr
    assert "Traceback" not in done.stderr


def test_a_field_is_mapped(tmp_path: Path) -> None:
    given = '{"nid": 5, "kop": "Слово"}\n'
    done = poisk(tmp_path, "load", "-", "--map", "id=nid", "--map", "title=kop", given=given)
    assert done.returncode == 0, done.stderr
    assert "Слово" in poisk(tmp_path, "search", "слово").stdout
    assert poisk(tmp_path, "load", "-", "--map", "colour=x").returncode == 2


@pytest.mark.parametrize(
    ("arguments", "status", "says"),
    [
        (("search", "x"), 1, "poisk load"),
        (("stats",), 1, "poisk load"),
        (("rebuild",), 1, "poisk load"),
        (("load", "/none.jsonl"), 1, "/none.jsonl"),
        (("load",), 2, "FILE"),
        (("serch",), 2, "serch"),
        (("search", "x", "--sort", "newst"), 1, "newest"),
        (("search", "x", "--page", "many"), 2, "integer"),
    ],
)
def test_an_error_is_one_line_with_the_cure_and_a_status(
    tmp_path: Path, arguments: tuple[str, ...], status: int, says: str
) -> None:
    done = poisk(tmp_path, *arguments)
    assert done.returncode == status
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_a_rebuild_keeps_the_articles(tmp_path: Path) -> None:
    poisk(tmp_path, "load", "-", given=lines(3))
    assert "3 articles" in poisk(tmp_path, "rebuild").stderr
    assert total(tmp_path) == 3


def test_a_reader_that_stops_listening_is_no_error(demo_folder: Path) -> None:
    command = f'"{sys.executable}" -m search.cli search школа --json | head -c 1'
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command],
        env=environment(demo_folder), capture_output=True, check=False, timeout=60,
    )  # fmt: skip
    assert b"Traceback" not in done.stderr
    assert b"Error" not in done.stderr


@pytest.mark.parametrize(("how", "status"), [(signal.SIGINT, 130), (signal.SIGKILL, -9)])
def test_a_load_that_is_stopped_leaves_a_good_index(
    tmp_path: Path, how: signal.Signals, status: int
) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "search.cli", "load", "-"],
        env=environment(tmp_path), stdin=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdin
    process.stdin.write(lines(3_000).encode())  # a batch and a half
    process.stdin.flush()
    for _ in range(600):
        if (tmp_path / "index" / "CURRENT").exists():
            break
        time.sleep(0.05)
    process.send_signal(how)
    _, said = process.communicate(timeout=60)
    assert process.returncode == status
    assert b"Traceback" not in said
    if how is signal.SIGINT:
        assert b"stopped; 2000 loaded" in said
    assert total(tmp_path) == 2_000
    assert poisk(tmp_path, "load", "-", given=lines(3_000)).returncode == 0
    assert total(tmp_path) == 3_000
