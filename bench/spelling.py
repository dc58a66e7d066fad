"""Does a mistyped word find the right one, and is a right word left alone?

    python -m bench.spelling [../shared/data/spelling] [--limit N]

The folder has files of tab-separated values, *.tsv.gz: the typo, the right word, perhaps a weight.
Of the right words of a file, one in five is kept out of the index; each other one is an article of
this one word. Then N typos and N right words of each file are searched for, drawn at random:

    top-1    typos whose first hit, or whose first interpretation, is the right word
    found    typos that have the right word among the first ten hits
    wrong    right words whose first hit, or whose first interpretation, is another word
    unknown  right words that are not in the index and are read as another word (interpretations)

The last line is JSON.
"""

import argparse
import hashlib
import json
import random
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple, TypeVar

from tqdm import tqdm

from bench.judged.sets import tab_separated
from index.article import check_article
from search.parts import Parts
from search.request import SearchRequest
from tests.support.demo import parts_in

_SEED = 17

T = TypeVar("T")


class Sought(NamedTuple):
    """What a word found: the titles of the first ten hits, and how it was read instead, if so."""

    titles: tuple[str, ...]
    read: tuple[str, ...]

    def first(self) -> str | None:
        """The word that stands first: that of an interpretation, else that of a hit."""
        return next(iter((*self.read, *self.titles)), None)


def is_kept_out(word: str) -> bool:
    """Whether a right word is left out of the index."""
    return hashlib.sha256(word.encode()).digest()[0] % 5 == 0


def build(parts: Parts, words: Sequence[str]) -> None:
    """An article of each word that is not kept out."""
    chosen = [word for word in words if not is_kept_out(word)]
    articles = [check_article({"id": word, "body": word}) for word in chosen]
    for start in range(0, len(articles), 1_000):
        parts.engine.write(map(parts.analyse, articles[start : start + 1_000]))


def seek(parts: Parts, word: str) -> Sought:
    """Searches for a word as a reader does."""
    answer = parts.searcher.search(SearchRequest(q=word, per_page=10, facets=()))
    read = tuple(str(getattr(one, "text", one)).casefold() for one in answer.interpretations)
    return Sought(tuple(hit.id for hit in answer.hits), read)


def measure(path: Path, limit: int) -> dict[str, float]:
    """The figures of one file."""
    rows = [(typo.casefold(), right.casefold()) for typo, right, *_ in tab_separated(path)]
    words = sorted({right for _, right in rows if right.isalpha()})
    right = set(words)
    typos = [row for row in rows if row[0] not in right and row[1] in right]
    typos = [row for row in typos if not is_kept_out(row[1])]
    known = [word for word in words if not is_kept_out(word)]
    unknown = [word for word in words if is_kept_out(word)]
    with TemporaryDirectory() as folder:
        parts = parts_in(Path(folder))
        build(parts, words)
        sought = [
            (right, seek(parts, typo)) for typo, right in tqdm(_drawn(typos, limit), disable=None)
        ]
        left = [(word, seek(parts, word)) for word in tqdm(_drawn(known, limit), disable=None)]
        absent = [(word, seek(parts, word)) for word in tqdm(_drawn(unknown, limit), disable=None)]
        parts.close()
    return {
        "typos": len(sought),
        "top-1": _share([found.first() == word for word, found in sought]),
        "found": _share([word in found.titles for word, found in sought]),
        "right": len(left),
        "wrong": _share([found.first() != word for word, found in left]),
        "absent": len(absent),
        "unknown": _share([bool(found.read) and found.read[0] != word for word, found in absent]),
    }


def _drawn(values: Sequence[T], limit: int) -> list[T]:
    return random.Random(_SEED).sample(values, min(limit, len(values)))


def _share(answers: Sequence[bool]) -> float:
    return round(sum(answers) / max(1, len(answers)), 4)


def main() -> None:
    """Prints a table and the JSON line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    default = Path("../shared/data/spelling")
    parser.add_argument("folder", type=Path, nargs="?", default=default, metavar="DIR")
    parser.add_argument("--limit", type=int, default=3_000, metavar="N")
    options = parser.parse_args()
    measured = {
        path.name.removesuffix(".tsv.gz"): measure(path, options.limit)
        for path in sorted(options.folder.glob("*.tsv.gz"))
    }
    if not measured:
        raise SystemExit(f"{options.folder} has no *.tsv.gz")
    for name, row in measured.items():
        print(f"{name:20}" + "".join(f"  {column} {value}" for column, value in row.items()))
    print(json.dumps(measured))


if __name__ == "__main__":
    main()
