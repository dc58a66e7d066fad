"""The store: every article as it was sent, and the log of changes.

What a method has returned from is on the disk. Numbers of changes only grow, and
a change is never seen before those with lower numbers are.
"""

import hashlib
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from functools import partial
from itertools import accumulate
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, insert, select, update

from index.article import Article, dumped, undumped
from index.errors import ArticleUnknown
from index.store.connect import Database
from index.store.statements import IDS_AT_ONCE, id_chunks, insert_new, insert_over
from index.store.tables import articles, changes, counters, facts

_HELD = 1 << 25
"""Characters of articles that are read at once: 500 of the longest would be a gigabyte."""

_LENGTH = func.length(articles.c.body)


class ChangeKind(StrEnum):
    """What a change does."""

    PUT = "put"
    DELETE = "delete"


@dataclass(frozen=True, slots=True)
class Change:
    """One line of the log. `at` is in UTC."""

    number: int
    article_id: str
    kind: ChangeKind
    at: datetime


@dataclass(frozen=True, slots=True)
class Pending:
    """What a part of the log comes to: each article once, None where it is deleted now.

    It is all changes after the number `after`, up to the number `last`; `changes` has the number
    of the last one of each article.
    """

    after: int
    last: int
    articles: Mapping[str, Article | None]
    changes: dict[str, int]


@dataclass(frozen=True, slots=True)
class StoreResult:
    """What became of a request: `change` is the number of its last change.

    Where it changed nothing, that of the store's last change: once that is
    searchable, so is all that was asked. `accepted` counts articles that the
    store has now as they were sent; `stale` those that are older than its own.
    `written` is what was put, if anything changed: it need not be read again.
    """

    change: int
    accepted: int = 0
    changed: int = 0
    unchanged: int = 0
    stale: int = 0
    written: Pending | None = field(default=None, compare=False, repr=False)


