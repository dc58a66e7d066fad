"""Is anything ever lost: processes are killed while articles are written and searched.

    python -m bench.torture --rounds N [--seed S] [--articles N]

Serves Poisk from a folder of its own, sends articles, changes and deletions from
several writers and searches all the while; now and then a rebuild is asked for, or so
many articles come at once that they are loaded in bulk, or some of half a megabyte are
among them, which searches find meanwhile, beside a hundred clients that send slowly. Each
round ends with kill -9 of the indexer, its watch, a rebuild, a web worker or the first
process. Then: every change that was acknowledged must be in the store and in the index,
once, and searches must find what is there and nothing that was replaced or deleted;
`poisk check` must find nothing; and no answer of the rounds may have been wrong. Prints a
line a round and one line of JSON at the end; the exit status is 1 where anything was wrong.
"""

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any
from urllib.parse import quote

from index.ingest.indexer import MANY
from index.store.articles import ArticleStore
from index.store.keys import Keys, Scope
from search.cli.checking import check
from search.parts import Parts, join_parts
from search.settings import Settings
from tests.support.processes import children, environment, free_port
from tests.support.slow import slow_clients, sorts

WRITERS = 3
BULK = MANY + 200
"""Articles that are sent at once, every so many rounds."""
_BULK_EVERY = 4
_LONG_EVERY = 3
"""Every so many rounds some very long articles are among the changes."""
_LONG = 5
_SLOW = 100
"""Clients that send slowly in these rounds."""
_LONG_WORDS = 45_000
"""Words of a very long article: half a megabyte."""
_ABOUT_LONG = ("слово", '"слово слово"', "сло*")
"""What the searcher asks for now and then: very long articles are among the hits."""
_ASKED = 12
"""Words of each writer that are searched for when a round has settled."""
_UP = 60.0
"""Seconds after which a service that does not come back is given up."""

State = str | None
"""The word that only this version of an article has; None where it is deleted."""


class Service:
    """A served Poisk that is killed and comes back."""

    def __init__(self, folder: Path, key: str) -> None:
        self.folder, self.key, self.port = folder, key, free_port()
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Starts it where it does not run, and waits until it answers."""
        if self._process is None or self._process.poll() is not None:
            settings = {"port": self.port, "search_limit": "", "write_limit": ""}
            with (self.folder / "serve.log").open("ab") as log:
                self._process = subprocess.Popen(
                    [sys.executable, "-m", "search.cli.main", "serve"],
                    env=environment(self.folder, **settings), stdout=log, stderr=log,
                )  # fmt: skip
        until = time.monotonic() + _UP
        while time.monotonic() < until:
            if self.ask("GET", "/healthz")[0] == 200:
                return
            time.sleep(0.05)
        raise SystemExit((self.folder / "serve.log").read_text()[-3_000:])

    def ask(self, method: str, path: str, body: object = None) -> tuple[int, Any]:
        """Status and answer; 0 where the connection broke."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            sent = None if body is None else json.dumps(body).encode()
            headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
            connection.request(method, path, sent, headers)
            response = connection.getresponse()
            return response.status, json.loads(response.read() or b"null")
        except (OSError, HTTPException, ValueError):
            return 0, None
        finally:
            connection.close()

    def kill(self, which: str) -> bool:
        """Kills one of its processes; False where it is not there just now."""
        assert self._process
        if which == "first":
            self._process.kill()
            self._process.wait()
            return True
        return self.tell(which, signal.SIGKILL)

    def tell(self, which: str, what: signal.Signals) -> bool:
        """Sends a signal to one of its processes; False where it is not there just now."""
        try:
            os.kill(random.choice(self._targets(which)), what)
        except (OSError, IndexError):
            return False
        return True

    def _targets(self, which: str) -> list[int]:
        assert self._process
        below = list(children(self._process.pid))
        workers = [one for one in below if _listens(one)]
        if which == "worker":
            return workers
        watches = [one for one in below if one not in workers]
        indexers = [one for watch in watches for one in children(watch)]
        rebuilds = [
            process
            for one in indexers
            for process, command in children(one).items()
            if "rebuild" in command
        ]
        return {"watch": watches, "indexer": indexers, "rebuild": rebuilds}[which]

    def stop(self) -> None:
        """Ends it."""
        if self._process and self._process.poll() is None:
            self._process.terminate()
            self._process.wait(timeout=60)


