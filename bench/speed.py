"""How fast: retrieval, counting, indexing, against stock Whoosh, tantivy and SQLite FTS5.

    python -m bench.speed --articles N [--quick] [--ours] [--without PEERS] [--growth] [--swept]

Builds a corpus of N articles (bench/corpus.py), gives every engine the same tokens,
asks all of them the same questions in turn, a kind's dozen at a time, in an order drawn
anew each time (the peers come with `pip install -e .[bench]`; each runs in a process of
its own), and prints tables: p50 and p95 of every kind of question without and with facets
(subject, language, month), ratios and their geometric means, articles a second, one
article more, sizes, memory. `--quick` is `--articles 5000`; `--swept` changes the engine
at every question, so that each finds the caches full of another's data; `--ours` leaves
the peers out; `--growth` also measures Poisk at a tenth and at three times N, and a load
of three times N. The last line is JSON.
"""

import argparse
import json
import math
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, closing
from functools import partial
from pathlib import Path
from statistics import mean, median
from typing import Any

from bench.corpus import Corpus, Made
from bench.engines.apart import Apart, Questions
from bench.engines.peers import Asked, Fts5, Ours, Peer, Stock, Tantivy, day
from bench.memory import peak

DATA = Path(__file__).parent.parent.parent / "shared" / "data"
_CHUNK = 5_000
_EACH = 12
"""Questions of a kind."""
_ROUNDS = 6
_LINES = 50_000
_SLOW = 3
"""Stock Whoosh is asked in every so many rounds."""


