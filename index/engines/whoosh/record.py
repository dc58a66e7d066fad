"""What is kept of an article beside its postings: its JSON, and where its words start.

After the JSON, which has no byte 0, stand a 0, the lengths of three lists, and the lists:
for title, lead and body the gap from each position's start to the next one's, a byte each;
255 says that 255 is not all.
"""

import struct
from collections.abc import Sequence
from itertools import chain
from operator import sub

import numpy as np

from index.analysed import AnalysedArticle
from index.article import Article, dumped, undumped
from index.engines.whoosh.arrays import Numbers, once
from index.schema import STORY

_LENGTHS = struct.Struct("<3I")
_MORE = 255


def record(analysed: AnalysedArticle) -> bytes:
    """What is kept of the article."""
    gaps = [_gaps(analysed.starts.get(name, ())) for name in STORY]
    return b"".join(
        (dumped(analysed.article).encode(), b"\0", _LENGTHS.pack(*map(len, gaps)), *gaps)
    )


class Record:
    """A kept article, its parts read when they are asked for."""

    def __init__(self, kept: bytes) -> None:
        self.json, _, self._tail = kept.partition(b"\0")

    def article(self) -> Article:
        """The article."""
        return undumped(self.json)

    def words(self, field: str, positions: Sequence[int]) -> list[tuple[int, int]]:
        """(position, start in the text) of the words that stand at the positions, each once.

        A part stands where its whole does: Ту-154 is found at both of its positions.
        """
        starts = self._starts(field, max(positions, default=-1) + 1)
        found = once(starts.take(positions))
        return list(zip(starts.searchsorted(found).tolist(), found.tolist(), strict=True))

    def _starts(self, field: str, count: int) -> Numbers:
        """The starts of the first `count` positions, or of some more."""
        lengths = _LENGTHS.unpack_from(self._tail)
        number = STORY.index(field)
        before = _LENGTHS.size + sum(lengths[:number])
        gaps = np.frombuffer(self._tail, np.uint8, lengths[number], before)
        read = count
        # gaps of 255 and more take several bytes
        while read < len(gaps) and np.count_nonzero(gaps[:read] != _MORE) < count:
            read *= 2
        ends = gaps[:read].cumsum(dtype=np.int64)
        starts: Numbers = ends[gaps[:read] != _MORE]
        return starts


def _gaps(starts: Sequence[int]) -> bytes:
    try:
        gaps = bytes(map(sub, starts, chain((0,), starts)))
    except ValueError:  # a gap of 256 and more: a table, a long formula
        gaps = bytes((_MORE,))
    if _MORE not in gaps:
        return gaps
    widths = map(sub, starts, chain((0,), starts))
    return b"".join(b"\xff" * (width // _MORE) + bytes((width % _MORE,)) for width in widths)