class Writer(threading.Thread):
    """Writes to articles of its own and knows what each must be."""

    def __init__(self, number: int, service: Service, seed: int, articles: int) -> None:
        super().__init__(daemon=True)
        self._service = service
        self._random = random.Random(seed * 101 + number)
        self._ids = [f"w{number}-{one}" for one in range(articles)]
        self._versions = 0
        self._name = f"w{number}"
        self.known: dict[str, set[State]] = {one: {None} for one in self._ids}
        self.old: dict[str, str] = {}
        self.acknowledged = 0
        self.broken = 0
        self.wrong: list[str] = []
        self.going = threading.Event()
        self.ended = False
        self.idle = threading.Event()

    def run(self) -> None:
        while not self.ended:
            if not self.going.is_set():
                self.idle.set()
                self.going.wait(0.1)
                continue
            self.idle.clear()
            self._step()

    def _step(self) -> None:
        match self._random.choices(("many", "put", "patch", "delete"), (4, 3, 2, 2))[0]:
            case "many":
                some = self._random.sample(self._ids, self._random.randint(1, 20))
                new = {one: self._word() for one in some}
                body = [_article(one, word) for one, word in new.items()]
                self._send("POST", "/v1/articles", body, dict(new))
            case "put":
                one, word = self._random.choice(self._ids), self._word()
                self._send("PUT", f"/v1/articles/{one}", _article(one, word), {one: word})
            case "patch":
                one, word = self._random.choice(self._ids), self._word()
                self._send("PATCH", f"/v1/articles/{one}", {"body": f"слово {word}"}, {one: word})
            case _:
                one = self._random.choice(self._ids)
                self._send("DELETE", f"/v1/articles/{one}", None, {one: None})

    def all_at_once(self) -> None:
        """Sends all its articles while the indexer is stopped, so that they are loaded in bulk."""
        self._service.tell("indexer", signal.SIGSTOP)
        new: dict[str, State] = {one: self._word() for one in self._ids}
        body = [_article(one, str(word)) for one, word in new.items()]
        self._send("POST", "/v1/articles", body, new)
        self._service.tell("indexer", signal.SIGCONT)

    def very_long(self) -> None:
        """Sends all its articles, each of half a megabyte, the word at its end."""
        new: dict[str, State] = {one: self._word() for one in self._ids}
        body = [_article(one, str(word), _LONG_WORDS) for one, word in new.items()]
        self._send("POST", "/v1/articles", body, new)

    def answers(self) -> Iterator[str]:
        """What searches answer wrongly when all is settled: words that are there, and old ones."""
        for one in self._random.sample(self._ids, min(_ASKED, len(self._ids))):
            (word,) = self.known[one]
            for asked, expected in ((word, [one]), (self.old.get(one), [])):
                if asked is None or (asked == word and not expected):
                    continue
                status, answer = self._service.ask("GET", f"/v1/search?q={quote(asked)}&facets=")
                found = [hit["id"] for hit in answer["hits"]] if status == 200 else status
                if found != expected:
                    yield f"{asked}: found {found}, not {expected}"

    def _send(self, method: str, path: str, body: object, new: dict[str, State]) -> None:
        for one in new:
            self.old.update((one, word) for word in self.known[one] if word)
        status, answer = self._service.ask(method, path, body)
        if status == 202:
            self.acknowledged += len(new)
            self.known.update((one, {word}) for one, word in new.items())
        elif status == 404 and method in {"PATCH", "DELETE"}:
            if any(None not in self.known[one] for one in new):
                self.wrong.append(f"{method} {path}: 404 for an article that was acknowledged")
            self.known.update((one, {None}) for one in new)
        elif status == 0:  # cut off: it was done, or it was not
            self.broken += 1
            for one, word in new.items():
                self.known[one] = self.known[one] | {word}
            time.sleep(0.02)
        else:
            self.wrong.append(f"{method} {path}: {status} {answer}")

    def _word(self) -> str:
        self._versions += 1
        return f"{self._name}v{self._versions}"


