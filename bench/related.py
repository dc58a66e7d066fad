"""How good related articles are: other halves of bilingual pairs, and one story told twice.

    python -m bench.related [DATA]

DATA (../shared/data) holds bilingual/ and same_story/. For pairs of the same text
in two languages: how often the other half is the first article related in the
other language. For pairs judged one story or not: how often the other one is among
the first five related or the duplicates, of the pairs that are one story and of
those that are not. The last line is JSON.
"""

import argparse
import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tqdm import tqdm

from index.article import Article
from index.sources.open import open_source
from search.parts import Parts, join_parts
from search.request import RelatedOptions
from search.settings import Settings


@contextmanager
def loaded(folder: Path) -> Iterator[Parts]:
    """An index of the folder's articles, gone afterwards."""
    with tempfile.TemporaryDirectory() as temporary:
        parts = join_parts(Settings(data_dir=Path(temporary)))
        with open_source(str(folder / "articles.jsonl.gz")) as reading:
            articles = [one for one in reading if isinstance(one, Article)]
        for start in tqdm(range(0, len(articles), 200), desc=folder.name, disable=None):
            parts.engine.write(map(parts.analyse, articles[start : start + 200]))
        yield parts
        parts.close()


def pairs(folder: Path) -> list[list[str]]:
    """The rows of pairs.tsv."""
    rows = (folder / "pairs.tsv").read_text(encoding="utf-8").splitlines()
    return [row.split("\t") for row in rows]


def bilingual(folder: Path) -> dict[str, float]:
    """How often the other half comes first."""
    firsts = {"all": [0, 0], "news": [0, 0]}
    with loaded(folder) as parts:
        options = RelatedOptions(lang="other", limit=1)
        for one, other, domain, *_ in tqdm(pairs(folder), desc="pairs", disable=None):
            for asked, wanted in ((one, other), (other, one)):
                answer = parts.related.to_article(parts.searcher.article(asked), options)
                first = bool(answer.hits) and answer.hits[0].id == wanted
                for group in ("all", domain) if domain == "news" else ("all",):
                    firsts[group][0] += first
                    firsts[group][1] += 1
    return {f"bilingual_first_{name}": round(n / max(1, of), 4) for name, (n, of) in firsts.items()}


def same_story(folder: Path) -> dict[str, float]:
    """How often the other article is found, by judgement."""
    found = {"OK": [0, 0], "BAD": [0, 0]}
    with loaded(folder) as parts:
        options = RelatedOptions(lang="same", limit=5)
        for one, other, judged, *_ in tqdm(pairs(folder), desc="pairs", disable=None):
            answer = parts.related.to_article(parts.searcher.article(one), options)
            ids = {hit.id for hit in (*answer.hits, *answer.duplicates)}
            found[judged][0] += other in ids
            found[judged][1] += 1
    return {f"same_story_{name}": round(n / max(1, of), 4) for name, (n, of) in found.items()}


def main() -> None:
    """Measures both and prints the figures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("data", type=Path, nargs="?", default=Path("../shared/data"))
    data = parser.parse_args().data
    print(json.dumps({**bilingual(data / "bilingual"), **same_story(data / "same_story")}))


if __name__ == "__main__":
    main()
