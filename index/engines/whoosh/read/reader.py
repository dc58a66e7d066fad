"""One state of the index, which is asked one thing after another."""

from collections.abc import Hashable, Iterator, Mapping, Sequence
from itertools import islice

import numpy as np

from index.article import Article
from index.engines.whoosh.read.answer import answer
from index.engines.whoosh.read.evaluate import Evaluation
from index.engines.whoosh.read.explaining import explanations
from index.engines.whoosh.read.positions import MatchPositions
from index.engines.whoosh.read.snapshot import Snapshot
from index.engines.whoosh.segment.arrays import NO_DATE
from index.engines.whoosh.segment.field_groups import COLUMNS
from index.engines.whoosh.segment.record import Record
from index.engines.whoosh.segment.sets import DocSet
from index.results import (
    Checkpoint,
    EngineRequest,
    Explanation,
    Hit,
    HitText,
    Results,
    SortKey,
    WholeText,
)
from index.schema import BODY, LEAD, TITLE
from index.stages import Stopwatch


class WhooshReader:
    """Answers from one snapshot. See `index.engines.base.Reader` for what each method does."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot

    def search(self, request: EngineRequest) -> Results:
        stopwatch = Stopwatch()
        answered = answer(self._snapshot, request, stopwatch)
        hits = tuple(
            _hit(Record(self._snapshot.stored(doc_id)), score, match_positions)
            for doc_id, score, match_positions in zip(
                answered.doc_ids.tolist(),
                answered.scores.tolist(),
                answered.match_positions,
                strict=True,
            )
        )
        last = self._key(hits[-1], answered.doc_ids[-1]) if answered.more else None
        stopwatch.end("fetch")
        return Results(
            total=answered.total,
            hits=hits,
            next=last,
            facets=answered.facets,
            histogram=answered.histogram,
            times=stopwatch.times,
        )

    def articles(self, ids: Sequence[str]) -> dict[str, Article]:
        doc_ids = {article_id: self._snapshot.find(article_id) for article_id in ids}
        return {
            article_id: Record(self._snapshot.stored(doc_id)).article()
            for article_id, doc_id in doc_ids.items()
            if doc_id is not None
        }

    def scan(self) -> Iterator[Article]:
        return (Record(stored).article() for stored in self._snapshot.all_stored())

    def count(self) -> int:
        return self._snapshot.count

    def frequencies(self, field: str, terms: Sequence[str]) -> Mapping[str, int]:
        snapshot, column = self._snapshot, COLUMNS.get(field)
        if column is None:
            return dict.fromkeys(terms, 0)
        entries = {term: snapshot.entries(column.group, term) for term in terms}
        return {term: snapshot.frequency(field, some) for term, some in entries.items()}

    def terms(self, field: str, prefix: str = "", limit: int = 100) -> Mapping[str, int]:
        counted = (
            (term, count)
            for term, entries in self._snapshot.terms(field, prefix)
            if (count := self._snapshot.frequency(field, entries))
        )
        return dict(islice(counted, limit))

    def explain(self, request: EngineRequest, ids: Sequence[str]) -> Mapping[str, Explanation]:
        by_doc_id = {
            doc_id: article_id
            for article_id in ids
            if (doc_id := self._snapshot.find(article_id)) is not None
        }
        if not by_doc_id:
            return {}
        doc_ids = sorted(by_doc_id)
        among = DocSet(self._snapshot.size, np.array(doc_ids, dtype=np.int64))
        explained = explanations(Evaluation(self._snapshot), request, among)
        return {
            by_doc_id[doc_id]: explanation
            for doc_id, explanation in zip(doc_ids, explained, strict=True)
        }

    def state(self) -> Hashable:
        return self._snapshot.state

    def checkpoint(self) -> Checkpoint | None:
        return self._snapshot.checkpoint

    def _key(self, hit: Hit, doc_id: int) -> SortKey:
        """Where the hit stands among all hits."""
        moment = int(self._snapshot.dates[doc_id])
        return SortKey(hit.score, None if moment == NO_DATE else moment, hit.fields.id)


def _hit(record: Record, score: float, match_positions: MatchPositions) -> Hit:
    words = {field: record.words(field, some) for field, some in match_positions.positions.items()}
    fields = record.fields()
    texts: dict[str, HitText] = {
        TITLE: WholeText(fields.title),
        LEAD: record.text(LEAD),
        BODY: record.text(BODY),
    }
    return Hit(fields, score, texts, words, match_positions.cut)
