"""Is everything there, and as it was: files against checksums, the index against the store."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from index.errors import IndexUnavailable
from index.ingest.intake import IntakeReport
from index.store.failures import Failures
from search.parts import Parts
from search.permissions import exposed_files, exposure_warning, make_private
from search.plurals import counted

_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Found:
    """What a check found: why the index must be rebuilt, or ids of articles that differ.

    `waiting` are changes that the indexer has not come to yet: they are no fault. `exposed` are
    files that everybody on this machine can read: a warning, since articles are as they should be.
    """

    broken: str | None = None
    missing: tuple[str, ...] = ()
    extra: tuple[str, ...] = ()
    stale: tuple[str, ...] = ()
    articles: int = 0
    waiting: int = 0
    failed: int = 0
    exposed: tuple[Path, ...] = ()

    @property
    def well(self) -> bool:
        """Whether nothing is wrong."""
        return not (self.broken or self.missing or self.extra or self.stale)

    def lines(self) -> Iterator[str]:
        """What was found, for a person."""
        if self.exposed:
            yield f"warning: {exposure_warning(self.exposed)}"
        if self.broken:
            yield f"broken: {self.broken}"
            return
        for name, ids in (("missing", self.missing), ("extra", self.extra), ("stale", self.stale)):
            if ids:
                more = f" and {len(ids) - _SHOWN} more" if len(ids) > _SHOWN else ""
                yield f"{name} in the index: {', '.join(ids[:_SHOWN])}{more}"
        if self.waiting:
            yield f"not indexed yet: {counted(self.waiting, 'change')}"
        if self.failed:
            yield f"could not be analysed: {counted(self.failed, 'article')}; see `poisk failures`"
        if self.well:
            yield f"no problems found: {counted(self.articles, 'article')}"


def check(parts: Parts) -> Found:
    """Reads every file of the index and every article of both sides; looks at the files' rights."""
    return replace(_compared(parts), exposed=exposed_files(parts.settings))


def _compared(parts: Parts) -> Found:
    if broken := parts.indexer.rebuild_reason():
        return Found(broken=broken)
    failed = set(_set_aside(parts))
    try:
        reader = parts.engine.reader()
        indexed = {one.id: hash(one.model_dump_json()) for one in reader.scan()}
    except IndexUnavailable as error:
        return Found(broken=str(error))
    checkpoint = reader.checkpoint()
    done = checkpoint.change if checkpoint else 0
    missing: list[str] = []
    stale: list[str] = []
    articles = 0
    for article in parts.store.scan():
        articles += 1
        there = indexed.pop(article.id, None)
        if article.id not in failed and there != hash(article.model_dump_json()):
            (missing if there is None else stale).append(article.id)
    extra = [one for one in indexed if one not in failed]
    # What changed while we read, or waits for the indexer, is no fault.
    later = {one for one, number in _numbers(parts, (*missing, *stale, *extra)) if number > done}
    return Found(
        missing=tuple(one for one in missing if one not in later),
        stale=tuple(one for one in stale if one not in later),
        extra=tuple(one for one in extra if one not in later),
        articles=articles,
        waiting=max(0, parts.store.last() - done),
        failed=len(failed),
    )


def repair(parts: Parts, found: Found) -> None:
    """Logs what differs as changed, so that it is indexed again; rebuilds a broken index.

    That needs no lease: where an indexer runs, it goes on with the new one. Files that everybody
    can read are closed to all but their owner and group.
    """
    make_private(found.exposed)
    if found.well:
        return
    if found.broken:
        parts.indexer.check_store()
        parts.read_dictionaries()
        for _ in parts.indexer.rebuild(parts.indexer.begin_rebuild()):
            pass
    ids = iter((*found.missing, *found.stale, *found.extra))
    while some := list(islice(ids, 500)):
        parts.store.requeue(some)
    parts.loader.load((), IntakeReport(change=parts.store.last()))


def _set_aside(parts: Parts) -> Iterator[str]:
    """The articles that are missing because their last change could not be analysed."""
    failures = {one.article_id: one.number for one in Failures(parts.store.database).all(1 << 30)}
    for article_id, number in parts.store.change_numbers(failures).items():
        if number <= failures[article_id]:
            yield article_id


def _numbers(parts: Parts, ids: tuple[str, ...]) -> Iterator[tuple[str, int]]:
    yield from parts.store.change_numbers(ids).items()
