"""Docs are tested: every setting, command, route, error code and link in them exists."""

import re
from pathlib import Path

import click
import pytest
from flask import Flask
from werkzeug.exceptions import Conflict, RequestTimeout, ServiceUnavailable, TooManyRequests

from index.errors import (
    ChangeUnknown,
    IndexBusy,
    KeyForbidden,
    KeyRefused,
    RebuildRunning,
    RequestRefused,
    StoreFull,
)
from search.cli.main import poisk
from search.parts import Parts
from search.settings import Settings
from search.web.app import create_app
from search.web.problem_kinds import PROBLEMS, ErrorType
from search.web.problems import error_codes

ROOT = Path(__file__).parents[2]
PAGES = [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("bench/*.md")]


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def app(demo: Parts) -> Flask:
    return create_app(demo.settings, demo)


def test_every_setting_is_described_with_its_default() -> None:
    rows = dict(
        re.findall(r"^\| `(POISK_\w+)` \| (.*?) \|", text("docs/settings.md"), re.MULTILINE)
    )
    for name, field in Settings.model_fields.items():
        default = rows.pop(f"POISK_{name.upper()}")
        assert default.strip("`") == (str(field.default) or "empty")
    assert rows == {}


def test_every_command_and_option_is_described_and_exists() -> None:
    page = text("docs/commands.md")
    described = set(re.findall(r"^## poisk (\w+)", page, re.MULTILINE))
    assert described == set(poisk.commands)
    sections = re.split(r"^## poisk ", page, flags=re.MULTILINE)[1:]
    for section in sections:
        command = poisk.commands[section.split()[0]]
        commands = [command, *getattr(command, "commands", {}).values()]
        known = {
            name
            for one in commands
            for parameter in one.params
            if isinstance(parameter, click.Option)
            for name in parameter.opts
        }
        named = set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", section))
        assert named <= known | {"--help"}, section.split()[0]
        assert known - named <= {"--help"}, section.split()[0]


def test_every_route_is_described_and_exists(app: Flask) -> None:
    described = set(re.findall(r"`(GET|POST|PUT|PATCH|DELETE) (/[^\s`]*)`", text("docs/api.md")))
    described = {(method, path) for method, path in described if not re.search(r"\d\d", path)}
    routes = {
        (method, re.sub(r"<.*?(id|number)>", r"{\1}", rule.rule))
        for rule in app.url_map.iter_rules()
        for method in rule.methods or ()
        if method not in {"HEAD", "OPTIONS"}
        and rule.endpoint.split(".")[0] not in {"pages", "static"}
    }
    assert described == routes


def test_every_error_code_is_described_with_its_status() -> None:
    rows = re.findall(r"^\| `([a-z-]+)` \| (\d+) \|", text("docs/api.md"), re.MULTILINE)
    assert {(code, int(status)) for code, status in rows} == {
        (code, status) for code, status, _ in error_codes()
    }


@pytest.mark.parametrize("name", ["docs/api.md", "docs/settings.md", "docs/trouble.md"])
def test_every_status_that_is_named_beside_its_code_is_the_code_s(name: str) -> None:
    statuses = {code: status for code, status, _ in error_codes()}
    for status, code in re.findall(r"\b([45]\d\d) `([a-z-]+)`", text(name)):
        assert statuses[code] == int(status)


@pytest.mark.parametrize(
    ("name", "sentence", "error"),
    [
        ("api", r"belongs to another search with (\d+)", RequestRefused),
        ("api", r"the whole request is refused with (\d+)", RequestRefused),
        ("api", r"before that, the answer is (\d+)", Conflict),
        ("api", r"A number that does not exist gives (\d+)", ChangeUnknown),
        ("api", r"takes more than 5 seconds, the answer is (\d+)", IndexBusy),
        ("api", r"another request gets (\d+)", RebuildRunning),
        ("api", r"Above a limit, Poisk answers (\d+)", TooManyRequests),
        ("api", r"otherwise Poisk answers (\d+)", RequestTimeout),
        ("api", r"waits for up to 30 seconds and then gets (\d+)", ServiceUnavailable),
        ("api", r"A (\d+) has the header", KeyRefused),
        ("api", r"a (\d+) names the `scope`", KeyForbidden),
        ("settings", r"refuses new articles with (\d+)", StoreFull),
    ],
)
def test_every_status_in_a_sentence_is_that_of_its_error(
    name: str, sentence: str, error: ErrorType
) -> None:
    (status,) = re.findall(sentence, " ".join(text(f"docs/{name}.md").split()))
    assert int(status) == PROBLEMS[error].status


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_to_a_file_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_setting_command_and_make_target_that_is_named_exists(page: Path) -> None:
    said = page.read_text(encoding="utf-8")
    settings = {f"POISK_{name.upper()}" for name in Settings.model_fields}
    assert set(re.findall(r"POISK_[A-Z_]+", said)) <= settings
    commands = set(re.findall(r"^ {4}(?:\S+ \| )?poisk (\w+)|`poisk (\w+)", said, re.MULTILINE))
    assert {one or other for one, other in commands} <= set(poisk.commands) | {"COMMAND"}
    targets = set(re.findall(r"^(\w+):", text("Makefile"), re.MULTILINE))
    assert set(re.findall(r"(?:^ {4}|`)make (\w+)", said, re.MULTILINE)) <= targets
    for module in re.findall(r"python -m (bench\.\w+)", said):
        assert (ROOT / (module.replace(".", "/") + ".py")).exists()


def test_the_readme_opens_with_the_two_commands_and_a_query() -> None:
    first = text("README.md")[:1_200]
    assert first.index("make run") < first.index("make test") < first.index("curl")


def test_every_file_that_the_architecture_names_exists() -> None:
    said = text("ARCHITECTURE.md")
    named = set(re.findall(r"(?<![.\w])[\w/]+\.py\b", said))
    files = {path.relative_to(ROOT).as_posix() for path in ROOT.rglob("*.py")}
    planned = set(re.findall(r"(?<![.\w])[\w/]+\.py\b", text("docs/plan.md")))
    ends = {f"/{one}" for one in files}
    missing = {one for one in named - planned if not any(end.endswith(f"/{one}") for end in ends)}
    assert not missing


@pytest.mark.parametrize("way", ["An article in", "A query out"])
def test_each_way_through_the_code_has_ten_steps_with_files(way: str) -> None:
    section = text("ARCHITECTURE.md").split(f"## {way}, in ten steps")[1].split("\n## ")[0]
    steps = re.split(r"^\d+\. ", section, flags=re.MULTILINE)[1:]
    assert len(steps) == 10
    for step in steps:
        files = re.findall(r"`([\w/]+\.py)`", step)
        assert files, step
        assert all((ROOT / name).exists() for name in files), files


def test_the_twelve_example_changes_name_the_place_in_the_code() -> None:
    section = text("CONTRIBUTING.md").split("## Where does a change belong?")[1].split("\n## ")[0]
    rows = re.findall(r"^\| (a.+?|the .+?) \| (.+?) \| `(.+?)` \|$", section, re.MULTILINE)
    assert len(rows) == 12
    for change, files, name in rows:
        for file in re.findall(r"`([\w/]+\.py)`", files):
            assert re.search(rf"\b{name}\b", text(file)), change


def test_every_file_that_contributing_names_exists() -> None:
    named = re.findall(r"`((?:index|search|tests|docs)/[\w/.]+)`", text("CONTRIBUTING.md"))
    assert len(named) > 20
    assert [name for name in named if not (ROOT / name).exists()] == []