class Searcher(threading.Thread):
    """Searches for versions of articles: what is found must be what was asked for."""

    def __init__(self, service: Service, writers: Sequence[Writer], seed: int) -> None:
        super().__init__(daemon=True)
        self._service, self._writers = service, writers
        self._random = random.Random(seed)
        self.searches = 0
        self.wrong: list[str] = []
        self.ended = False

    def run(self) -> None:
        while not self.ended:
            writer = self._random.choice(self._writers)
            words = [word for state in list(writer.known.values()) for word in state if word]
            if not words:
                time.sleep(0.01)
                continue
            if self._random.random() < 0.1:
                self._ask_about_long()
            word = self._random.choice(words)
            status, answer = self._service.ask("GET", f"/v1/search?q={quote(word)}&facets=")
            if status == 200:
                self.searches += 1
                texts = [hit["snippets"] for hit in answer["hits"]]
                if answer["total"] > 1 or any(word not in json.dumps(text) for text in texts):
                    self.wrong.append(f"{word}: {answer}")
            elif status != 0:
                self.wrong.append(f"{word}: {status} {answer}")

    def _ask_about_long(self) -> None:
        asked = self._random.choice(_ABOUT_LONG)
        status, answer = self._service.ask("GET", f"/v1/search?q={quote(asked)}&per_page=100")
        if status == 200:
            self.searches += 1
            if any("<mark>" not in "".join(hit["snippets"]) for hit in answer["hits"]):
                self.wrong.append(f"{asked}: a hit without a found word")
        elif status != 0:
            self.wrong.append(f"{asked}: {status} {answer}")


def _article(article_id: str, word: str, words: int = 1) -> dict[str, object]:
    return {"id": article_id, "title": f"Статья {article_id}", "body": "слово " * words + word}


def _listens(process: int) -> bool:
    """Whether it has a socket open: of those below the first process, a web worker."""
    files = Path(f"/proc/{process}/fd").iterdir()
    return any(str(file.readlink()).startswith("socket:") for file in files)


def settled(service: Service) -> None:
    """Waits until all that was acknowledged is searchable."""
    until = time.monotonic() + _UP
    while time.monotonic() < until:
        status, answer = service.ask("GET", "/v1/changes")
        if status == 200 and answer["waiting"] == 0 and answer["indexer"]:
            return
        time.sleep(0.02)
    raise SystemExit("the indexer does not catch up: " + json.dumps(answer))


def differences(parts: Parts, writers: Sequence[Writer]) -> Iterator[str]:
    """What is not as it was acknowledged; what was cut off is now known."""
    for writer in writers:
        ids = list(writer.known)
        stored, indexed = parts.store.get(ids), parts.engine.reader().articles(ids)
        for one, states in writer.known.items():
            there = stored[one].body.split()[-1] if one in stored else None
            found = indexed[one].body.split()[-1] if one in indexed else None
            if there not in states:
                yield f"{one}: the store has {there}, acknowledged was {states}"
            if found != there:
                yield f"{one}: the index has {found}, the store {there}"
            states.clear()
            states.add(there)
    if parts.engine.reader().count() != parts.store.count():
        yield f"{parts.engine.reader().count()} in the index, {parts.store.count()} in the store"
    report = check(parts)
    if not report.well:
        yield "; ".join(report.lines())


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--articles", type=int, default=200, help="of each writer")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


def _served(folder: Path, settings: Settings) -> Service:
    """A service with an empty index, and a key for it."""
    store = ArticleStore(settings.database_url)
    _, key = Keys(store.database).create(Scope.ADMIN)
    store.close()
    service = Service(folder, key)
    service.start()
    until = time.monotonic() + _UP
    while service.ask("GET", "/readyz")[0] != 200:  # the indexer makes the first index
        if time.monotonic() > until:
            raise SystemExit("no index was made")
        time.sleep(0.05)
    return service