class ArticleStore:
    """Articles by id, and the log of their changes. Safe for threads and processes."""

    def __init__(self, url: str) -> None:
        """Opens it; a new one is made, an old one brought up to date."""
        self.database = Database(url)
        self.identity = self._identity()

    def put(self, sent: Sequence[Article]) -> StoreResult:
        """Takes in articles, in one transaction; what is sent again as it is changes nothing."""
        rows = [(article, dumped(article)) for article in sent]
        return self.database.write(lambda connection: _put(connection, rows))

    def delete(self, ids: Iterable[str], until: int | None = None) -> StoreResult:
        """Deletes articles, in one transaction; unknown ids change nothing.

        Those that have changed after the change `until` stay.
        """
        wanted = list(dict.fromkeys(ids))
        return self.database.write(lambda connection: _delete(connection, wanted, until))

    def change(self, article_id: str, changed: Callable[[Article], Article]) -> StoreResult:
        """Changes one article, in a transaction. Raises ArticleUnknown, or what `changed` does."""

        def work(connection: Connection) -> StoreResult:
            number = _locked(connection)
            article = _get(connection, [article_id]).get(article_id)
            if article is None:
                raise ArticleUnknown("id", f"there is no article {article_id!r}", "check the id")
            new = changed(article)
            return _put(connection, [(new, dumped(new))], number)

        return self.database.write(work)

    def requeue(self, ids: Iterable[str]) -> int:
        """Logs these articles as changed, as they stand, so that they are indexed again.

        Returns the number of the last change.
        """
        number = self.last()
        for some in id_chunks(dict.fromkeys(ids)):
            number = self.database.write(partial(_requeue, ids=some))
        return number

    def get(self, ids: Iterable[str]) -> dict[str, Article]:
        """The articles with these ids; unknown and deleted ones are left out."""
        with self.database.reading() as connection:
            return _get(connection, list(ids))

    def last(self) -> int:
        """The number of the last change, 0 before the first."""
        with self.database.reading() as connection:
            return _last(connection)

    def change_numbers(self, ids: Iterable[str]) -> dict[str, int]:
        """The number of each article's last change."""
        with self.database.reading() as connection:
            return _by_id(connection, articles.c.change, ids)

    def change_at(self, number: int) -> Change | None:
        """The change with this number."""
        with self.database.reading() as connection:
            row = connection.execute(select(changes).where(changes.c.number == number)).first()
        if row is None:
            return None
        at = datetime.fromtimestamp(row.at, UTC)
        return Change(row.number, row.article_id, ChangeKind(row.kind), at)

    def pending(self, after: int, limit: int, most: int = _HELD) -> Pending | None:
        """What changed after a number: so many changes and characters at most, one at least."""
        with self.database.reading() as connection:
            log = connection.execute(
                select(changes.c.number, changes.c.article_id)
                .where(changes.c.number > after)
                .order_by(changes.c.number)
                .limit(limit)
            ).all()
            lengths = _by_id(connection, _LENGTH, {row.article_id for row in log})
            last_of: dict[str, int] = {}
            last = size = 0
            for number, article_id in log:
                size += 0 if article_id in last_of else lengths.get(article_id) or 0
                if last and size > most:
                    break
                last_of[article_id] = last = number
            bodies = _by_id(connection, articles.c.body, last_of)
        return _pending(after, last, last_of, bodies) if last else None

    def scan(self, after: str = "", most: int = _HELD) -> Iterator[Article]:
        """Every article, by id, from the first after `after` on; later changes may be in it.

        So many characters of them are held at once, one article at least.
        """
        while True:
            with self.database.reading() as connection:
                lengths = connection.execute(
                    select(articles.c.id, _LENGTH)
                    .where(articles.c.id > after, articles.c.body.is_not(None))
                    .order_by(articles.c.id)
                    .limit(IDS_AT_ONCE)
                ).all()
                sizes = accumulate(length for _, length in lengths)
                ids = [row.id for row, size in zip(lengths, sizes, strict=True) if size <= most]
                ids = ids or [row.id for row in lengths[:1]]
                bodies = _by_id(connection, articles.c.body, ids)
            if not ids:
                return
            for one in ids:
                yield undumped(bodies[one])
            after = ids[-1]

    def count(self) -> int:
        """How many articles there are."""
        with self.database.reading() as connection:
            living = select(func.count()).where(articles.c.body.is_not(None))
            return int(connection.execute(living).scalar_one())

    def close(self) -> None:
        """Lets go of the database."""
        self.database.close()

    def _identity(self) -> str:
        """The name of this history: an index of another store is none of this one's."""

        def work(connection: Connection) -> str:
            named = select(facts.c.value).where(facts.c.name == "archive")
            if not connection.execute(named).first():
                one = insert_new(connection, facts)
                connection.execute(one, {"name": "archive", "value": uuid.uuid4().hex})
            return str(connection.execute(named).scalar_one())

        return self.database.write(work)


class _State:
    """What the store holds of an id."""

    __slots__ = ("change", "digest", "live", "updated")

    def __init__(self, digest: str, updated: float | None, live: bool, change: int) -> None:
        self.digest = digest
        self.updated = updated
        self.live = live
        self.change = change

    def newer_than(self, updated: float | None) -> bool:
        return self.updated is not None and updated is not None and updated < self.updated


@dataclass(slots=True)
class _Log:
    """Lines of the log in the making, after the number that is the last now."""

    last: int
    rows: list[dict[str, Any]] = field(default_factory=list)

    def add(self, article_id: str, kind: ChangeKind) -> int:
        self.last += 1
        row = {"number": self.last, "article_id": article_id, "kind": kind, "at": time.time()}
        self.rows.append(row)
        return self.last

    def write(self, connection: Connection) -> int:
        if self.rows:
            connection.execute(insert(changes), self.rows)
            counter = update(counters).where(counters.c.name == "change")
            connection.execute(counter.values(value=self.last))
        return self.last


def _locked(connection: Connection) -> int:
    """The number of the last change; until the commit nobody else gives a number.

    In PostgreSQL the row's lock makes the order of commits that of the numbers.
    """
    counter = update(counters).where(counters.c.name == "change")
    connection.execute(counter.values(value=counters.c.value))
    return _last(connection)


