"""/metrics: counters of this worker in Prometheus' text form; no addresses, no query texts."""

import time
from bisect import bisect_left
from collections.abc import Iterator
from itertools import chain
from threading import Lock

from flask import Blueprint, Flask, Response, g, request

from index.errors import PoiskError
from search.compiled import COMPILED
from search.parts import Parts
from search.web.access import check_metrics_access
from search.web.api.writing import progress

_BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
"""Upper bounds of the request times' buckets, seconds."""
_KIND = "text/plain; version=0.0.4; charset=utf-8"


class Requests:
    """How many requests of each operation were answered, and in what time."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._counts: dict[tuple[str, int], int] = {}
        self._buckets = [0] * (len(_BOUNDS) + 1)
        self._seconds = 0.0

    def add(self, operation: str, status: int, seconds: float) -> None:
        """One request more."""
        with self._lock:
            key = (operation, status)
            self._counts[key] = self._counts.get(key, 0) + 1
            self._seconds += seconds
            self._buckets[bisect_left(_BOUNDS, seconds)] += 1

    def lines(self) -> Iterator[str]:
        """The metrics, with what they are."""
        with self._lock:
            counts, buckets, seconds = dict(self._counts), list(self._buckets), self._seconds
        yield "# HELP poisk_requests_total Requests answered by this worker."
        yield "# TYPE poisk_requests_total counter"
        for (operation, status), count in sorted(counts.items()):
            yield f'poisk_requests_total{{operation="{operation}",status="{status}"}} {count}'
        yield "# HELP poisk_request_seconds Time of this worker's answers."
        yield "# TYPE poisk_request_seconds histogram"
        total = 0
        for bound, count in zip((*_BOUNDS, "+Inf"), buckets, strict=True):
            total += count
            yield f'poisk_request_seconds_bucket{{le="{bound}"}} {total}'
        yield f"poisk_request_seconds_sum {seconds:.6f}"
        yield f"poisk_request_seconds_count {total}"


def register_metrics(app: Flask, parts: Parts) -> Requests:
    """Counts every request, and shows the counts at /metrics."""
    requests = Requests()
    blueprint = Blueprint("metrics", __name__)

    @app.before_request
    def start() -> None:
        g.started = time.perf_counter()

    @app.after_request
    def count(response: Response) -> Response:
        seconds = time.perf_counter() - g.get("started", time.perf_counter())
        requests.add(request.endpoint or "none", response.status_code, seconds)
        return response

    @blueprint.get("/metrics")
    def metrics() -> Response:
        check_metrics_access(parts)
        shown = (_installation, _stages, _answers, _cache, _index, _store)
        lines = [*requests.lines(), *chain.from_iterable(one(parts) for one in shown)]
        return Response("\n".join(lines) + "\n", content_type=_KIND)

    app.register_blueprint(blueprint)
    return requests


def _installation(_parts: Parts) -> Iterator[str]:
    text = "1 if the inner loops are compiled, 0 if Poisk was installed without a C compiler."
    yield from _one("poisk_compiled", "gauge", text, int(COMPILED))


def _stages(parts: Parts) -> Iterator[str]:
    totals = sorted(parts.stages.totals().items())
    if not totals:
        return
    yield "# HELP poisk_stage_seconds Time of each stage of this worker's searches."
    yield "# TYPE poisk_stage_seconds summary"
    for stage, (seconds, count) in totals:
        yield f'poisk_stage_seconds_sum{{stage="{stage}"}} {seconds:.6f}'
        yield f'poisk_stage_seconds_count{{stage="{stage}"}} {count}'


def _answers(parts: Parts) -> Iterator[str]:
    use = parts.searcher.answers.use()
    hits, misses = "Searches whose answer this worker had kept.", "Searches whose answer it made."
    yield from _one("poisk_answers_hits_total", "counter", hits, use.hits)
    yield from _one("poisk_answers_misses_total", "counter", misses, use.misses)
    kept = "Bytes of the answers that this worker keeps."
    yield from _one("poisk_answers_bytes", "gauge", kept, use.size)
    most = "Most bytes of answers that this worker keeps."
    yield from _one("poisk_answers_bytes_most", "gauge", most, use.limit)


def _cache(parts: Parts) -> Iterator[str]:
    use = parts.analyzer.cache_use()
    hits, misses = "Word forms this worker found in its cache.", "Word forms this worker analysed."
    yield from _one("poisk_word_forms_hits_total", "counter", hits, use.hits)
    yield from _one("poisk_word_forms_misses_total", "counter", misses, use.misses)
    yield from _one(
        "poisk_word_forms_cached", "gauge", "Word forms in this worker's cache.", use.size
    )
    yield from _one(
        "poisk_word_forms_cached_most", "gauge", "Most word forms that fit in the cache.", use.limit
    )


def _index(parts: Parts) -> Iterator[str]:
    try:
        stats = parts.engine.stats()
    except PoiskError:
        return
    yield from _one("poisk_articles", "gauge", "Articles in the index.", stats.articles)
    yield from _one("poisk_segments", "gauge", "Segments of the index.", stats.segments)
    yield from _one("poisk_index_bytes", "gauge", "Size of the index.", stats.size)


def _store(parts: Parts) -> Iterator[str]:
    try:
        found = progress(parts)
    except PoiskError:
        return
    waiting = "Changes that are not indexed yet."
    yield from _one("poisk_changes_total", "counter", "Changes in the log.", found.last)
    yield from _one("poisk_changes_waiting", "gauge", waiting, found.waiting)
    failed = "Articles that could not be analysed."
    yield from _one("poisk_articles_failed", "gauge", failed, found.failed)
    yield from _one(
        "poisk_indexer", "gauge", "1 if an indexer is running, else 0.", int(found.indexer)
    )


def _one(name: str, kind: str, says: str, value: int) -> Iterator[str]:
    yield f"# HELP {name} {says}"
    yield f"# TYPE {name} {kind}"
    yield f"{name} {value}"
