"""Every example of the docs succeeds on a served Poisk with the demo articles."""

import functools
import gzip
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from index.article import check_article
from index.store.keys import Scope
from search.cli.data import DEMO
from search.parts import Parts
from search.web.api.description import EXAMPLES
from tests.support.demo import demo_articles, demo_in, parts_in
from tests.support.processes import ROOT, environment, served

PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
_BLOCK = re.compile(r"^ {4}((?:\S+ \| |[A-Z_]+=\S+ )*(?:curl|poisk) .*)")
_PIPED = re.compile(r"^ {4}(zcat .*\| poisk .*)")
_INLINE = re.compile(r"`(poisk (?:search|related|analyze|explain|stats|keys) [^`]+)`")
_ENDLESS = re.compile(r"poisk (?:serve|indexer)\b")
"""These serve until they are stopped: tests/server runs them."""
_NOTHING = re.compile(r"^(?:0 found|no related)", re.MULTILINE)
_FRUITLESS: dict[str, Any] = {"hits": [], "matched": 0, "tokens": [], "answers": []}
"""An answer that holds one of these found nothing: nobody learns anything from it."""


def _examples_of(page: Path) -> list[str]:
    """The commands in a page's blocks, each with the lines that it goes on for, and in its text."""
    said = page.read_text(encoding="utf-8")
    found = []
    lines = iter(said.splitlines())
    for line in lines:
        if match := _BLOCK.match(line) or _PIPED.match(line):
            command = match[1]
            while not _whole(command):
                command += "\n" + next(lines).removeprefix(" " * 4)
            found.append(command)
    found += [" ".join(one.split()) for one in _INLINE.findall(said)]
    return [one for one in found if not _ENDLESS.search(one)]


def _whole(command: str) -> bool:
    """Whether the command ends here: a JSON of several lines has its quote still open."""
    try:
        shlex.split(command)
    except ValueError:
        return False
    return True


def _all_examples() -> list[Any]:
    named = [(page.name, command) for page in PAGES for command in _examples_of(page)]
    named += [("/docs", command) for command in EXAMPLES.values()]
    return [pytest.param(command, id=f"{page}: {command[:70]}") for page, command in named]


@dataclass(frozen=True, slots=True)
class Place:
    """Where examples are tried: a served Poisk, a folder with the files that they name."""

    parts: Parts
    address: str
    folder: Path
    secret: str
    key_id: str

    def restored(self) -> None:
        """The demo articles and article 1 are there, whatever the example before has done."""
        first = check_article({"id": "1", "title": "Первая"})
        self.parts.loader.load([*demo_articles(), first])

    def here(self, example: str) -> str:
        """The example with this place's addresses, folders and keys for those that it names."""
        for said, meant in {
            "http://127.0.0.1:8000": self.address,
            "https://search.example.ru": self.address,
            "/srv/poisk": str(self.parts.settings.data_dir),
            "/backups": str(self.folder),
            "POISK_KEY=…": f"POISK_KEY={self.secret}",
            "Bearer KEY": f"Bearer {self.secret}",
            "4j23c7ugm3": self.key_id,
        }.items():
            example = example.replace(said, meant)
        return example

    def run(self, example: str) -> subprocess.CompletedProcess[str]:
        """What a shell makes of the example; an HTTP error is an exit status."""
        data = self.parts.settings.data_dir
        if example.startswith("poisk restore"):  # restores into an empty store
            data = self.folder / "empty"
        path = f"{self.folder / 'bin'}{os.pathsep}{os.environ['PATH']}"
        return subprocess.run(
            ["bash", "-o", "pipefail", "-c", self.here(example)],
            env={**environment(data), "PATH": path, "KEY": self.secret},
            cwd=self.folder, capture_output=True, text=True, encoding="utf-8",
            timeout=120, check=False,
        )  # fmt: skip


def _command(path: Path, script: str) -> None:
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(0o755)


def _fill(folder: Path, curl: str) -> None:
    """The files and commands that the examples name."""
    (folder / "bin").mkdir()
    _command(folder / "bin" / "poisk", f'exec "{sys.executable}" -m search.cli.main "$@"')
    _command(folder / "bin" / "curl", f'exec "{curl}" --fail-with-body --silent "$@"')
    _command(folder / "bin" / "pbpaste", "cat draft.txt")  # as a Mac has it
    lines = DEMO.read_bytes()
    (folder / "articles.jsonl.gz").write_bytes(gzip.compress(lines))
    (folder / "more.jsonl").write_bytes(lines)
    (folder / "articles.json").write_bytes(b"[" + b",\n".join(lines.splitlines()) + b"]")
    theirs = {"id": "theirs", "kop": "Наша школа", "texte": "Она открылась вчера."}
    (folder / "export.jsonl").write_text(json.dumps(theirs) + "\n", encoding="utf-8")
    draft = "Форум русских школ открылся в Страсбурге."
    (folder / "draft.txt").write_text(draft, encoding="utf-8")


