"""A judged set: queries, and which articles answer each."""

import gzip
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

Judgments = Mapping[str, Mapping[str, int]]
"""Relevance of articles by query."""


class JudgedQuery(NamedTuple):
    """A query and its relevant articles, each with its relevance, from 1."""

    id: str
    text: str
    relevant: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class JudgedSet:
    """A folder with articles.jsonl.gz, and the queries of which it has judgments."""

    folder: Path
    queries: tuple[JudgedQuery, ...]

    @property
    def name(self) -> str:
        """The name of the folder."""
        return self.folder.name

    @property
    def articles(self) -> Path:
        """The file with the articles."""
        return self.folder / "articles.jsonl.gz"

    def digest(self) -> str:
        """The same for as long as the queries and the judgments are."""
        rows = [(query.id, query.text, sorted(query.relevant.items())) for query in self.queries]
        return hashlib.sha256(json.dumps(rows).encode()).hexdigest()[:12]

    def asks_headlines(self) -> bool:
        """Whether most queries are the title of an article that answers them."""
        titles = {str(one["id"]): _key(one.get("title")) for one in json_lines(self.articles)}
        own = sum(
            _key(query.text) in {titles.get(article) for article in query.relevant}
            for query in self.queries
        )
        return own * 2 > len(self.queries)


def _key(title: object) -> str:
    return " ".join(str(title or "").casefold().split())


def read_set(folder: Path) -> JudgedSet:
    """The set of a folder, its queries in their order."""
    judgments = read_judgments(folder / "qrels.tsv")
    lines = (folder / "queries.jsonl").read_text(encoding="utf-8").splitlines()
    queries = [
        JudgedQuery(query["id"], query["text"], judgments[query["id"]])
        for query in map(json.loads, lines)
        if query["id"] in judgments
    ]
    return JudgedSet(folder, tuple(queries))


def read_judgments(path: Path) -> Judgments:
    """The relevant articles of each query; a heading has no number and is left out."""
    judgments: dict[str, dict[str, int]] = {}
    for row in tab_separated(path):
        query, article, relevance, *_ = row
        if relevance.lstrip("-").isdigit():
            judged = judgments.setdefault(query, {})
            if int(relevance) > 0:
                judged[article] = int(relevance)
    return judgments


def tab_separated(path: Path) -> list[list[str]]:
    """The rows of a file of tab-separated values, also a gzip file."""
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8") as lines:
        return [line.rstrip("\n").split("\t") for line in lines]


def json_lines(path: Path) -> Iterator[dict[str, Any]]:
    """The objects of a gzip file of JSON Lines."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)
