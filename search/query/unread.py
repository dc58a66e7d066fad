"""What of a query text is not read as a person may have meant it: what its notes tell."""

import re
import unicodedata
from collections.abc import Sequence

from index.analysis.token import Token
from index.schema import QUERY_FIELDS
from search.query.lexemes import MINUSES

_PIECES = 10
_LENGTH = 60
"""At most so many pieces are listed, of so many characters each."""

_LEADING = re.compile(rf"[+—{MINUSES}]+(?=[^\W\d_])")
_MEANT_WORDS = ("NOT", "НЕ", "OR", "ИЛИ", "AND", "И")
_MEANT = re.compile(
    rf"""
    (?!.*//) (?: .*\w(?:\*|\?\w) | .*\w[~^]\d | [^\W\d_]{{2,}}:\w ) # с*т  шко?а  школа~2  site:x.ru
  | (?:{"|".join(_MEANT_WORDS)}) $  |  (?i:{"|".join(QUERY_FIELDS)}): $
    """,
    re.VERBOSE | re.DOTALL,
)
"""Words that may be meant as signs; OR and AND are asked about where they join nothing."""
_APOSTROPHES = re.compile(r"(?<!\w)'(?=\w)[^'\"]*\s[^'\"]*(?<=\w)'(?!\w)")
_STARS = re.compile(r"\*+")
_LETTERS = re.compile(r"\S*[^\W_]\S*")
_TYPOGRAPHIC = frozenset("№°$€₽£¢¥§©®™")


class Unread:
    """Pieces of a seen text: those left out, and those read as plain words."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._ignored: set[tuple[int, int]] = set()
        self._words: set[tuple[int, int]] = set()

    def copy(self) -> "Unread":
        """Another one that holds the same pieces."""
        other = Unread(self._text)
        other._ignored |= self._ignored
        other._words |= self._words
        return other

    def ignore(self, start: int, end: int) -> None:
        """This stretch says nothing where it stands."""
        self._ignored.add((start, end))

    def ignore_all(self) -> None:
        """The text asks for nothing: all of it is ignored where no piece is."""
        if not self._ignored | self._words:
            self.ignore(0, len(self._text))

    def take_as_words(self, start: int, end: int) -> None:
        """This stretch is read as plain words."""
        self._words.add((start, end))

    def ignore_stars(self, text: str, start: int) -> None:
        """Stars that no word can begin before."""
        for match in _STARS.finditer(text):
            self.ignore(start + match.start(), start + match.end())

    def word(self, text: str, start: int, has_tokens: bool) -> None:
        """What stands between two spaces and is read as words."""
        if has_tokens and text.isalpha() and text not in _MEANT_WORDS:
            return
        if not has_tokens:
            if not _is_punctuation(text):
                self.ignore(start, start + len(text))
        elif _MEANT.match(text):
            self.take_as_words(start, start + len(text))
        else:
            self.ignore_stars(text, start)
            sign = _LEADING.match(text)
            if sign and (start == 0 or self._text[start - 1] in " \t\n\r\xa0(:"):
                self.ignore(start, start + sign.end())  # --школа; «Газпром»-нефть has a hyphen

    def too_long(self, text: str, start: int, tokens: Sequence[Token]) -> None:
        """Runs of letters that are too long for words."""
        if tokens and tokens[0].end - tokens[0].start == len(text):
            return
        end = 0
        for token in [*tokens, None]:
            gap = text[end : token.start if token else len(text)]
            for match in _LETTERS.finditer(gap):
                self.ignore(start + end + match.start(), start + end + match.end())
            end = max(end, token.end) if token else end

    def ignored(self) -> tuple[str, ...]:
        """The pieces that were left out, in their order; neighbours are one piece."""
        return self._listed(self._joined())

    def as_words(self) -> tuple[str, ...]:
        """The pieces that were read as words, in their order."""
        quoted = {match.span() for match in _APOSTROPHES.finditer(self._text)}
        return self._listed(sorted(self._words | quoted))

    def _joined(self) -> list[tuple[int, int]]:
        joined: list[tuple[int, int]] = []
        for start, end in sorted(self._ignored):
            if joined and not self._text[joined[-1][1] : start].strip():
                first, last = joined.pop()
                joined.append((first, max(end, last)))
            else:
                joined.append((start, end))
        return joined

    def _listed(self, spans: Sequence[tuple[int, int]]) -> tuple[str, ...]:
        pieces: dict[str, None] = {}
        for start, end in spans:
            text = "".join(filter(str.isprintable, " ".join(self._text[start:end].split())))
            if text:
                pieces[text if len(text) <= _LENGTH else text[: _LENGTH - 1] + "…"] = None
            if len(pieces) == _PIECES:
                break
        return tuple(pieces)


def _is_punctuation(text: str) -> bool:
    """Whether the text is what stands between words in any text: — … , & %, and no star."""
    return text not in {"&&", "||"} and all(
        letter in _TYPOGRAPHIC or (unicodedata.category(letter)[0] in "PCMZ" and letter != "*")
        for letter in text
    )
