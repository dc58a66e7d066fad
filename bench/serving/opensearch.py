"""How OpenSearch holds the articles of bench.serve, and how it is asked what Poisk is asked.

The text fields exist twice: `title_ru`, `lead_ru`, `body_ru` and `subjects_ru` with the
analyzer `russian`, and the same with `english`; an article has those of its language. Both
analyzers leave out Poisk's stop words: with their own ones they would count, and ask for, other
words. A query goes to all eight fields in a multi_match of the type cross_fields, which asks for
the words in the fields of one analyzer together: as in Poisk, each word may be in any field of an
article, title 3, lead 1.5, body and subjects 1. Up to three words must all match; of more, a
fifth (search/relevance.py). Where no article has all of two or three words, Poisk is content with
most of them, which OpenSearch is not asked. Poisk also ranks by typed forms, nearness, the
opening and freshness, which costs time that OpenSearch is not asked to spend.

There are two indexes: `plain`, and `offsets`, whose postings have the offsets of each word, so that
the highlighter need not analyse the text again. Each has one shard, no replica, and is
merged into one segment. The request cache is off.
"""

import json
import math
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from itertools import islice
from pathlib import Path
from typing import Any

from bench.headlines import read_articles
from bench.memory import Watch
from bench.serving.load_generator import Question
from index.analysis.stopwords import STOPWORDS
from index.schema import DEFAULT_FIELDS
from search.relevance import KEYWORDS, SENTENCE, WEIGHTS

INDEXES = ("plain", "offsets")
_LANGUAGES = {"ru": "russian", "en": "english"}
_TOGETHER = 1_000
"""Articles of one _bulk request."""
_SENDERS = 2
_WARMING = 5
"""_bulk requests that warm the JVM up before the time is taken."""
_AT_LEAST = f"{KEYWORDS}<{math.ceil((KEYWORDS + 1) * SENTENCE)}"
"""Of four or five words one must match, as a fifth says; questions have no more."""


def mappings(index: str) -> dict[str, Any]:
    """How an index is made: its settings, and its fields with their analyzers."""
    fields: dict[str, Any] = {
        "subject": {"type": "keyword"},
        "language": {"type": "keyword"},
        "date": {"type": "date"},
    }
    for language, analyzer in _LANGUAGES.items():
        for name in DEFAULT_FIELDS:
            field = {"type": "text", "analyzer": analyzer}
            extra = {"index_options": "offsets"} if index == "offsets" else {}
            fields[f"{name}_{language}"] = field | extra
    stopwords = _stopwords()
    return {
        "settings": {
            "number_of_shards": 1,
            "number_of_replicas": 0,
            "refresh_interval": "-1",
            "requests.cache.enable": False,
            "analysis": {
                "analyzer": {
                    analyzer: {"type": analyzer, "stopwords": stopwords}
                    for analyzer in _LANGUAGES.values()
                }
            },
        },
        "mappings": {"dynamic": "strict", "properties": fields},
    }


def question(index: str, text: str, facets: bool, snippets: bool) -> Question:
    """The search as OpenSearch is asked it."""
    names = [
        f"{name}_{language}^{WEIGHTS[name]:g}" for language in _LANGUAGES for name in DEFAULT_FIELDS
    ]
    body: dict[str, Any] = {
        "size": 10,
        "track_total_hits": True,
        "_source": ["title_*", "subject", "language", "date"],
        "query": {
            "multi_match": {
                "query": text,
                "type": "cross_fields",
                "fields": names,
                "minimum_should_match": _AT_LEAST,
            }
        },
    }
    if facets:
        body["aggs"] = {"subject": {"terms": {"field": "subject", "size": 100}}}
    if snippets:
        whole = {"number_of_fragments": 0}
        one = {"number_of_fragments": 1, "fragment_size": 240, "no_match_size": 240}
        fields = {f"title_{language}": whole for language in _LANGUAGES}
        body["highlight"] = {
            "fields": fields | {f"body_{language}": one for language in _LANGUAGES}
        }
    path = f"/{index}/_search?request_cache=false"
    return Question(path, json.dumps(body, ensure_ascii=False))