@functools.cache
def _curl() -> str:
    """curl 7.82 or newer, which knows --json; "" where there is none."""
    curl = shutil.which("curl")
    said = subprocess.run([curl or "true", "--help", "all"], capture_output=True, check=False)
    return curl if curl and b"--json" in said.stdout else ""


def _needs_curl(example: str) -> None:
    if "curl" in example and not _curl():
        pytest.skip("curl 7.82 or newer is not on this machine")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder, data = tmp_path_factory.mktemp("examples"), tmp_path_factory.mktemp("data")
    _fill(folder, _curl())
    demo_in(data).close()
    with served(data, search_limit="", write_limit="") as (address, _):
        parts = parts_in(data)
        secret = parts.keys.create(Scope.ADMIN)[1]
        key_id = parts.keys.create(Scope.SEARCH)[0].id
        yield Place(parts, address, folder, secret, key_id)
        parts.close()


def _answered(output: str) -> dict[str, Any]:
    """The JSON that an example prints; none where it prints text."""
    try:
        answer = json.loads(output)
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}


@pytest.mark.parametrize("example", _all_examples())
def test_an_example_of_the_docs_succeeds_and_finds_something(place: Place, example: str) -> None:
    _needs_curl(example)
    if example.startswith("poisk restore"):
        assert place.run("poisk backup /backups/poisk-2026-11-23.zst").returncode == 0
    place.restored()
    ran = place.run(example)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert not _NOTHING.search(ran.stdout), ran.stdout
    answer = _answered(ran.stdout)
    fruitless = {name for name, none in _FRUITLESS.items() if answer.get(name, ...) == none}
    assert fruitless == set(), ran.stdout
    assert not answer.get("refusals"), ran.stdout


@pytest.mark.parametrize(
    "example",
    [
        """curl http://127.0.0.1:8000/v1/related --json '{"text": "A forum", "lang": "ru"}'""",
        "curl http://127.0.0.1:8000/v1/articles/ru-0107",
        "poisk related ru-0107",
        "poisk search школа --lang de",
        "zcat nothing.jsonl.gz | poisk load -",
    ],
)
def test_a_wrong_example_would_be_seen(place: Place, example: str) -> None:
    _needs_curl(example)
    assert place.run(example).returncode != 0


def test_every_page_with_examples_is_read() -> None:
    counts = {page.name: len(_examples_of(page)) for page in PAGES}
    for page in PAGES:
        blocks = re.findall(r"^ {4}.*\b(?:curl|poisk) ", page.read_text("utf-8"), re.MULTILINE)
        endless = _ENDLESS.findall(page.read_text("utf-8"))
        assert counts[page.name] >= len(blocks) - len(endless)
    assert counts["README.md"] >= 4
    assert counts["api.md"] >= 5
    assert counts["commands.md"] >= 25


def test_the_readme_shows_the_answer_that_is_given(place: Place) -> None:
    _needs_curl("curl")
    place.restored()
    page = (ROOT / "README.md").read_text(encoding="utf-8")
    block = re.search(r"```json\n(.*?)```", page, re.DOTALL)
    assert block
    shown = json.loads(block[1])
    given = json.loads(place.run(_examples_of(ROOT / "README.md")[0]).stdout)
    for left in (shown, given):
        left.pop("took_ms")
        left["hits"][0].pop("score")  # it ages with the article
    _agrees(shown, given)


def _agrees(shown: Any, given: Any) -> None:
    """Whether what is shown is given; … stands for what is left out."""
    if isinstance(shown, dict):
        assert set(shown) - {"…"} <= set(given)
        assert "…" in shown or set(shown) == set(given)
        for name in set(shown) - {"…"}:
            _agrees(shown[name], given[name])
    elif isinstance(shown, list):
        whole = [one for one in shown if one != "…"]
        assert len(given) >= len(whole) if "…" in shown else len(given) == len(whole)
        for left, right in zip(whole, given, strict=False):
            _agrees(left, right)
    elif isinstance(shown, str) and shown.endswith("…"):
        assert given.startswith(shown.rstrip("… "))
    else:
        assert shown == given
