"""How long very long articles keep whoever searches: each kind of question, and another client.

    python -m bench.fat_articles [--largest] [--seconds S]

Makes articles of half a megabyte to 2 MiB (one word again and again, prose in Russian and
English, a line without an end, dots, newlines, hyphens, many different words) beside
ordinary ones, serves them as `gunicorn wsgi:app` does, and asks every kind of question for S
seconds while another client searches ordinary articles all the time. Prints for each kind the
p50 and the maximum of its answers and the other client's p95 meanwhile, in milliseconds, and
one line of JSON. `--largest` adds a hundred articles of 2 MiB, which takes minutes to load.
The exit status is 1 where an answer failed.
"""

import argparse
import json
import random
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from pathlib import Path
from statistics import median
from typing import NamedTuple
from urllib.parse import quote, urlencode, urlsplit

from index.article import Article, check_article
from search.parts import Parts, join_parts
from search.settings import Settings
from tests.support.demo import demo_articles
from tests.support.processes import served

_RUSSIAN = (
    "правительство правительства правит президент война мир закон город министр сказал страна "
    "новости рубль цена рынок школа учитель дорога река море в и на по"
)
_ENGLISH = (
    "government president war peace law city minister said country news price market school "
    "teacher road river sea the in and on"
)
RUSSIAN, ENGLISH = _RUSSIAN.split(), _ENGLISH.split()
_PAUSE = 0.01
"""Seconds between an answer and the next question of the other client."""


class Kind(NamedTuple):
    """A kind of question: its name, its path, and its body where it has one."""

    name: str
    path: str
    body: object = None


class Asked(NamedTuple):
    """What came of a kind: milliseconds of its answers, of the other client's, failures."""

    own: list[float]
    others: list[float]
    failed: int


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
    yield _search("a word", "word")
    yield _search("a word, 100 hits", "word", per_page=100)
    yield _search("a phrase of one word", '"word word"')
    yield _search("a phrase, 100 hits", '"word word"', per_page=100)
    yield _search("the word ten times", " ".join(["word"] * 10))
    yield _search("a Russian word", "правительство", source="russian")
    yield _search("an English word", "government", source="english")
    yield _search("a phrase", '"министр сказал"', source="russian")
    yield _search("a prefix", "правит*", source="russian")
    yield _search("a prefix, 100 hits, long", "w*", per_page=100, snippet_length=2_000)
    yield _search("several words", "президент война закон", source="russian")
    yield _search("a sentence", sentence, source="russian")
    yield _search("a sentence, long snippets", sentence, source="russian", snippet_length=2_000)
    yield _search("excluded", "правительство -небывалое -whatever", source="russian")
    yield _search("explained", sentence, source="russian", explain="true")
    yield _search("a long headline", "title:(" + " ".join(RUSSIAN * 40)[:4_000] + ")")
    yield _search("facets and months", "word", histogram="month", per_page=100)
    yield _search("a line without an end", "minister", source="line", snippet_length=2_000)
    yield _search("after dots and newlines", "конец")
    yield _search("in 150,000 paragraphs", "абзац")
    yield _search("of 100,000 words one", "777777")
    yield _search("a prefix of 10,000 words", "77*")
    yield _search("everything", "", per_page=100)
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
        yield _search("2 MiB: a word", "правительство", source="largest")
        yield _search("2 MiB: a word, 100 hits", "правительство", source="largest", per_page=100)
        yield _search("2 MiB: a phrase of a letter", '"a a"', source="letters")
        yield _search("2 MiB: a sentence", sentence, source="largest")
        yield Kind("2 MiB: related", "/v1/articles/largest-0/related")
        yield Kind("2 MiB: the page", "/articles/letters-0")


def _search(name: str, q: str, **rest: object) -> Kind:
    return Kind(name, f"/v1/search?{urlencode({'q': q, **rest})}")


def ask(port: int, kind: Kind) -> tuple[bool, float]:
    """Whether it was answered, and the milliseconds until the whole answer was there."""
    started = time.perf_counter()
    connection = HTTPConnection("127.0.0.1", port, timeout=120)
    try:
        sent = None if kind.body is None else json.dumps(kind.body).encode()
        connection.request("GET" if sent is None else "POST", kind.path, sent)
        response = connection.getresponse()
        response.read()
        return response.status == 200, (time.perf_counter() - started) * 1_000
    finally:
        connection.close()


def measured(port: int, kind: Kind, seconds: float, words: list[str]) -> Asked:
    """Asks the kind for so long, while another client searches for these words."""
    others: list[float] = []
    failed = 0
    over = threading.Event()

    def search() -> None:
        nonlocal failed
        chosen = random.Random(3)
        while not over.is_set():
            well, took = ask(port, Kind("", f"/v1/search?q={quote(chosen.choice(words))}"))
            others.append(took)
            failed += not well
            time.sleep(_PAUSE)

    client = threading.Thread(target=search)
    client.start()
    own: list[float] = []
    until = time.monotonic() + seconds
    while len(own) < 3 or time.monotonic() < until:
        well, took = ask(port, kind)
        own.append(took)
        failed += not well
    over.set()
    client.join()
    return Asked(own, others, failed)


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
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--largest", action="store_true", help="a hundred articles of 2 MiB too")
    parser.add_argument("--seconds", type=float, default=3.0, help="of each kind")
    options = parser.parse_args()
    figures: dict[str, dict[str, float]] = {}
    failed = 0
    with tempfile.TemporaryDirectory(prefix="poisk-fat-") as temporary:
        words = loaded(Path(temporary), options.largest)
        command = ("-m", "gunicorn", "wsgi:app")
        with served(Path(temporary), command, workers=2, threads=4, search_limit="") as (at, _):
            port = urlsplit(at).port or 0
            print(f"{'ms':30}{'p50':>9}{'max':>9}{'the other, p95':>18}", flush=True)
            for kind in kinds(options.largest):
                asked = measured(port, kind, options.seconds, words)
                failed += asked.failed
                others = sorted(asked.others)
                told = {
                    "p50": median(asked.own),
                    "max": max(asked.own),
                    "other_p95": others[int(len(others) * 0.95)],
                }
                figures[kind.name] = {name: round(value, 1) for name, value in told.items()}
                print(
                    f"{kind.name:30}{told['p50']:9.0f}{told['max']:9.0f}{told['other_p95']:18.0f}"
                    + (f"  {asked.failed} failed" if asked.failed else ""),
                    flush=True,
                )
    print(json.dumps({"failed": failed, "kinds": figures}, ensure_ascii=False))
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
