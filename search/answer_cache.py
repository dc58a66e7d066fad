"""Answers that are kept, for searches that come again while the index is the same.

An answer is kept when it is asked for the second time: most questions of a site come once, and
those that come often come soon again.
"""

from collections.abc import Hashable
from dataclasses import dataclass
from hashlib import blake2b
from operator import attrgetter
from threading import Lock
from typing import NamedTuple

from index.article import Language
from search.answer import SearchAnswer, encoded
from search.query.notes import Note
from search.request import SearchRequest

_PARAMETERS = attrgetter(*SearchRequest.model_fields)
_KEY_BYTES = 200
"""What a question costs of the limit, beside its answer."""


class AnswerCacheUse(NamedTuple):
    """How many searches found their answer, how many did not; the bytes kept, and the limit."""

    hits: int
    misses: int
    size: int
    limit: int


@dataclass(slots=True)
class _Entry:
    """A question that came, and its answer if it came twice."""

    answer: SearchAnswer | None = None
    size: int = _KEY_BYTES


class AnswerCache:
    """The answers that were asked for last. Safe for threads.

    It holds answers from one state of the index, and forgets them when it sees another one.
    """

    def __init__(self, limit: int = 0) -> None:
        """`limit` bounds the answers, in bytes of their JSON; 0: none is kept."""
        self._limit = limit
        self._lock = Lock()
        self._state: Hashable = None
        self._entries: dict[bytes, _Entry] = {}
        self._size = self._hits = self._misses = 0

    def key(self, request: SearchRequest, language: Language, now: int) -> bytes | None:
        """Names all that decides an answer but the index; None where the answer is not kept.

        `now` is what freshness is counted from. Explanations and times are of one search only.
        """
        if not self._limit or request.explain or request.timings:
            return None
        named = repr((_PARAMETERS(request), language, now))
        return blake2b(named.encode("utf-8", "surrogatepass"), digest_size=16).digest()

    def find(self, state: Hashable, key: bytes) -> SearchAnswer | None:
        """The answer that is kept for this state of the index."""
        with self._lock:
            self._begin(state)
            entry = self._entries.pop(key, None)
            if entry is not None:
                self._entries[key] = entry  # now it is forgotten after all others
                if entry.answer is not None:
                    self._hits += 1
                    return entry.answer
            self._misses += 1
            return None

    def keep(self, state: Hashable, key: bytes, answer: SearchAnswer) -> None:
        """Remembers that the question came, or keeps its answer if it had come before."""
        if Note.OPENINGS in answer.query.notes:  # made in a hurry
            return
        with self._lock:
            is_known = key in self._entries
        size = _KEY_BYTES + len(encoded(answer)) if is_known else self._limit
        # one that has room alone would push out all others
        entry = _Entry(answer, size) if size <= self._limit // 2 else _Entry()
        with self._lock:
            if state == self._state:  # else the index has changed meanwhile
                self._put(key, entry)

    def use(self) -> AnswerCacheUse:
        """How well it does."""
        with self._lock:
            return AnswerCacheUse(self._hits, self._misses, self._size, self._limit)

    def _begin(self, state: Hashable) -> None:
        """Forgets what another state of the index gave."""
        if state != self._state:
            self._state, self._size = state, 0
            self._entries.clear()

    def _put(self, key: bytes, entry: _Entry) -> None:
        if before := self._entries.pop(key, None):
            self._size -= before.size
        self._entries[key] = entry
        self._size += entry.size
        while self._size > self._limit:
            self._size -= self._entries.pop(next(iter(self._entries))).size