def build(
    peers: Sequence[Apart], corpus: Corpus, count: int
) -> tuple[dict[str, float], list[Made]]:
    """Every engine is given the corpus, chunk by chunk in turn; seconds, and a sample."""
    seconds = dict.fromkeys((peer.name for peer in peers), 0.0)
    sample: list[Made] = []
    for start in range(0, count, _CHUNK):
        articles = list(corpus.articles(min(_CHUNK, count - start), start))
        sample += articles[:: max(1, count // 2_000)]
        for peer in peers:
            seconds[peer.name] += peer.timed("add", articles)
        _tell(f"{start + len(articles)} articles")
    for peer in peers:
        seconds[peer.name] += peer.timed("finish")
    return seconds, sample


def questions(sample: Sequence[Made]) -> dict[str, list[Asked]]:
    """Questions of every kind, from the words of the corpus; `and` and `phrase` have answers."""
    chosen = random.Random(3)
    having = Counter(word for one in sample for word in set(one.tokens))
    size = len(sample)
    bands = {
        "rare": [word for word, n in having.items() if n == 1 and len(word) > 3],
        "middling": [word for word, n in having.items() if 0.005 < n / size < 0.03],
        "common": [word for word, n in having.items() if 0.15 < n / size < 0.6],
    }
    usual = {word for band in ("middling", "common") for word in bands[band]}

    def of_one(count: int) -> tuple[str, ...]:
        while True:
            words = sorted(usual & set(chosen.choice(sample).tokens))
            if len(words) >= count:
                return tuple(chosen.sample(words, count))

    def neighbours() -> tuple[str, ...]:
        while True:
            tokens = chosen.choice(sample).tokens
            at = chosen.randrange(len(tokens) - 1)
            if {tokens[at], tokens[at + 1]} <= usual and tokens[at] != tokens[at + 1]:
                return (tokens[at], tokens[at + 1])

    def made(kind: str, words: Callable[[], tuple[str, ...]]) -> list[Asked]:
        return [Asked(kind, words()) for _ in range(_EACH)]

    def of_band(band: str) -> tuple[str, ...]:
        return (chosen.choice(bands[band]),)

    found = {band: made("term", partial(of_band, band)) for band in bands}
    for kind in ("and", "or"):
        for count in (2, 3, 4):
            found[f"{kind} {count}"] = made(kind, partial(of_one, count))
    found["phrase"] = made("phrase", neighbours)
    long = [word for word in bands["middling"] if len(word) > 5]
    found["prefix"] = made("prefix", lambda: (chosen.choice(long)[:4],))
    return found


Times = dict[tuple[str, str], list[float]]
"""Milliseconds by peer and kind of question."""


def ask(
    peers: Sequence[Apart], asked: Questions, ways: Sequence[bool], swept: bool = False
) -> tuple[dict[bool, Times], int]:
    """All questions of all engines in turn, several times; how often totals differed.

    `ways`: without counting, with it, or both, in turn: what is slow for a minute slows both.
    """
    times: dict[bool, Times] = {counting: {} for counting in ways}
    totals: dict[tuple[str, int], set[int]] = {}
    for peer in peers:
        peer.prepare(asked)
    order = random.Random(7)
    blocks = [
        (kind, numbers)
        for kind, some in asked.items()
        for numbers in ([[n] for n in range(len(some))] if swept else [list(range(len(some)))])
    ]
    for turn in range(_ROUNDS + 1):  # the first warms up
        for kind, numbers in blocks:
            turns = [(peer, counting) for peer in peers for counting in ways]
            for peer, counting in order.sample(turns, len(turns)):
                if counting and peer.name == "fts5":  # its joins take seconds
                    continue
                if peer.name == "whoosh" and turn % _SLOW != 1:
                    continue
                for number, answered in zip(
                    numbers, peer.ask(kind, numbers, counting), strict=True
                ):
                    some = times[counting].setdefault((peer.name, kind), [])
                    some += [answered.milliseconds] * (turn > 0)
                    totals.setdefault((kind, number), set()).add(answered.total)
        _tell(f"round {turn} of {_ROUNDS}")
    return times, sum(len(found) > 1 for found in totals.values())


def table(times: Times, names: Sequence[str], kinds: Sequence[str]) -> dict[str, dict[str, float]]:
    """Prints p50 and p95 of every kind, and the geometric means; returns the p50s."""
    print(f"{'ms, p50 (p95)':12}" + "".join(f"{name:>20}" for name in names))
    p50s: dict[str, dict[str, float]] = {name: {} for name in names}
    for kind in kinds:
        row = f"{kind:12}"
        for name in names:
            some = sorted(times[name, kind])
            p50s[name][kind] = median(some)
            row += (
                f"{median(some):>12.3f}{'(' + format(some[int(len(some) * 0.95)], '.2f') + ')':>8}"
            )
        print(row)
    means = {name: _geometric(list(p50s[name].values())) for name in names}
    print(f"{'geo. mean':12}" + "".join(f"{means[name]:>12.3f}        " for name in names))
    return p50s


def one_more(peer: Apart, corpus: Corpus, count: int, start: int) -> tuple[float, float]:
    """Milliseconds from an article given to the article found; p50, p95. Merges included."""
    times = []
    for made in corpus.articles(count, start):
        peer.timed("make_one", made)
        times.append(peer.timed("add_one_and_find") * 1_000)
    times.sort()
    return median(times), times[int(len(times) * 0.95)]


def from_lines(folder: Path, count: int) -> dict[str, float]:
    """`poisk load` of JSON Lines, its start included: articles a second, MiB at the most."""
    path, data = folder / "articles.jsonl", folder / "lines"
    with path.open("w", encoding="utf-8") as file:
        for made in Corpus(DATA, seed=5).articles(count):
            one = {
                "id": str(made.number), "title": made.text[:60], "body": made.text,
                "subjects": made.subjects, "language": made.language, "date": day(made).isoformat(),
            }  # fmt: skip
            file.write(json.dumps(one, ensure_ascii=False) + "\n")
    environment = {**os.environ, "POISK_DATA_DIR": str(data)}
    command = [sys.executable, "-m", "search.cli.main", "load", str(path)]
    started = time.perf_counter()
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as load:
        taken = peak(load)
    rate = count / (time.perf_counter() - started)
    assert load.returncode == 0, "poisk load failed"
    shutil.rmtree(data)
    print(
        f"from {count:,} JSON Lines to searchable, poisk load: {rate:.0f} articles/s, "
        f"at most {taken.own:.0f} MiB and {taken.mapped:.0f} MiB of mapped files"
    )
    return {"rate": rate, **taken._asdict()}


_WORKER = """
import sys, time, json
from pathlib import Path
from index.engines.whoosh.engine import WhooshEngine
from index.analysis.analyzer import Analyzer
from bench.engines.peers import Asked, ours
from index.results import EngineRequest
Analyzer()("слово word")
started = time.perf_counter()
engine = WhooshEngine(Path(sys.argv[1]), "bench")
engine.reader().count()
opened = (time.perf_counter() - started) * 1000
for kind, words in json.loads(sys.stdin.read()):
    query = ours(Asked(kind, tuple(words)))
    engine.reader().search(EngineRequest(query, facets=("subject", "language"), histogram="month"))
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
memory = {k: int(status[k].split()[0]) / 1024 for k in ("VmRSS", "RssAnon", "RssFile")}
print(json.dumps({"open_ms": opened, **memory}))
"""


def worker(folder: Path, asked: Questions) -> dict[str, float]:
    """A process of its own that opens the index, asks everything once, and tells its memory."""
    given = json.dumps([one for some in asked.values() for one in some])
    done = subprocess.run(
        [sys.executable, "-c", _WORKER, str(folder)],
        input=given, capture_output=True, text=True, check=True,
    )  # fmt: skip
    figures: dict[str, float] = json.loads(done.stdout)
    return figures


def growth(folder: Path, sizes: Sequence[int]) -> dict[str, Any]:
    """Poisk alone at several sizes, in turn: time a question and postings read by it."""
    figures: dict[str, Any] = {}
    asked: dict[str, list[Asked]] = {}
    with ExitStack() as running:
        peers = []
        for size in sizes:
            peer = running.enter_context(closing(Apart(Ours, folder / f"growth{size}")))
            peer.name = str(size)
            _, sample = build([peer], Corpus(DATA), size)
            asked = asked or questions(sample)  # the same questions at every size
            peers.append(peer)
        times, _ = ask(peers, asked, [False])
        for peer in peers:
            figures[peer.name] = {
                kind: {
                    "ms": median(times[False][peer.name, kind]),
                    "postings": mean(peer.result("postings", one) for one in some),
                }
                for kind, some in asked.items()
            }
    print(f"\n{'ms / 1,000 postings':20}" + "".join(f"{size:>22,}" for size in sizes))
    for kind in asked:
        row = f"{kind:20}"
        for size in sizes:
            one = figures[str(size)][kind]
            row += f"{one['ms']:>12.3f} /{one['postings'] / 1_000:>8.1f}"
        print(row)
    means = [_geometric([one["ms"] for one in figures[str(size)].values()]) for size in sizes]
    print(f"{'geo. mean':20}" + "".join(f"{mean_:>12.3f}{'':10}" for mean_ in means))
    return figures


def _geometric(values: Sequence[float]) -> float:
    return math.exp(sum(map(math.log, values)) / len(values))


def _tell(text: str) -> None:
    if sys.stderr.isatty():
        print(f"\r{text}  ", end="", file=sys.stderr)


def main() -> None:
    """Builds, asks, prints."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--articles", type=int, default=100_000)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--ours", action="store_true")
    parser.add_argument("--without", default="", help="peers to leave out, commas between")
    parser.add_argument("--growth", action="store_true")
    parser.add_argument("--swept", action="store_true")
    options = parser.parse_args()
    count = 5_000 if options.quick else options.articles
    with tempfile.TemporaryDirectory() as temporary, ExitStack() as running:
        folder = Path(temporary)
        kinds: list[type[Peer]] = [Ours] if options.ours else [Ours, Stock, Tantivy, Fts5]
        left = options.without.split(",")
        peers = [
            running.enter_context(closing(Apart(kind, folder / kind.name)))
            for kind in kinds
            if kind is Ours or kind.name not in left
        ]
        figures = measured(folder, peers, count, swept=options.swept)
        if options.growth:
            figures["growth"] = growth(folder, (count // 10, count, count * 3))
            figures["from_more_lines"] = from_lines(folder, count * 3)
    print(json.dumps(figures))


def measured(folder: Path, peers: Sequence[Apart], count: int, swept: bool) -> dict[str, Any]:
    """Everything but the growth, printed; `peers` begins with Poisk, in the folder."""
    corpus = Corpus(DATA)
    print(f"{count:,} articles of real sentences" if corpus.real else f"{count:,} made articles")
    seconds, sample = build(peers, corpus, count)
    asked = questions(sample)
    names = [peer.name for peer in peers]
    figures: dict[str, Any] = {"articles": count}
    times, different = ask(peers, asked, [False, True], swept)
    print("\nthe ten best and the exact total")
    figures["search"] = table(times[False], names, list(asked))
    print("\nwith subjects, languages and months counted")
    counting = [name for name in names if name != "fts5"]
    figures["counted"] = table(times[True], counting, list(asked))
    print(f"\nquestions whose totals differ between engines: {different}")
    figures["ratios"] = _ratios(figures, names)
    print("\nindexing, articles/s; size, MiB")
    for peer in peers:
        rate, size = count / seconds[peer.name], peer.result("size") / 2**20
        print(f"{peer.name:12}{rate:>12.0f}{size:>12.1f}")
        figures.setdefault("indexing", {})[peer.name] = {"rate": rate, "mib": size}
    figures["from_lines"] = from_lines(folder, min(count, _LINES))
    figures["worker"] = worker(folder / Ours.name, asked)
    print("\na worker: " + ", ".join(f"{k} {v:.1f}" for k, v in figures["worker"].items()))
    p50, p95 = one_more(peers[0], corpus, 200, count)
    print(f"one article more, found after: p50 {p50:.1f} ms, p95 {p95:.1f} ms")
    figures["one_more"] = {"p50": p50, "p95": p95}
    return figures


def _ratios(figures: Mapping[str, Any], names: Sequence[str]) -> dict[str, float]:
    """Geometric means over the kinds: how many times Poisk's time each engine takes."""
    ratios = {}
    for what in ("search", "counted"):
        for name in names[1:]:
            if name not in figures[what]:
                continue
            kinds = figures[what][name]
            each = [kinds[kind] / figures[what]["poisk"][kind] for kind in kinds]
            ratios[f"{what}: {name} / poisk"] = _geometric(each)
    mine = figures["counted"]["poisk"], figures["search"]["poisk"]
    ratios["counted / search"] = _geometric([mine[0][kind] / mine[1][kind] for kind in mine[0]])
    print()
    for name, ratio in ratios.items():
        print(f"{name:32}{ratio:>10.2f}")
    return ratios


if __name__ == "__main__":
    main()
