"""The command `poisk`, as a real process."""

import gzip
import json
import os
import pty
import signal
import subprocess
import sys
import termios
import time
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from pathlib import Path
from urllib.parse import quote
from urllib.request import urlopen

import pytest
from flask.testing import FlaskClient

from index.engines.whoosh.engine import WhooshEngine
from index.engines.whoosh.write.commit import locked
from index.errors import IndexUnavailable
from index.ingest.intake import BATCH_ARTICLES
from search.compiled import COMPILED
from search.settings import Settings
from tests.support.processes import environment, poisk, served


def lines(count: int, start: int = 0) -> str:
    made = [{"id": str(n), "title": f"Статья {n}"} for n in range(start, start + count)]
    return "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in made)


def total(folder: Path) -> int:
    count: int = json.loads(poisk(folder, "stats", "--json").stdout)["articles"]
    return count


def searchable(index: Path) -> int:
    """How many articles a new reader of the index finds; 0 where there is no index yet."""
    with suppress(IndexUnavailable):
        return WhooshEngine(index, "").reader().count()
    return 0


def one_line(done: subprocess.CompletedProcess[str]) -> str:
    """The error, where it is one line and no traceback."""
    lines = done.stderr.splitlines()
    (line,) = [line for line in lines if not line.startswith("data folder: ")]
    assert done.returncode == 1, line
    assert line.startswith("poisk: ")
    return line


def test_help_names_every_command_and_setting_and_needs_no_index(tmp_path: Path) -> None:
    done = poisk(tmp_path, "--help")
    assert done.returncode == 0
    for name in (
        "load", "search", "related", "analyze", "explain", "stats", "rebuild", "serve", "demo",
        "indexer", "check", "backup", "restore", "failures", "keys",
        *(f"POISK_{name.upper()}" for name in Settings.model_fields),
    ):  # fmt: skip
        assert name in done.stdout
    loops = "compiled" if COMPILED else "not compiled"
    shown = poisk(tmp_path, "--version").stdout
    assert shown == f"poisk, version {version('poisk-search')}, {loops}\n"
    assert list(tmp_path.iterdir()) == []


def test_the_demo_is_loaded_once(tmp_path: Path) -> None:
    first, second = poisk(tmp_path, "demo"), poisk(tmp_path, "demo")
    assert first.returncode == second.returncode == 0
    assert "80 loaded" in first.stderr
    assert "loaded" not in second.stderr
    assert "now try poisk search" in second.stdout
    assert total(tmp_path) == 80


def test_the_demo_does_not_come_again_where_something_was_loaded_once(tmp_path: Path) -> None:
    poisk(tmp_path, "load", "-", given='{"id": "1", "title": "школа"}')
    assert poisk(tmp_path, "demo", "--once").returncode == 0
    assert poisk(tmp_path, "check").stdout == "no problems found: 1 article\n"


def test_a_data_folder_that_cannot_be_one_is_reported_before_anything_is_served(
    tmp_path: Path,
) -> None:
    (tmp_path / "file").write_text("")
    done = poisk(tmp_path / "file" / "data", "serve")
    assert (done.returncode, "Traceback" in done.stderr) == (1, False)
    assert "POISK_DATA_DIR" in done.stderr


def test_a_search_prints_hits_with_their_words(demo_folder: Path) -> None:
    done = poisk(demo_folder, "search", "школам", "--lang", "ru", "--per-page", "2")
    assert done.returncode == 0
    assert "8 found" in done.stdout
    assert "школам обещали учебники" in done.stdout
    assert "\x1b" not in done.stdout


def test_a_search_takes_the_parameters_of_the_api_and_prints_its_json(
    demo_folder: Path, client: FlaskClient
) -> None:
    asked = {
        "q": "школа", "subject": "Образование", "lang": "ru", "from": "2024", "to": "2025-12",
        "sort": "newest", "page": "2", "per_page": "2",
    }  # fmt: skip
    options = [f"--{name.replace('_', '-')}={value}" for name, value in asked.items()][1:]
    done = poisk(demo_folder, "search", "школа", "--json", *options)
    ours = json.loads(done.stdout)
    theirs = json.loads(client.get("/v1/search", query_string=asked).text)
    assert len(ours["hits"]) == 2
    for answer in (ours, theirs):
        answer.pop("took_ms")
        for hit in answer["hits"]:
            hit.pop("score")  # is fresher by the hour
    assert ours == theirs


