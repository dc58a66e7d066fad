"""The examples of the docs are run: each curl against a real Poisk with the demo articles."""

import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from search.web.docs import EXAMPLES
from tests.demo import demo_in
from tests.processes import ROOT, poisk, served

_AT = "http://127.0.0.1:8000"


def examples(page: str) -> Iterator[str]:
    """The curl commands of a page: indented by four, going on after a backslash or a quote."""
    text = (ROOT / page).read_text(encoding="utf-8")
    for match in re.finditer(r"^    curl .*(?:\n {6,}.*)*", text, re.MULTILINE):
        yield re.sub(r"\\?\n\s+", " ", match[0].strip())


PAGES = [(page, one) for page in ("README.md", "docs/api.md") for one in examples(page)]
COMMANDS = [*PAGES, *((f"/docs {name}", one) for name, one in EXAMPLES.items())]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """The address of a Poisk with the demo articles, and a key that may do everything."""
    if not shutil.which("curl"):
        pytest.skip("there is no curl here")
    folder = tmp_path_factory.mktemp("examples")
    demo_in(folder).close()
    key = poisk(folder, "keys", "create", "--scope", "admin").stdout.strip()
    with served(folder, workers=1) as (address, _):
        subprocess.run(
            ["curl", "-sf", "-X", "PUT", f"{address}/v1/articles/1", "-H", f"X-API-Key: {key}",
             "-d", '{"title": "Школа"}'], check=True, stdout=subprocess.DEVNULL,
        )  # fmt: skip
        yield address, key


def test_there_are_examples_of_every_page() -> None:
    assert {page for page, _ in PAGES} == {"README.md", "docs/api.md"}
    assert len(PAGES) >= 6


@pytest.mark.parametrize(
    "command", [one for _, one in COMMANDS], ids=[page for page, _ in COMMANDS]
)
def test_an_example_is_answered(place: tuple[str, str], command: str) -> None:
    address, key = place
    command = command.replace(_AT, address)
    command = command.replace("Bearer KEY", f"Bearer {key}").replace("$KEY", key)
    done = subprocess.run(
        [*shlex.split(command), "-s", "-w", "\n%{http_code}"],
        capture_output=True, text=True, check=True, timeout=60, cwd=Path(ROOT),
    )  # fmt: skip
    body, _, status = done.stdout.rpartition("\n")
    if '"expect"' in command:  # the number is that of the reader's own articles
        assert "articles pass" in body
    else:
        assert status in {"200", "202"}, body
