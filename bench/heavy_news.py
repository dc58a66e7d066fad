"""How long the heaviest questions about ordinary news take, and how long others wait meanwhile.

    python -m bench.heavy_news --articles N [--seconds S] [--only TEXT]

The articles and the index are those of bench.serve, kept in the folder `--data`. Each kind of
question is the heaviest of its sort that the API accepts: 64 common words, eight prefixes of one
letter, a hundred hits explained, six searches at once. bench/beside.py says what is measured. The
last line is JSON. The exit status is 1 where an answer failed.
"""

import re
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import quote

from bench.beside import Kind, options, report, search
from bench.headlines import read_articles
from bench.serving.prepared import build, locked, prepare

_SAMPLE = 3_000
"""Articles whose words are counted."""
_WORD = re.compile(r"[^\W\d_]{2,}")
_LETTERS = "псвокрнм"
"""Many words begin with each."""
_DRAFT = 390_000
"""Letters of a draft."""


def kinds(articles: Sequence[dict[str, Any]], common: Sequence[str]) -> Iterator[Kind]:
    """Every kind of question; the common words come the most frequent first."""
    many, word = " ".join(common[:64]), common[64]
    prefixes = " ".join(f"{letter}*" for letter in _LETTERS)
    yield search("a common word", word)
    yield search("100 hits, long snippets", word, per_page=100, snippet_length=2_000)
    yield search("everything, 100 hits", "", per_page=100)
    yield search("facets and days", word, per_page=100, histogram="day")
    yield search("64 words", many)
    yield search("64 words, all of them", " ".join(f"+{one}" for one in common[:64]))
    yield search("64 words, any of them", " OR ".join(common[:64]))
    yield search("64 words, 100 hits", many, per_page=100)
    yield search("63 excluded", " -".join(common[:64]))
    yield search("a prefix of a letter", f"{_LETTERS[0]}*")
    yield search("eight prefixes", prefixes)
    yield search("any of eight, 100 hits", prefixes.replace(" ", " OR "), per_page=100)
    yield search("prefixes and words", f"{prefixes} {' '.join(common[:56])}")
    yield search("a phrase", f'"{" ".join(common[:5])}"')
    pairs = [f'"{one} {other}"' for one, other in zip(common[:64:2], common[1:64:2], strict=True)]
    yield search("any of 32 phrases", " OR ".join(pairs))
    yield search("three fields of 20 words", " OR ".join(
        f"title:{one} OR lead:{one} OR body:{one}" for one in common[:20]))  # fmt: skip
    yield search("explained, 100 hits", many, per_page=100, explain="true")
    yield Kind("190,000 letters", "/v1/search", {"q": ("слово-слово (" * 20_000)[:190_000]})
    yield Kind("six times 64 words", "/v1/multi-search", {"searches": [{"q": many}] * 6})
    yield Kind("six times eight prefixes", "/v1/multi-search", {"searches": [{"q": prefixes}] * 6})
    longest = max(articles, key=lambda one: len(one["body"]))
    yield Kind("related to the longest", f"/v1/articles/{quote(longest['id'], safe='')}/related")
    draft = " ".join(one["body"] for one in articles)[:_DRAFT]
    yield Kind("related to a draft, 50", "/v1/related", {"text": draft, "limit": 50})
    unknown = " ".join(f"слыв{number}ание" for number in range(20_000))
    yield Kind("related to unknown words", "/v1/related", {"text": unknown})
    yield Kind("the page of the longest", f"/articles/{quote(longest['id'], safe='')}")
    yield Kind("analysed", f"/v1/analyze?text={quote(draft[:1_000])}")


def main() -> None:
    """Builds what is missing, serves, asks, prints."""
    parser = options(__doc__ or "")
    parser.add_argument("--articles", type=int, default=20_000)
    parser.add_argument("--file", type=Path, action="append", default=[], dest="files")
    parser.add_argument("--data", type=Path, default=Path(tempfile.gettempdir(), "poisk-serve"))
    chosen = parser.parse_args()
    with locked(chosen.data):
        prepared = prepare(chosen.data, chosen.articles, chosen.files)
        build(prepared)
        sample = list(islice(read_articles(prepared.articles), _SAMPLE))
        counted = Counter(word.lower() for one in sample for word in _WORD.findall(one["body"]))
        common = [word for word, _ in counted.most_common(400)]
        report(prepared.poisk, kinds(sample, common), common[200:], chosen)


if __name__ == "__main__":
    main()