def _slow(service: Service, chosen: random.Random) -> AbstractContextManager[object]:
    """Clients of one sort that send slowly, as long as a round takes."""
    possible = sorts(service.key)
    sort = possible[chosen.choice([name for name, one in possible.items() if not one.pause])]
    return slow_clients("127.0.0.1", service.port, sort, _SLOW)


def _kill(service: Service, chosen: random.Random, kills: Counter[str]) -> str:
    """Kills one of the processes after a moment; which it was."""
    time.sleep(chosen.uniform(0.05, 0.8))
    which = chosen.choice(("indexer", "indexer", "worker", "first", "watch", "rebuild"))
    kills[which] += service.kill(which)
    time.sleep(chosen.uniform(0.0, 0.2))
    return which


def _totals(everyone: list[Writer], searcher: Searcher) -> dict[str, int]:
    return {
        "acknowledged": sum(writer.acknowledged for writer in everyone),
        "cut_off": sum(writer.broken for writer in everyone),
        "searches": searcher.searches,
    }


def _end(threads: Sequence[Writer | Searcher]) -> None:
    """Asks the threads to end."""
    for thread in threads:
        thread.ended = True


def _wait_until_idle(writers: Sequence[Writer]) -> None:
    for writer in writers:
        writer.going.clear()
    for writer in writers:
        writer.idle.wait(60)


def _report(wrong: Sequence[str], figures: dict[str, object]) -> None:
    for one in wrong[:50]:
        print(one)
    print(json.dumps(figures))


def main() -> None:
    """Runs the rounds."""
    options = _options()
    chosen = random.Random(options.seed)
    with tempfile.TemporaryDirectory(prefix="poisk-torture-") as temporary:
        folder = Path(temporary)
        settings = Settings(data_dir=folder, engine="", database="", _env_file=None)
        service = _served(folder, settings)
        writers = [Writer(n, service, options.seed, options.articles) for n in range(WRITERS)]
        bulk = Writer(WRITERS, service, options.seed, BULK)
        long = Writer(WRITERS + 1, service, options.seed, _LONG)
        everyone = [*writers, bulk, long]
        searcher = Searcher(service, [*writers, long], options.seed)
        for running in (*writers, searcher):
            running.start()
        kills: Counter[str] = Counter()
        rebuilds = 0
        wrong: list[str] = []
        started = time.monotonic()
        for number in range(1, options.rounds + 1):
            for writer in writers:
                writer.going.set()
            if chosen.random() < 0.5:
                rebuilds += service.ask("POST", "/v1/rebuild")[0] == 202
            if number % _BULK_EVERY == 0:
                bulk.all_at_once()
            if hard := number % _LONG_EVERY == 0:
                long.very_long()
            with _slow(service, chosen) if hard else nullcontext():
                which = _kill(service, chosen, kills)
                _wait_until_idle(writers)
                service.start()
                settled(service)
            parts = join_parts(settings)
            found = [*differences(parts, everyone)]
            found += [one for writer in everyone for one in writer.answers()]
            wrong += [f"round {number}, {which}: {one}" for one in found]
            parts.close()
            told = sum(writer.acknowledged for writer in everyone)
            print(f"round {number}: {which}, {told} acknowledged, {len(wrong)} wrong", flush=True)
        _end([*everyone, searcher])
        service.stop()
        wrong += [one for writer in everyone for one in writer.wrong] + searcher.wrong
        if service.key in (folder / "serve.log").read_text():
            wrong.append("the log holds the key")
        counts = {"rounds": options.rounds, "rebuilds": rebuilds, **_totals(everyone, searcher)}
        seconds = round(time.monotonic() - started, 1)
        _report(wrong, {**counts, "kills": dict(kills), "seconds": seconds, "wrong": len(wrong)})
        sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
