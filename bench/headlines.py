"""Articles for bench.serve as JSON Lines, and questions of a few words of their headlines."""

import gzip
import json
import random
import re
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from bench.corpus import Corpus
from index.analysis.normalize import fold_yo
from index.analysis.stopwords import STOPWORDS

_START = date(2021, 1, 1)
_WORD = re.compile(r"[^\W\d_]{2,}")
_TITLE, _LEAD = 10, 25
"""Words of an article that become its title, and words after them that become its lead."""
_MOST_WORDS = 4
_TRIES = 20


def write_articles(path: Path, count: int, data: Path, files: Sequence[Path]) -> int:
    """Writes so many articles of the files, or made of real sentences; how many there were."""
    articles = _given(files) if files else _made(count, data)
    written = 0
    with path.open("w", encoding="utf-8") as lines:
        for one in islice(articles, count):
            lines.write(json.dumps(one, ensure_ascii=False) + "\n")
            written += 1
    return written


def read_articles(path: Path) -> Iterator[dict[str, Any]]:
    """The articles that were written."""
    with path.open(encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def questions(titles: Sequence[str], count: int) -> list[str]:
    """Up to so many different texts of one to four words, next to each other in a headline.

    Each length is as frequent. A text of stop words alone is left out.
    """
    chosen = random.Random(5)
    found: dict[str, None] = {}
    for _ in range(count * _TRIES):
        if len(found) == count:
            break
        words = _WORD.findall(chosen.choice(titles))
        length = chosen.randint(1, _MOST_WORDS)
        if len(words) < length:
            continue
        start = chosen.randint(0, len(words) - length)
        some = [word.lower() for word in words[start : start + length]]
        if any(fold_yo(word) not in STOPWORDS for word in some):
            found[" ".join(some)] = None
    texts = list(found)
    chosen.shuffle(texts)  # else the frequent single words would be asked first
    return texts


def _made(count: int, data: Path) -> Iterator[dict[str, Any]]:
    for made in Corpus(data).articles(count):
        words = made.text.split()
        yield {
            "id": str(made.number),
            "title": " ".join(words[:_TITLE]),
            "lead": " ".join(words[_TITLE : _TITLE + _LEAD]),
            "body": " ".join(words[_TITLE + _LEAD :]),
            "subjects": made.subjects,
            "language": made.language,
            "date": (_START + timedelta(days=made.day)).isoformat(),
        }


def _given(files: Sequence[Path]) -> Iterator[dict[str, Any]]:
    for file, path in enumerate(files):
        opened = gzip.open if path.suffix == ".gz" else open
        with opened(path, "rt", encoding="utf-8") as lines:
            for number, one in enumerate(map(json.loads, lines)):
                subjects = one.get("subjects") or []
                yield {
                    "id": f"{file}-{number}",
                    "title": one.get("title") or "",
                    "lead": one.get("lead") or "",
                    "body": one.get("body") or one.get("text") or "",
                    "subjects": [subjects] if isinstance(subjects, str) else subjects,
                    "language": "en" if "en" in (one.get("language"), one.get("lang")) else "ru",
                    "date": one.get("date") or None,
                }