def load_indexes(port: int, pid: int, articles: Path, count: int) -> dict[str, dict[str, float]]:
    """Makes both indexes; articles a second, memory and disk in MiB of each.

    The time ends when all articles are on the disk and can be found; merging into one segment
    comes after it.
    """
    for index in ("warming", *INDEXES):
        _ask(port, "DELETE", f"/{index}?ignore_unavailable=true")
    _make(port, "warming")
    _send_all(port, islice(_batches(articles, "warming"), _WARMING))
    _ask(port, "DELETE", "/warming")
    loading = {}
    for index in INDEXES:
        _make(port, index)
        batches = list(_batches(articles, index))
        with Watch(pid) as watch:
            started = time.perf_counter()
            _send_all(port, iter(batches))
            _ask(port, "POST", f"/{index}/_flush")
            _ask(port, "POST", f"/{index}/_refresh")
            seconds = time.perf_counter() - started
        held = _ask(port, "GET", f"/{index}/_count")["count"]
        assert held == count, f"{index} has {held} articles of {count}"
        _ask(port, "POST", f"/{index}/_forcemerge?max_num_segments=1")
        size = _ask(port, "GET", f"/{index}/_stats/store")["_all"]["total"]["store"]
        loading[index] = {
            "rate": count / seconds,
            "peak_mib": sum(watch.most),
            "disk_mib": size["size_in_bytes"] / 2**20,
        }
    return loading


def total(port: int, asked: Question) -> int:
    """How many articles match."""
    answer = _ask(port, "POST", asked.path, asked.body.encode())
    found: int = answer["hits"]["total"]["value"]
    return found


def _stopwords() -> list[str]:
    """Poisk's stop words, which have е for ё, also as they are written with ё: ее and её."""
    found = set(STOPWORDS)
    for word in STOPWORDS:
        found.update(f"{word[:at]}ё{word[at + 1 :]}" for at, one in enumerate(word) if one == "е")
    return sorted(found)


def _make(port: int, index: str) -> None:
    """Makes the index, which is refreshed only when it is asked for."""
    _ask(port, "PUT", f"/{index}", json.dumps(mappings(index)).encode())


def _batches(articles: Path, index: str) -> Iterator[tuple[str, bytes]]:
    """The paths and bodies of _bulk requests."""
    lines: list[str] = []
    for one in read_articles(articles):
        language = one["language"]
        document = {
            "subject": one["subjects"],
            "language": language,
            "date": one["date"],
            **{f"{name}_{language}": one[name] for name in DEFAULT_FIELDS},
        }
        lines += [json.dumps({"index": {"_id": one["id"]}}), json.dumps(document)]
        if len(lines) == 2 * _TOGETHER:
            yield f"/{index}/_bulk", ("\n".join(lines) + "\n").encode()
            lines = []
    if lines:
        yield f"/{index}/_bulk", ("\n".join(lines) + "\n").encode()


def _send_all(port: int, batches: Iterator[tuple[str, bytes]]) -> None:
    def send(batch: tuple[str, bytes]) -> None:
        answer = _ask(port, "POST", *batch)
        assert not answer["errors"], str(answer)[:1_000]

    with ThreadPoolExecutor(_SENDERS) as pool:
        list(pool.map(send, batches))


def _ask(port: int, method: str, path: str, body: bytes | None = None) -> Any:
    connection = HTTPConnection("127.0.0.1", port, timeout=600)
    connection.request(method, path, body, {"Content-Type": "application/json"})
    response = connection.getresponse()
    answer = json.loads(response.read())
    connection.close()
    assert response.status < 300, f"{method} {path}: {str(answer)[:1_000]}"
    return answer
