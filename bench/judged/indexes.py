"""Indexes of the articles of judged sets, kept for the next run."""

import hashlib
import json
import shutil
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from tqdm import tqdm

from bench.judged.sets import json_lines
from index.analysed import AnalysedArticle
from index.analysis.analyzer import analysis_version
from index.article import check_article
from index.errors import ArticleRefused
from index.schema import SCHEMA_VERSION
from index.sources.field_names import article_fields
from search.parts import Parts
from tests.support.demo import parts_in

KEPT = Path("data/bench")
"""Where indexes are kept unless the command says otherwise; git ignores it."""
_ROOT = Path(__file__).parents[2]
_DECIDING = ("analysed.py", "article.py", "schema.py", "analysis/*.py", "sources/*.py")
"""The files of index/ that decide what of an article is in the index."""
_BATCH = 500


@dataclass(frozen=True, slots=True)
class IndexedSet:
    """The parts that answer from the index, and why articles were rejected: how many by cause."""

    parts: Parts
    articles: int
    rejected: Mapping[str, int]

    def mostly_rejected(self) -> bool:
        """Whether more than half of the articles were rejected: figures then say nothing."""
        return sum(self.rejected.values()) * 2 > self.articles


@contextmanager
def indexed(
    articles: Path, kept: Path = KEPT, hide_title: bool = False, again: bool = False
) -> Iterator[IndexedSet]:
    """The index of a file of articles, built unless it is kept; `again` builds it anyway.

    `hide_title` leaves the titles out.
    """
    folder = kept / _name(articles, hide_title)
    if again:
        shutil.rmtree(folder, ignore_errors=True)
    if not folder.exists():
        kept.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=kept) as temporary:
            building = Path(temporary, "index")
            _build(articles, building, hide_title)
            building.rename(folder)
    built = json.loads((folder / "built.json").read_text(encoding="utf-8"))
    parts = parts_in(folder)
    yield IndexedSet(parts, built["articles"], built["rejected"])
    parts.close()


def _name(articles: Path, hide_title: bool) -> str:
    """Another one where the articles, or what decides the terms of an article, are others."""
    digest = hashlib.sha256(f"{_version()} {hide_title}".encode())
    digest.update(articles.read_bytes())
    return f"{articles.parent.name}-{digest.hexdigest()[:16]}"


@cache
def _version() -> str:
    """Of the analysis: its number, and the code itself, of which a draft may have changed."""
    digest = hashlib.sha256(f"{analysis_version()} {SCHEMA_VERSION}".encode())
    for pattern in _DECIDING:
        for path in sorted((_ROOT / "index").glob(pattern)):
            digest.update(path.read_bytes())
    return digest.hexdigest()


def _build(articles: Path, folder: Path, hide_title: bool) -> None:
    parts = parts_in(folder)
    count = 0
    rejected: Counter[str] = Counter()
    batch: list[AnalysedArticle] = []
    for line in tqdm(json_lines(articles), desc=articles.parent.name, disable=None):
        count += 1
        fields = dict(article_fields(line))
        if hide_title:
            fields.pop("title", None)
        try:
            batch.append(parts.analyse(check_article(fields)))
        except ArticleRefused as error:
            rejected[f"{error.field}: {error.cause}"] += 1
        if len(batch) == _BATCH:
            parts.engine.write(batch)
            batch = []
    parts.engine.write(batch)
    parts.close()
    built = {"articles": count, "rejected": rejected}
    (folder / "built.json").write_text(json.dumps(built), encoding="utf-8")
