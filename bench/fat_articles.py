"""How long very long articles keep whoever searches: each kind of question, and another client.

    python -m bench.fat_articles [--largest] [--seconds S]

Makes articles of half a megabyte to 2 MiB (one word again and again, prose in Russian and
English, a line without an end, dots, newlines, hyphens, many different words) beside
ordinary ones, and asks every kind of question for S seconds, as bench/beside.py says. The last
line is JSON. `--largest` adds a hundred articles of 2 MiB, which takes minutes to load. The exit
status is 1 where an answer failed.
"""

import random
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlencode

from bench.beside import Kind, options, report, search
from index.article import Article, check_article
from search.parts import Parts, join_parts
from search.settings import Settings
from tests.support.demo import demo_articles

_RUSSIAN = (
    "правительство правительства правит президент война мир закон город министр сказал страна "
    "новости рубль цена рынок школа учитель дорога река море в и на по"
)
_ENGLISH = (
    "government president war peace law city minister said country news price market school "
    "teacher road river sea the in and on"
)
RUSSIAN, ENGLISH = _RUSSIAN.split(), _ENGLISH.split()


def prose(words: list[str], size: int, chosen: random.Random, stop: str = ".") -> str:
    """So many bytes of sentences."""
    sentences: list[str] = []
    while size > 0:
        one = " ".join(chosen.choices(words, k=chosen.randint(5, 20))).capitalize() + stop
        sentences.append(one)
        size -= len(one.encode()) + 1
    return " ".join(sentences[:-1])


def fat(largest: bool) -> Iterator[Article]:
    """The long articles; the source names their making."""
    chosen = random.Random(1)
    yield from _made("word", 100, lambda _: "word " * 100_000)
    yield from _made("russian", 12, lambda _: prose(RUSSIAN, 1_500_000, chosen))
    yield from _made("english", 12, lambda _: prose(ENGLISH, 1_500_000, chosen))
    yield from _made("line", 10, lambda _: prose(ENGLISH, 1_000_000, chosen, stop=""))
    yield from _made("dots", 10, lambda _: "точка " + "." * 1_000_000 + " конец")
    yield from _made("newlines", 10, lambda _: "абзац " + "\n" * 1_000_000 + " конец")
    yield from _made("paragraphs", 10, lambda _: "абзац\n" * 150_000)
    yield from _made("hyphens", 10, lambda _: "а-" * 500_000 + "а конец")
    yield from _made("different", 10, lambda at: _different(at, 100_000))
    if largest:
        yield from _made("largest", 100, lambda _: prose(RUSSIAN, 2_090_000, chosen))
        yield from _made("letters", 100, lambda _: "a " * 1_040_000)


def _made(source: str, count: int, body: Callable[[int], str]) -> Iterator[Article]:
    for at in range(count):
        yield check_article(
            {"id": f"{source}-{at}", "title": f"Статья {source} {at}", "source": source,
             "body": body(at), "subjects": ["Длинные", source]}
        )  # fmt: skip


def _different(at: int, words: int) -> str:
    """Numbers: words that no dictionary is asked for, or to load them would take hours."""
    return " ".join(map(str, range(at * words, (at + 1) * words)))


def kinds(largest: bool) -> Iterator[Kind]:
    """Every kind of question."""
    sentence = " ".join(RUSSIAN[:10])
    yield search("a word", "word")
    yield search("a word, 100 hits", "word", per_page=100)
    yield search("a phrase of one word", '"word word"')
    yield search("a phrase, 100 hits", '"word word"', per_page=100)
    yield search("the word ten times", " ".join(["word"] * 10))
    yield search("a Russian word", "правительство", source="russian")
    yield search("an English word", "government", source="english")
    yield search("a phrase", '"министр сказал"', source="russian")
    yield search("a prefix", "правит*", source="russian")
    yield search("a prefix, 100 hits, long", "w*", per_page=100, snippet_length=2_000)
    yield search("several words", "президент война закон", source="russian")
    yield search("a sentence", sentence, source="russian")
    yield search("a sentence, long snippets", sentence, source="russian", snippet_length=2_000)
    yield search("excluded", "правительство -небывалое -whatever", source="russian")
    yield search("explained", sentence, source="russian", explain="true")
    yield search("a long headline", "title:(" + " ".join(RUSSIAN * 40)[:4_000] + ")")
    yield search("facets and months", "word", histogram="month", per_page=100)
    yield search("a line without an end", "minister", source="line", snippet_length=2_000)
    yield search("after dots and newlines", "конец")
    yield search("in 150,000 paragraphs", "абзац")
    yield search("of 100,000 words one", "777777")
    yield search("a prefix of 10,000 words", "77*")
    yield search("everything", "", per_page=100)
    searches = [{"q": "word", "facets": ["subject"]}, {"q": '"word word"'}, {"q": sentence}]
    yield Kind("six searches", "/v1/multi-search", {"searches": searches * 2})
    yield Kind("six sentences", "/v1/multi-search", {"searches": searches[2:] * 6})
    for source in ("word", "russian", "paragraphs", "different"):
        yield Kind(f"related to {source}", f"/v1/articles/{source}-0/related")
    yield Kind("related, 50", "/v1/articles/russian-0/related?limit=50")
    text = prose(RUSSIAN, 700_000, random.Random(2))[:390_000]
    yield Kind("related to 390,000 letters", "/v1/related", {"text": text})
    for source in ("word", "russian", "paragraphs", "newlines"):
        yield Kind(f"the page of {source}", f"/articles/{source}-0")
    yield Kind("an article of 1.5 MB", "/v1/articles/russian-0")
    yield Kind("analysed", f"/v1/analyze?{urlencode({'text': text[:3_000]})}")
    if largest:
        yield search("2 MiB: a word", "правительство", source="largest")
        yield search("2 MiB: a word, 100 hits", "правительство", source="largest", per_page=100)
        yield search("2 MiB: a phrase of a letter", '"a a"', source="letters")
        yield search("2 MiB: a sentence", sentence, source="largest")
        yield Kind("2 MiB: related", "/v1/articles/largest-0/related")
        yield Kind("2 MiB: the page", "/articles/letters-0")


def loaded(folder: Path, largest: bool) -> list[str]:
    """Loads everything; words of the ordinary articles."""
    parts: Parts = join_parts(Settings(data_dir=folder, engine="", database="", _env_file=None))
    ordinary = demo_articles()
    parts.engine.write(map(parts.analyse, ordinary))
    some: list[Article] = []
    for article in fat(largest):
        some.append(article)
        if len(some) == 10:  # some tens of megabytes a commit
            parts.engine.write(map(parts.analyse, some))
            some.clear()
    parts.engine.write(map(parts.analyse, some))
    parts.close()
    words = {word for one in ordinary for word in one.title.split() if word.isalpha()}
    return sorted(word for word in words if len(word) > 4)


def main() -> None:
    """Loads, serves, asks, prints."""
    parser = options(__doc__ or "")
    parser.add_argument("--largest", action="store_true", help="a hundred articles of 2 MiB too")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="poisk-fat-") as temporary:
        folder = Path(temporary)
        words = loaded(folder, chosen.largest)
        report(folder, kinds(chosen.largest), words, chosen)


if __name__ == "__main__":
    main()
