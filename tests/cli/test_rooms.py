"""The house's bars: small folders, short functions, flat code, and a sentence for each room."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.processes import ROOT

FILES = sorted(
    path
    for folder in ("index", "search", "tests", "bench")
    for path in ROOT.glob(f"{folder}/**/*.py")
)
PACKAGES = [path for path in FILES if path.name == "__init__.py" and path.parts[-2] != "bench"]
BLOCKS = (ast.If, ast.For, ast.While, ast.With, ast.Try, ast.Match)
Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions(path: Path) -> Iterator[Function]:
    """Every function and method of a file, inner ones too."""
    nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    return (node for node in nodes if isinstance(node, Function))


def deep_lines(node: ast.AST, depth: int = 0) -> Iterator[int]:
    """The lines of blocks that lie deeper than four; `elif` goes no deeper than its `if`."""
    for name, value in ast.iter_fields(node):
        for child in value if isinstance(value, list) else [value]:
            if not isinstance(child, ast.AST) or isinstance(child, Function | ast.ClassDef):
                continue
            is_elif = isinstance(node, ast.If) and name == "orelse" and isinstance(child, ast.If)
            inner = depth + (isinstance(child, BLOCKS) and not is_elif)
            if inner > depth and inner > 4:
                yield child.lineno  # type: ignore[attr-defined]  # blocks are statements
            yield from deep_lines(child, inner)


def test_a_folder_has_twenty_files_at_most_besides_its_init() -> None:
    folders = {path.parent for path in FILES}
    sizes = {one: len([*one.glob("*.py")]) - (one / "__init__.py").exists() for one in folders}
    assert {one: size for one, size in sizes.items() if size > 20} == {}


def test_no_function_is_longer_than_fifty_lines() -> None:
    lengths = {
        f"{path.relative_to(ROOT)}:{one.lineno} {one.name}": (one.end_lineno or 0) - one.lineno + 1
        for path in FILES
        for one in functions(path)
    }
    assert {name: length for name, length in lengths.items() if length > 50} == {}


def test_code_nests_four_deep_at_most_unless_a_comment_says_why() -> None:
    deep = []
    for path in FILES:
        lines = path.read_text(encoding="utf-8").splitlines()
        for function in functions(path):
            numbers = [one for one in deep_lines(function) if "  # " not in lines[one - 1]]
            deep += [f"{path.relative_to(ROOT)}:{number}" for number in numbers]
    assert deep == []


@pytest.mark.parametrize("path", [one for one in PACKAGES if "tests" not in one.parts], ids=str)
def test_a_package_says_what_lives_there_and_what_does_not(path: Path) -> None:
    said = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    assert said.count(".") >= 2, "two sentences: what lives here, and what never does"


def test_no_two_types_have_one_name() -> None:
    places: dict[str, list[str]] = {}
    for path in FILES:
        if path.relative_to(ROOT).parts[0] not in {"index", "search"}:
            continue
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            names = [node.name] if isinstance(node, ast.ClassDef) else []
            if isinstance(node, ast.Assign):
                names = [one.id for one in node.targets if isinstance(one, ast.Name)]
            for name in names:
                if re.fullmatch(r"[A-Z][a-z]\w+", name):
                    places.setdefault(name, []).append(str(path.relative_to(ROOT)))
    assert {name: files for name, files in places.items() if len(files) > 1} == {}
