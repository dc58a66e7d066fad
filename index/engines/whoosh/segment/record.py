"""What is stored of an article beside its postings: the article, where its words and sentences are.

lengths     seven numbers, 4 bytes each: the bytes of each section after it, except the last
JSON        the article without lead and body: reading a long text from JSON takes many
            times as long as reading it from UTF-8
gaps        for title, lead and body the gap from each position's start to the next one's,
            a byte each; 255 says that 255 is not all
sentences   of lead and body: the gaps between their starts and ends, likewise
lead, body  as UTF-8
"""

import struct
from collections.abc import Sequence
from itertools import accumulate, chain, pairwise
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
_MORE_BYTE = b"\xff"
_FEW = 2_000
"""Gaps that are summed one by one: for fewer words than these an array costs more."""


def record(analysed: AnalysedArticle) -> bytes:
    """The bytes that are stored of the article."""
    article = analysed.article
    sections = [
        dumped(article.model_copy(update={LEAD: "", BODY: ""})).encode(),
        *(_gaps(analysed.starts.get(name, ())) for name in STORY),
        *(_gaps([*chain(*analysed.sentences.get(name, ()))]) for name in _LONG),
        article.lead.encode(),
        article.body.encode(),
    ]
    return b"".join((_LENGTHS.pack(*map(len, sections[:-1])), *sections))


class Record:
    """A stored article, whose sections are read when they are needed."""

    def __init__(self, stored: bytes) -> None:
        self._stored = stored
        lengths = _LENGTHS.unpack_from(stored)
        ends = accumulate(lengths, initial=_LENGTHS.size)
        self._bounds = list(pairwise((*ends, len(stored))))

    def article(self) -> Article:
        """The article."""
        return undumped(
            self._section(0),
            {LEAD: self._section(-2).decode(), BODY: self._section(-1).decode()},
        )

    def words(self, field: str, positions: Sequence[int]) -> list[tuple[int, int]]:
        """(position, start in the text) of the words at the ascending positions, each once.

        A part stands where its whole does: Ту-154 is found at both of its positions.
        """
        gaps = self._section(1 + STORY.index(field))
        count = positions[-1] + 1 if positions else 0
        if count > _FEW or gaps.find(_MORE_BYTE, 0, count) >= 0:
            return _words_of_many(gaps, positions, count)
        words: list[tuple[int, int]] = []
        start = summed = 0
        for position in positions:
            start += sum(gaps[summed : position + 1])
            summed = position + 1
            if not words or words[-1][1] != start:
                whole = position
                while whole and not gaps[whole]:
                    whole -= 1
                words.append((whole, start))
        return words

    def sentences(self) -> dict[str, list[Span]]:
        """The sentences of lead and body."""
        return {
            field: _spans(self._section(number))
            for number, field in enumerate(_LONG, 1 + len(STORY))
        }

    def _section(self, number: int) -> bytes:
        """A section after the lengths; a negative number counts from the end."""
        start, end = self._bounds[number]
        return self._stored[start:end]


def _words_of_many(gaps: bytes, positions: Sequence[int], count: int) -> list[tuple[int, int]]:
    """As Record.words, of a long text, or of one with a gap of several bytes."""
    starts = _offsets(gaps, count)
    found = once(starts.take(positions))
    return list(zip(starts.searchsorted(found).tolist(), found.tolist(), strict=True))


def _spans(gaps: bytes) -> list[Span]:
    """Starts and ends in turn, as pairs."""
    bounds = iter(_offsets(gaps, len(gaps)).tolist()) if _MORE in gaps else accumulate(gaps)
    return list(zip(bounds, bounds, strict=True))


def _offsets(gaps: bytes, count: int) -> Numbers:
    """The first `count` offsets that there are gaps of, or some more."""
    widths = np.frombuffer(gaps, np.uint8)
    read = count
    # gaps of 255 and more take several bytes
    while read < len(widths) and np.count_nonzero(widths[:read] != _MORE) < count:
        read *= 2
    ends = widths[:read].cumsum(dtype=np.int64)
    offsets: Numbers = ends[widths[:read] != _MORE]
    return offsets


def _gaps(offsets: Sequence[int]) -> bytes:
    try:
        gaps = bytes(map(sub, offsets, chain((0,), offsets)))
    except ValueError:  # a gap of 256 and more: a table, a long formula
        gaps = bytes((_MORE,))
    if _MORE not in gaps:
        return gaps
    widths = map(sub, offsets, chain((0,), offsets))
    return b"".join(_MORE_BYTE * (width // _MORE) + bytes((width % _MORE,)) for width in widths)