def _last(connection: Connection) -> int:
    named = select(counters.c.value).where(counters.c.name == "change")
    return int(connection.execute(named).scalar_one())


def _put(
    connection: Connection, sent: Sequence[tuple[Article, str]], number: int | None = None
) -> StoreResult:
    log = _Log(_locked(connection) if number is None else number)
    there = _states(connection, {article.id for article, _ in sent})
    after = log.last
    rows: dict[str, dict[str, Any]] = {}
    written: dict[str, Article] = {}
    unchanged = stale = 0
    for article, body in sent:
        digest = hashlib.sha256(body.encode()).hexdigest()
        updated = None if article.updated_at is None else article.updated_at.timestamp()
        known = there.get(article.id)
        if known and known.newer_than(updated):
            stale += 1
        elif known and known.live and known.digest == digest:
            unchanged += 1
        else:
            change = log.add(article.id, ChangeKind.PUT)
            there[article.id] = _State(digest, updated, True, change)
            rows[article.id] = _row(article.id, body, digest, updated, change)
            written[article.id] = article
    if rows:
        connection.execute(insert_over(connection, articles), list(rows.values()))
    last = log.write(connection)
    changes = {one: row["change"] for one, row in rows.items()}
    put = Pending(after, last, written, changes) if rows else None
    return StoreResult(last, len(sent) - stale, len(log.rows), unchanged, stale, put)


def _delete(connection: Connection, ids: Sequence[str], until: int | None) -> StoreResult:
    log = _Log(_locked(connection))
    until = log.last if until is None else until
    there = _states(connection, ids)
    rows = [
        _row(one, None, "", there[one].updated, log.add(one, ChangeKind.DELETE))
        for one in ids
        if one in there and there[one].live and there[one].change <= until
    ]
    if rows:
        connection.execute(insert_over(connection, articles), rows)
    return StoreResult(log.write(connection), len(rows), len(rows), len(ids) - len(rows))


def _requeue(connection: Connection, ids: Sequence[str]) -> int:
    log = _Log(_locked(connection))
    known = _states(connection, ids)
    for article_id in ids:
        live = article_id in known and known[article_id].live
        log.add(article_id, ChangeKind.PUT if live else ChangeKind.DELETE)
    return log.write(connection)


def _row(
    article_id: str, body: str | None, digest: str, updated: float | None, change: int
) -> dict[str, Any]:
    return {
        "id": article_id, "body": body, "digest": digest, "updated_at": updated, "change": change,
    }  # fmt: skip


def _states(connection: Connection, ids: Iterable[str]) -> dict[str, _State]:
    wanted = select(
        articles.c.id,
        articles.c.digest,
        articles.c.updated_at,
        articles.c.body.is_not(None),
        articles.c.change,
    )
    found = {}
    for some in id_chunks(ids):
        for one, *state in connection.execute(wanted.where(articles.c.id.in_(some))):
            found[one] = _State(*state)
    return found


def _by_id(
    connection: Connection, column: ColumnElement[Any], ids: Iterable[str]
) -> dict[str, Any]:
    """A column of the articles with these ids."""
    wanted = select(articles.c.id, column.label("value"))
    found: dict[str, Any] = {}
    for some in id_chunks(ids):
        rows = connection.execute(wanted.where(articles.c.id.in_(some)))
        found.update((row.id, row.value) for row in rows)
    return found


def _get(connection: Connection, ids: Sequence[str]) -> dict[str, Article]:
    bodies = _by_id(connection, articles.c.body, ids)
    return {one: undumped(body) for one in ids if (body := bodies.get(one)) is not None}


def _pending(
    after: int, last: int, last_of: dict[str, int], bodies: Mapping[str, str | None]
) -> Pending:
    found = {one: body and undumped(body) for one in last_of for body in (bodies.get(one),)}
    return Pending(after, last, {one: article or None for one, article in found.items()}, last_of)
