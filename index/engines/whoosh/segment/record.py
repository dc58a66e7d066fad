"""What is stored of an article beside its postings: the article, where its words and sentences are.

header      the bytes of each section after it, 4 bytes each; the width of the items of each
            section after the first one, a byte each
JSON        the article without lead and body
title       where each position's word starts, as ascending numbers (see ascending.py)
lead, body  likewise; then the starts and ends of the sentences in turn; then the text, every
            character in as many bytes as the largest one needs, so that a part of it is found
            by its offset
"""

import codecs
import struct
from collections.abc import Sequence
from itertools import accumulate, chain

from index.analysed import AnalysedArticle
from index.analysis.sentences import Span
from index.article import Article, as_url, dumped, undumped
from index.engines.whoosh import kernels
from index.engines.whoosh.segment.ascending import RUN, Ascending, packed
from index.engines.whoosh.segment.stored_fields import StoredBytes
from index.hit_fields import HitFields, hit_fields
from index.schema import BODY, LEAD, STORY

LONG = (LEAD, BODY)
"""The texts that are stored apart from the JSON."""
_WORDS = {name: number for number, name in enumerate(STORY, 1)}
_SENTENCES = {name: number for number, name in enumerate(LONG, 1 + len(STORY))}
_TEXTS = {name: number for number, name in enumerate(LONG, 1 + len(STORY) + len(LONG))}
"""The numbers of the sections."""
_SECTIONS = 1 + len(STORY) + 2 * len(LONG)
_HEADER = struct.Struct(f"<{_SECTIONS}I{_SECTIONS - 1}B")
_SHORT = 4_000
"""Characters of a text that is decoded whole: that takes no longer than to decode five parts."""
_DECODE = {2: codecs.utf_16_le_decode, 4: codecs.utf_32_le_decode}
"""By the bytes of a character; bytes.decode would first look for the codec by its name."""


def record(analysed: AnalysedArticle) -> bytes:
    """The bytes that are stored of the article."""
    article = analysed.article
    if (url := as_url(article.url)) != article.url:
        article = article.model_copy(update={"url": url})
    json = dumped(article, without={*LONG}).encode()
    sections = [
        *(packed(analysed.starts.get(name, ())) for name in STORY),
        *(packed([*chain(*analysed.sentences.get(name, ()))]) for name in LONG),
        _encoded(article.lead),
        _encoded(article.body),
    ]
    sizes = (len(json), *(len(section) for section, _ in sections))
    header = _HEADER.pack(*sizes, *(width for _, width in sections))
    return b"".join((header, json, *(section for section, _ in sections)))


def _encoded(text: str) -> tuple[bytes, int]:
    """The text in characters of one width, and the bytes of each."""
    try:
        return text.encode("latin-1"), 1
    except UnicodeEncodeError:
        encoded = text.encode("utf-16-le")
    if len(encoded) == 2 * len(text):
        return encoded, 2
    return text.encode("utf-32-le"), 4


class Record:
    """A stored article, whose sections are read as they are needed."""

    def __init__(self, stored: StoredBytes) -> None:
        self._stored = stored
        header = _HEADER.unpack(stored.read(0, _HEADER.size))
        self._starts = list(accumulate(header[:_SECTIONS], initial=_HEADER.size))
        self._widths = header[_SECTIONS - 1 :]  # the first section has none

    def fields(self) -> HitFields:
        """What hits show of the article beside its texts."""
        return hit_fields(self._stored.read(self._starts[0], self._starts[1]))

    def article(self) -> Article:
        """The article."""
        json = self._stored.read(self._starts[0], self._starts[1])
        return undumped(json, {name: self.text(name).whole() for name in LONG})

    def words(self, field: str, positions: Sequence[int]) -> list[tuple[int, int]]:
        """(position, start in the text) of the words at the ascending positions, each once.

        A part stands where its whole does: Ту-154 is found at both of its positions.
        """
        number = _WORDS[field]
        end = self._starts[number + 1]
        if kernels.COMPILED and (record := self._stored.beginning(end)) is not None:
            start, width = self._starts[number], self._widths[number]
            return kernels.records.words(record, start, end, width, RUN, positions)
        starts = self._ascending(number)
        if len(starts) < RUN:
            return _words_of_run(starts.run(0)[1], positions)
        words: list[tuple[int, int]] = []
        gaps: Sequence[int] = ()
        first = end = summed = start = 0  # of the run that is read; how much of it start includes
        for position in positions:
            if position >= end:
                first = position - position % RUN
                start, gaps = starts.run(first // RUN)
                summed, end = first, first + RUN
            start += sum(gaps[summed - first : position - first + 1])
            summed = position + 1
            if not words or words[-1][1] != start:
                part = not gaps[position - first]
                whole = _whole(starts, gaps, first, position) if part else position
                words.append((whole, start))
        return words

    def text(self, field: str) -> "StoredText":
        """The lead or the body."""
        number = _TEXTS[field]
        start, end, width = self._starts[number], self._starts[number + 1], self._widths[number]
        sentences = self._ascending(_SENTENCES[field])
        return StoredText(self._stored, start, (end - start) // width, width, sentences)

    def _ascending(self, number: int) -> Ascending:
        start, end = self._starts[number], self._starts[number + 1]
        return Ascending(self._stored, start, end - start, self._widths[number])


def _words_of_run(gaps: Sequence[int], positions: Sequence[int]) -> list[tuple[int, int]]:
    """As Record.words, of a short text."""
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


def _whole(starts: Ascending, gaps: Sequence[int], first: int, position: int) -> int:
    """The position of the whole word that has a part at this one; `gaps` are of its run."""
    while position and not gaps[position - first]:
        position -= 1
        if position < first:
            first -= RUN
            _, gaps = starts.run(first // RUN)
    return position


class StoredText:
    """A lead or a body, of which only what is asked for is unpacked: see index.results.HitText."""

    __slots__ = ("_length", "_sentences", "_start", "_stored", "_whole", "_width")

    def __init__(
        self, stored: StoredBytes, start: int, length: int, width: int, sentences: Ascending
    ) -> None:
        self._stored = stored
        self._start = start
        self._length = length
        self._width = width
        self._sentences = sentences
        self._whole: str | None = None

    def __len__(self) -> int:
        return self._length

    def __eq__(self, other: object) -> bool:
        return isinstance(other, StoredText) and self.whole() == other.whole()

    def __hash__(self) -> int:
        return hash(self.whole())

    def read(self, start: int, end: int) -> str:
        if self._whole is None:
            if self._length > _SHORT:
                return self._decoded(start, min(end, self._length))
            self._whole = self._decoded(0, self._length)
        return self._whole[start:end]

    def sentences(self, start: int, end: int) -> list[Span]:
        bounds = self._sentences.between(start, end)
        spans = zip(bounds, bounds, strict=True)
        if start <= 0 and end >= self._length:
            return list(spans)
        return [span for span in spans if span[1] > start and span[0] < end]

    def whole(self) -> str:
        """The whole text."""
        return self._decoded(0, self._length)

    def _decoded(self, start: int, end: int) -> str:
        begin, width = self._start, self._width
        read = self._stored.read(begin + start * width, begin + end * width)
        return read.decode("latin-1") if width == 1 else _DECODE[width](read, "strict", True)[0]