def test_a_page_of_several_is_numbered(demo_folder: Path) -> None:
    done = poisk(demo_folder, "search", "школа", "--per-page", "3", "--page", "2")
    assert "page 2 of 3" in done.stdout
    assert "\n  4. " in done.stdout


def test_a_minus_before_a_word_excludes_it_and_is_no_option(demo_folder: Path) -> None:
    everything = poisk(demo_folder, "search", "школа", "--json")
    without = poisk(demo_folder, "search", "-форум", "школа", "--json")
    assert 0 < json.loads(without.stdout)["total"] < json.loads(everything.stdout)["total"]


def test_related_articles_of_an_article_and_of_a_draft(demo_folder: Path) -> None:
    done = poisk(demo_folder, "related", "ru-story01-forum-strasbourg", "--lang", "other")
    assert "en-story01" in done.stdout
    draft = "В Страсбурге прошёл форум русских школ"
    done = poisk(demo_folder, "related", "--text", "-", "--json", given=draft)
    assert "story01" in json.dumps(json.loads(done.stdout)["hits"])
    assert poisk(demo_folder, "related").returncode == 2


def test_a_draft_that_is_no_text_is_refused(demo_folder: Path, tmp_path: Path) -> None:
    draft = tmp_path / "draft.txt"
    draft.write_bytes("Встреча".encode("koi8-r"))
    assert "text: not UTF-8" in one_line(poisk(demo_folder, "related", "--text", str(draft)))


def test_a_text_is_shown_as_tokens(demo_folder: Path) -> None:
    done = poisk(demo_folder, "analyze", "Рябковым", "в", "1С")
    assert "0–8  Рябковым  →  рябковым рябков" in done.stdout
    assert "(stop word)" in done.stdout
    tokens = json.loads(poisk(demo_folder, "analyze", "--json", "Рябковым").stdout)["tokens"]
    assert "рябков" in tokens[0]["lemmas"]


def test_a_score_is_explained_as_a_tree(demo_folder: Path) -> None:
    done = poisk(demo_folder, "explain", "школа", "ru-story01-forum-strasbourg")
    first, *rest = done.stdout.splitlines()
    assert float(first.split()[0]) > 0
    assert any(line.startswith("  ") and "Terms" in line and "title×" in line for line in rest)


@pytest.mark.parametrize("article_id", ["none", "\udcff"])
def test_an_id_that_no_article_has_is_an_error(demo_folder: Path, article_id: str) -> None:
    for arguments in (("explain", "школа", article_id), ("related", article_id)):
        assert "no article has the id" in one_line(poisk(demo_folder, *arguments))


def test_rejected_lines_are_reported_and_the_others_loaded(tmp_path: Path) -> None:
    given = lines(2) + '{"id": "x"}\njunk\n' + lines(1, start=2)
    done = poisk(tmp_path, "load", "-", given=given)
    assert done.returncode == 1
    assert "line 3: title: the article has no text" in done.stderr
    assert "line 4: not JSON" in done.stderr
    assert "3 loaded, 2 refused" in done.stderr
    assert total(tmp_path) == 3


def test_of_each_cause_three_rejected_lines_are_printed_and_the_others_counted(
    tmp_path: Path,
) -> None:
    file = tmp_path / "news.jsonl"
    file.write_text('{"nid": "7", "title": "t"}\n' * 1_100, encoding="utf-8")
    first, second, third, rest, last, summary = poisk(
        tmp_path, "load", str(file)
    ).stderr.splitlines()
    for number, line in enumerate((first, second, third), 1):
        assert line.startswith(f"{file}, line {number}: id: missing; ")
    assert rest == f"{file}: id: missing (996 more)"
    assert last.startswith(f"{file}, line 1000: id: missing; ")
    assert "the fields in it are nid, title" in last
    assert summary.startswith("0 loaded, 1000 refused")


def test_one_error_at_many_places_of_lines_is_one_cause(tmp_path: Path) -> None:
    file = tmp_path / "news.jsonl"
    broken = (f'{{"id": "{"7" * (1 + number % 40)}", title}}\n' for number in range(200))
    file.write_text("".join(broken), encoding="utf-8")
    printed = poisk(tmp_path, "load", str(file)).stderr.splitlines()
    assert printed[3].endswith("(197 more)")
    assert printed[4].startswith("0 loaded, 200 refused")


