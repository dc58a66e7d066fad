"""The log: the form of its lines, what comes again, what hostile text cannot do."""

import logging
import re
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from search.logs import LineFormatter, Repeats, set_role, start_logging
from tests.server.test_server import until
from tests.support.demo import demo_in
from tests.support.processes import ROOT, poisk, served

LINE = re.compile(
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d\d:\d\d (?:INFO|WARNING|ERROR|CRITICAL) "
    r"(?:server|web|watch|indexer|rebuild)\[\d+\] [\w.]+: .+|    \| .*"
)
SERVERS = {"serve": ("-m", "search.cli.main", "serve"), "gunicorn": ("-m", "gunicorn", "wsgi:app")}


def record(message: str, *arguments: object, error: Exception | None = None) -> logging.LogRecord:
    shown = (type(error), error, error.__traceback__) if error else None
    return logging.LogRecord("poisk.test", logging.WARNING, "", 1, message, arguments, shown)


def written(one: logging.LogRecord) -> str:
    return LineFormatter("web").format(one)


def raised(message: str) -> Exception:
    try:
        raise ValueError(message)
    except ValueError as error:
        return error


# The form


def test_a_line_has_time_level_role_process_and_logger() -> None:
    line = written(record("waiting: %s", "диск полон"))
    assert LINE.fullmatch(line)
    assert line.endswith("poisk.test: waiting: диск полон")
    assert " WARNING web[" in line


@pytest.mark.parametrize(
    "hostile",
    ["a\n2026-11-23T10:00:00.000+00:00 ERROR web[1] poisk: forged", "a\r\nb", "a\x1b[2Jb",
     "a\u2028b", "a\x85b", "a\x00b", "a\u202eb", "a\ud800b"],
)  # fmt: skip
def test_hostile_text_stays_on_its_line(hostile: str) -> None:
    line = written(record("unexpected error at %s", hostile))
    assert len(line.splitlines()) == 1
    assert line.isprintable()


def test_hostile_text_in_a_traceback_begins_no_line_of_its_own() -> None:
    lines = written(record("broken", error=raised("x\n2026 ERROR web[1] forged"))).split("\n")
    assert LINE.fullmatch(lines[0])
    assert len(lines) > 3
    assert all(line.startswith("    | ") for line in lines[1:])


def test_a_long_message_is_cut() -> None:
    assert len(written(record("x" * 1_000_000))) < 5_000


def test_keys_and_passwords_are_left_out() -> None:
    key = "poisk_abcdefghij_" + "S" * 43
    line = written(record("with %s at %s", key, "postgresql://poisk:hush@db/poisk"))
    assert "S" * 43 not in line
    assert "hush" not in line
    assert "poisk_abcdefghij" in line
    assert "db/poisk" in line


# What comes again


class Counted:
    """A filter with a clock of its own, and what it said by itself."""

    def __init__(self) -> None:
        self.now = 0.0
        self.said: list[str] = []
        self.repeats = Repeats(lambda one: self.said.append(one.getMessage()), lambda: self.now)

    def let_through(self, *records: logging.LogRecord) -> list[bool]:
        return [self.repeats.filter(one) for one in records]


def test_a_cause_is_logged_once_and_counted() -> None:
    log = Counted()
    assert (
        log.let_through(*(record("the disk is full") for _ in range(133))) == [True] + [False] * 132
    )
    log.repeats.flush()
    assert log.said == []
    log.now = 61
    log.repeats.flush()
    assert log.said == ["the disk is full … repeated 132 times in the last 61 s"]
    log.repeats.flush(all_of_them=True)
    assert len(log.said) == 1


def test_what_comes_after_the_minute_is_logged_with_the_count_before_it() -> None:
    log = Counted()
    log.let_through(record("away"), record("away"))
    log.now = 61
    assert log.let_through(record("away")) == [True]
    assert log.said == ["away … repeated once in the last 61 s"]


def test_other_causes_are_logged() -> None:
    log = Counted()
    assert log.let_through(record("set aside: %s", "1"), record("set aside: %s", "2")) == [
        True,
        True,
    ]


