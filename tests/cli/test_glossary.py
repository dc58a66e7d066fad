"""The glossary gives each word once, and words that it replaced are in no docs and messages."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCS = [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("bench/*.md")]
CODE = [path for room in ("index", "search") for path in sorted((ROOT / room).rglob("*.py"))]

OLD_NAMES = (
    "TermTable",
    "FacetColumn",
    "Wanted",
    "Showing",
    "Retrieval",
    "Mark",
    "Archive",
    "_wishes",
)
"""Names of types and functions that have names of the field now: see docs/glossary.md."""

OLD_WORDS = (
    r"archives?",
    r"refusals?",
    r"anew",
    r"(come|came|comes) so far",
    r"(see|sees|seen) to",
    r"in earnest",
    r"told this once",
    r"mend(s|ed)?",
    r"numbers of (the )?articles",
)
"""Words that readers did not understand, or that the field has another word for."""

NEVER = (r"anew", r"(come|came|comes) so far", r"(see|sees|seen) to", r"in earnest")
"""Those of the old words that comments and docstrings do not have either."""

KEPT = re.compile(r"POISK_ARCHIVE|archive\.sqlite|ZIP archive|7z archive|`refusals`|refusals[:\"]")
"""The old setting, names of files and file formats, and a name in the API's answers."""


def rows() -> list[list[str]]:
    page = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
    lines = re.findall(r"^\| (.*) \|$", page, re.MULTILINE)
    cells = [re.split(r" ?\| ?", line) for line in lines]
    return [row for row in cells if len(row) > 2 and row[0] != "English"]


def messages(path: Path) -> Iterator[str]:
    """Texts of a file with a space in them, except docstrings."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    docs = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        match node:
            case ast.Constant(value=str(text)) if " " in text and id(node) not in docs:
                yield text


def old_words(text: str) -> list[str]:
    found = re.finditer(rf"\b({'|'.join(OLD_WORDS)})\b", KEPT.sub("", text), re.IGNORECASE)
    return [match[0] for match in found]


def test_the_glossary_has_each_word_once_with_a_russian_word_and_a_meaning() -> None:
    words = [row[0] for row in rows()]
    assert len(words) > 100
    assert len(words) == len(set(words))
    for row in rows():
        assert len(row) == 4, row
        assert all(row[:3]), row


def test_every_type_that_the_glossary_names_exists() -> None:
    code = "\n".join(path.read_text(encoding="utf-8") for path in CODE)
    for row in rows():
        for name in re.findall(r"`([A-Z][A-Za-z]+)`", row[2]):
            assert re.search(rf"^(class )?{name}\b", code, re.MULTILINE), name


@pytest.mark.parametrize("page", DOCS, ids=lambda page: page.name)
def test_no_old_word_stands_in_the_docs(page: Path) -> None:
    assert old_words(page.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("path", CODE, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_old_word_stands_in_a_message_or_a_name(path: Path) -> None:
    assert [text for text in messages(path) if old_words(text)] == []
    text = path.read_text(encoding="utf-8")
    assert re.findall(rf"\b({'|'.join((*OLD_NAMES, *NEVER))})\b", text) == []
