"""What is stored of an article beside its postings: the article, where its words and sentences are.

lengths     seven numbers, 4 bytes each: the bytes of the parts after it, but of the last
JSON        the article without lead and body: to read a long text as JSON takes many times
            as long as to read it as it is
gaps        for title, lead and body the gap from each position's start to the next one's,
            a byte each; 255 says that 255 is not all
sentences   of lead and body: the gaps between their starts and ends, likewise
lead, body  as UTF-8
"""

import struct
from collections.abc import Sequence
from itertools import chain, pairwise
from operator import sub

import numpy as np

from index.analysed import AnalysedArticle
from index.analysis.sentences import Span
from index.article import Article, dumped, undumped
from index.engines.whoosh.segment.arrays import Numbers, once
from index.schema import BODY, LEAD, STORY

_LENGTHS = struct.Struct("<7I")
_LONG = (LEAD, BODY)
_MORE = 255


def record(analysed: AnalysedArticle) -> bytes:
    """What is kept of the article."""
    article = analysed.article
    parts = [
        dumped(article.model_copy(update={LEAD: "", BODY: ""})).encode(),
        *(_gaps(analysed.starts.get(name, ())) for name in STORY),
        *(_gaps([*chain(*analysed.sentences.get(name, ()))]) for name in _LONG),
        article.lead.encode(),
        article.body.encode(),
    ]
    return b"".join((_LENGTHS.pack(*map(len, parts[:-1])), *parts))


class Record:
    """A kept article, its parts read when they are asked for."""

    def __init__(self, kept: bytes) -> None:
        self._kept = memoryview(kept)
        lengths = _LENGTHS.unpack_from(kept)
        ends = [_LENGTHS.size]
        for length in lengths:
            ends.append(ends[-1] + length)
        self._parts = [slice(*bounds) for bounds in (*pairwise(ends), (ends[-1], len(kept)))]

    def article(self) -> Article:
        """The article."""
        texts = {
            LEAD: str(self._kept[self._parts[-2]], "utf-8"),
            BODY: str(self._kept[self._parts[-1]], "utf-8"),
        }
        return undumped(bytes(self._kept[self._parts[0]]), texts)

    def words(self, field: str, positions: Sequence[int]) -> list[tuple[int, int]]:
        """(position, start in the text) of the words that stand at the positions, each once.

        A part stands where its whole does: Ту-154 is found at both of its positions.
        """
        starts = self._offsets(1 + STORY.index(field), max(positions, default=-1) + 1)
        found = once(starts.take(positions))
        return list(zip(starts.searchsorted(found).tolist(), found.tolist(), strict=True))

    def sentences(self) -> dict[str, list[Span]]:
        """The sentences of lead and body."""
        spans = {}
        for part, field in enumerate(_LONG, 1 + len(STORY)):
            bounds = self._offsets(part).tolist()
            spans[field] = list(zip(bounds[::2], bounds[1::2], strict=True))
        return spans

    def _offsets(self, part: int, count: int | None = None) -> Numbers:
        """The first `count` offsets that the part has gaps of, or some more; None: all."""
        gaps = np.frombuffer(self._kept[self._parts[part]], np.uint8)
        read = count = len(gaps) if count is None else count
        # gaps of 255 and more take several bytes
        while read < len(gaps) and np.count_nonzero(gaps[:read] != _MORE) < count:
            read *= 2
        ends = gaps[:read].cumsum(dtype=np.int64)
        offsets: Numbers = ends[gaps[:read] != _MORE]
        return offsets


def _gaps(offsets: Sequence[int]) -> bytes:
    try:
        gaps = bytes(map(sub, offsets, chain((0,), offsets)))
    except ValueError:  # a gap of 256 and more: a table, a long formula
        gaps = bytes((_MORE,))
    if _MORE not in gaps:
        return gaps
    widths = map(sub, offsets, chain((0,), offsets))
    return b"".join(b"\xff" * (width // _MORE) + bytes((width % _MORE,)) for width in widths)