def test_packed_files_are_loaded_and_an_article_sent_again_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "articles.jsonl.gz"
    path.write_bytes(gzip.compress(lines(3).encode()))
    assert poisk(tmp_path, "load", str(path), str(path)).returncode == 0
    assert total(tmp_path) == 3


def test_a_damaged_file_is_reported_by_name_and_the_next_is_loaded(tmp_path: Path) -> None:
    cut, whole = tmp_path / "cut.gz", tmp_path / "whole.jsonl"
    cut.write_bytes(gzip.compress(lines(3_000).encode())[:-200])
    whole.write_text(lines(2, start=9_000) + "junk\n", encoding="utf-8")
    done = poisk(tmp_path, "load", str(cut), str(whole))
    assert done.returncode == 1
    damaged, junk, last = done.stderr.splitlines()
    assert f"{cut}, line " in damaged
    assert f"{whole}, line 3: not JSON" in junk
    assert " 2 refused" in last
    found = json.loads(poisk(tmp_path, "search", "--json", "--sort", "newest").stdout)["total"]
    assert found == int(last.split()[0]) > 2


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
        (("load", "/none.jsonl"), 2, "/none.jsonl"),
        (("load", "/"), 2, "directory"),
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
    assert status == 2 or one_line(done)


@pytest.mark.parametrize(
    ("day", "says"), [("-5d", "in the past"), ("2020-01-01", "in the past"), ("soon", "not a date")]
)
def test_a_key_that_would_be_dead_at_once_is_not_made(tmp_path: Path, day: str, says: str) -> None:
    done = poisk(tmp_path, "keys", "create", "--scope", "search", "--create", "--expires", day)
    assert says in one_line(done)
    assert done.stdout == ""
    assert poisk(tmp_path, "keys", "list").stdout == ""


def test_a_key_lives_to_the_end_of_its_last_day(tmp_path: Path) -> None:
    today = datetime.now(UTC).date().isoformat()
    for day in (today, "1d"):
        made = ("keys", "create", "--create", "--scope", "search", "--expires", day)
        assert poisk(tmp_path, *made).stdout
    listed = poisk(tmp_path, "keys", "list").stdout.splitlines()
    assert [line.split()[1:3] for line in listed] == [["search", "live"]] * 2


def test_a_folder_that_cannot_be_used_is_reported_with_the_cure(tmp_path: Path) -> None:
    (tmp_path / "index").write_text("a file")
    for arguments in (("search", "слово"), ("stats",)):
        line = one_line(poisk(tmp_path, *arguments))
        assert "Not a directory" in line
        assert "POISK_DATA_DIR" in line


def test_what_is_loaded_beside_another_writer_is_taken_and_found_later(tmp_path: Path) -> None:
    poisk(tmp_path, "load", "-", given=lines(2))
    (generation,) = (tmp_path / "index").glob("g*")
    with locked(generation):
        done = poisk(tmp_path, "load", "-", given=lines(2, start=2))
    assert done.returncode == 1
    assert done.stderr.splitlines()[0].startswith("stopped; 2 loaded")
    assert "another process is writing" in done.stderr.splitlines()[1]
    assert total(tmp_path) == 2
    assert poisk(tmp_path, "load", "-").returncode == 0
    assert total(tmp_path) == 4


def test_a_terminal_that_lacks_letters_gets_a_question_mark_and_programs_get_utf_8(
    demo_folder: Path,
) -> None:
    for options, letters in (([], "koi8-r"), (["--json"], "utf-8")):
        done = subprocess.run(
            [sys.executable, "-m", "search.cli.main", "search", "поезд", *options],
            env=environment(demo_folder) | {"PYTHONIOENCODING": "koi8-r"},
            capture_output=True, check=True, timeout=60,
        )  # fmt: skip
        assert ("?Северо-Запад?" if not options else "«Северо-Запад»") in done.stdout.decode(
            letters
        )


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_full_disk_is_reported(demo_folder: Path) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "search.cli.main", "search", "школа"],
            env=environment(demo_folder), stdout=full, stderr=subprocess.PIPE, text=True,
            check=False, timeout=60,
        )  # fmt: skip
    assert "free some space on the disk" in one_line(done)


