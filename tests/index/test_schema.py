"""The registry of fields, and what follows from it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from index import schema
from index.results import Sort
from index.schema import EXACT, FIELDS

ROOT = Path(__file__).parents[2]


def test_every_order_of_hits_but_relevance_is_made_of_a_field() -> None:
    orders = [order for field in FIELDS for order in field.sorts]
    assert sorted(orders) == sorted(set(Sort) - {Sort.RELEVANCE})


def test_an_index_of_this_schema_version_has_these_fields() -> None:
    """Whoever changes them raises SCHEMA_VERSION: an older index is rebuilt then."""
    texts = "title lead body subjects rubric source authors"
    assert (schema.SCHEMA_VERSION, " ".join(EXACT), " ".join(schema.FACETS)) == (
        7, texts, "subject language rubric source author",
    )  # fmt: skip


def test_the_docs_name_every_query_field_filter_and_name_in_other_exports() -> None:
    readme = (ROOT / "README.md").read_text()
    commands = (ROOT / "docs/commands.md").read_text()
    for field in FIELDS:
        assert all(f"`{name}:" in readme for name in field.query_names), field.name
        assert f"| `{field.name}` |" in commands
        assert not field.parameter or f"`--{field.parameter}`" in commands


NEW_FIELD = """    ArticleField(
        "desk",
        Indexed.TEXT,
        query_names=("desk", "отдел"),
        facet="desk",
        parameter="desk",
        filter_help="Only these desks.",
        description="Desk that wrote the article.",
        label=FacetLabel("Отдел", "Desk"),
        byline=4,
        other_names="department",
    ),
"""
SCRIPT = Path(__file__).with_name("new_field.py")


def test_a_new_field_needs_a_line_in_the_model_and_an_entry_in_the_registry(tmp_path: Path) -> None:
    code, data = tmp_path / "code", tmp_path / "data"
    data.mkdir()
    for folder in ("index", "search"):
        shutil.copytree(ROOT / folder, code / folder, ignore=shutil.ignore_patterns("__pycache__"))
    insert(code / "index/article.py", '    image_credit: Line = ""\n', '    desk: Line = ""\n')
    insert(code / "index/schema.py", '    ArticleField("image_credit"),\n', NEW_FIELD)
    done = subprocess.run(
        [sys.executable, SCRIPT, data],
        env={**os.environ, "PYTHONPATH": str(code)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def insert(file: Path, before: str, lines: str) -> None:
    """Puts the lines into the file, before the line that it has once."""
    text = file.read_text()
    assert text.count(before) == 1
    file.write_text(text.replace(before, lines + before))