def test_errors_of_one_line_of_code_are_one_cause_and_show_their_traceback_once() -> None:
    log = Counted()
    records = [record("unexpected error at %s", f"/{n}", error=raised(str(n))) for n in range(9)]
    assert log.let_through(*records) == [True] + [False] * 8
    log.now = 61
    later = record("unexpected error at /", error=raised("9"))
    assert log.let_through(later) == [True]
    assert later.exc_info is None


def test_what_is_remembered_is_bounded() -> None:
    log = Counted()
    log.let_through(record("first"), record("first"))
    log.let_through(*(record("cause %d", number) for number in range(10_000)))
    assert len(log.repeats._causes) <= 256
    assert log.said == ["first … repeated once in the last 0 s"]


@pytest.fixture
def logging_as_it_was() -> Iterator[None]:
    """What start_logging changes, put back."""
    root, hook = logging.getLogger(), sys.excepthook
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:], sys.excepthook = handlers, hook
    root.setLevel(level)
    logging.captureWarnings(False)


@pytest.mark.usefixtures("logging_as_it_was")
def test_warnings_and_other_loggers_take_the_same_form(capsys: pytest.CaptureFixture[str]) -> None:
    start_logging("server")
    set_role("web")
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn("old\nthing", stacklevel=1)
    logging.getLogger("anybody").error("broken", exc_info=raised("x"))
    logging.getLogger("poisk.x").info("news")
    lines = capsys.readouterr().err.splitlines()
    assert all(map(LINE.fullmatch, lines)), lines
    assert sum(" web[" in line for line in lines) == 3


# Real processes


def answered(address: str, **how: object) -> int:
    try:
        with urlopen(Request(address, **how), timeout=30) as response:  # type: ignore[arg-type]
            return int(response.status)
    except HTTPError as error:
        return error.code


@pytest.mark.parametrize("command", SERVERS.values(), ids=SERVERS)
def test_every_process_of_a_server_writes_lines_of_one_form(
    tmp_path: Path, command: tuple[str, ...]
) -> None:
    demo_in(tmp_path).close()
    key = poisk(tmp_path, "keys", "create", "--scope", "admin").stdout.strip()
    log = tmp_path / "serve.log"
    with served(tmp_path, command, threads=2, workers=1) as (address, _):
        headers = {"Authorization": f"Bearer {key}"}
        assert answered(f"{address}/v1/rebuild", data=b"", headers=headers, method="POST") == 202
        assert until(lambda: " rebuild[" in log.read_text())
        current = (tmp_path / "index" / "CURRENT").read_text().strip()
        for path in (tmp_path / "index" / current).iterdir():
            path.write_bytes(b"damaged")
        statuses = {answered(f"{address}/v1/search?q=a{number}") for number in range(20)}
    lines = log.read_text().splitlines()
    if lines[0].startswith("data folder: "):  # the command speaks before it serves
        del lines[0]
    assert all(map(LINE.fullmatch, lines)), [one for one in lines if not LINE.fullmatch(one)]
    assert {role for one in lines if (role := re.split(r"[ \[]", one)[2])} >= {"server", "rebuild"}
    assert not any("127.0.0.1" in one and "Listening" not in one for one in lines)
    assert key not in log.read_text()
    assert statuses <= {200, 503}


def test_a_cause_that_every_search_meets_is_one_line_and_a_count(tmp_path: Path) -> None:
    (tmp_path / "archive.sqlite").write_bytes(b"no database" * 1000)
    log = tmp_path / "serve.log"
    with served(tmp_path, workers=1) as (address, _):
        assert {answered(f"{address}/v1/search?q={number}") for number in range(30)} == {503}
    lines = [line for line in log.read_text().splitlines() if " web[" in line and "index" in line]
    assert len(lines) == 2, lines
    assert "repeated 29 times in the last" in lines[1]


def test_what_nobody_caught_is_logged_in_the_same_form() -> None:
    code = (
        "from search.logs import start_logging; start_logging('indexer'); raise ValueError('x\\ny')"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True,
                          check=False, timeout=60)  # fmt: skip
    assert all(map(LINE.fullmatch, done.stderr.splitlines())), done.stderr
    assert "CRITICAL indexer[" in done.stderr