def test_a_terminal_sees_progress_and_a_log_does_not(tmp_path: Path) -> None:
    file = tmp_path / "news.jsonl"
    file.write_text(lines(3), encoding="utf-8")
    assert len(poisk(tmp_path, "load", str(file)).stderr.splitlines()) == 1
    assert b"articles/s, 100% of news.jsonl]" in on_a_terminal(tmp_path, str(file))
    assert b"articles/s]" in on_a_terminal(tmp_path, "-")


def on_a_terminal(folder: Path, file: str) -> bytes:
    """What `poisk load` prints there."""
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, 80))
    subprocess.run(
        [sys.executable, "-m", "search.cli.main", "load", file],
        env=environment(folder), input=lines(3).encode(), stderr=theirs, check=True, timeout=60,
    )  # fmt: skip
    os.close(theirs)
    shown = os.read(ours, 10_000)
    os.close(ours)
    return shown


def test_a_rebuild_keeps_the_articles(tmp_path: Path) -> None:
    poisk(tmp_path, "load", "-", given=lines(3))
    assert "3 articles" in poisk(tmp_path, "rebuild").stderr
    assert total(tmp_path) == 3


def test_a_reader_that_stops_listening_is_no_error(demo_folder: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "search.cli.main", "search", "--json", "--per-page", "100"],
        env=environment(demo_folder), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout
    assert process.stderr
    assert process.stdout.read(1) == b"{"
    process.stdout.close()  # more is to come than a pipe holds
    assert process.stderr.read() == f"data folder: {demo_folder}\n".encode()
    process.stderr.close()
    assert process.wait(timeout=60) in {0, 1}


@pytest.mark.parametrize(("how", "status"), [(signal.SIGINT, 130), (signal.SIGKILL, -9)])
def test_a_load_that_is_stopped_leaves_a_good_index(
    tmp_path: Path, how: signal.Signals, status: int
) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "search.cli.main", "load", "-"],
        env=environment(tmp_path), stdin=subprocess.PIPE, stderr=subprocess.PIPE,
        # whoever runs the tests in the background of a shell has it ignored
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
    )  # fmt: skip
    assert process.stdin
    process.stdin.write(lines(BATCH_ARTICLES * 3 // 2).encode())
    process.stdin.flush()
    for _ in range(600):
        if searchable(tmp_path / "index") == BATCH_ARTICLES:
            break
        time.sleep(0.05)
    time.sleep(0.5)  # the batch is counted, and more is waited for
    process.send_signal(how)
    time.sleep(0.01)
    process.send_signal(how)  # who waits presses twice: that changes nothing
    _, said = process.communicate(timeout=60)
    assert process.returncode == status
    assert b"Traceback" not in said
    assert total(tmp_path) == BATCH_ARTICLES
    assert poisk(tmp_path, "load", "-", given=lines(BATCH_ARTICLES * 3 // 2)).returncode == 0
    assert total(tmp_path) == BATCH_ARTICLES * 3 // 2
    if how is signal.SIGINT:
        assert f"stopped; {BATCH_ARTICLES} loaded, 0 refused".encode() in said


def test_it_is_served_from_any_folder_whatever_lies_there(
    demo_folder: Path, tmp_path: Path
) -> None:
    for name in ("wsgi.py", "gunicorn.conf.py", "search/__init__.py", "index/__init__.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("raise SystemExit('this is not Poisk')")
    command = ("-P", "-m", "search.cli.main", "serve", "--workers", "1")
    with served(demo_folder, command, cwd=tmp_path) as (address, process):
        with urlopen(f"{address}/v1/search?q={quote('школам')}", timeout=30) as response:
            assert json.load(response)["total"] == 8
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0


def test_html_is_read_as_text_and_the_last_line_counts_it(tmp_path: Path) -> None:
    given = json.dumps({"id": "1", "body": "<p>Школа</p><script>var hiddenword=1</script>"})
    assert "1 with HTML read as text" in poisk(tmp_path, "load", "-", given=given).stderr
    assert json.loads(poisk(tmp_path, "search", "hiddenword", "--json").stdout)["total"] == 0
    kept = poisk(tmp_path, "load", "-", "--html", "never", given=given)
    assert "HTML" not in kept.stderr
    assert json.loads(poisk(tmp_path, "search", "hiddenword", "--json").stdout)["total"] == 1
