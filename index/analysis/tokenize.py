"""Where words begin and end. One regular expression, one pass, offsets into the text as it is."""

import re
from collections.abc import Iterator

from index.analysis.normalize import APOSTROPHES, HIDDEN, HYPHENS, MARKS, SPACES

_LETTER = r"[^\W\d_]"
_EXTRA = f"[{MARKS}{HIDDEN}]"
_ALNUM = rf"[^\W_](?:{_EXTRA}*[^\W_])*{_EXTRA}*"

_WORD = re.compile(
    rf"""
    (?P<abbreviation> {_LETTER}\. (?:{_LETTER}\.)+ (?:{_LETTER}(?![^\W_]))?  # U.S.  А.С.Пушкин
                    | {_LETTER}\.{_LETTER}(?![^\W_])                        # U.S
                    | Ph\.D\.? )
  | (?P<grouped> \d{{1,3}} (?:[{SPACES}]\d{{3}}){{1,6}}                   # 10 000
                 (?! [^\W_] | [.,]\d | [{SPACES}]\d{{3}}(?!\d) ) )
  | (?P<number> \d+ (?:[.,]\d+)+ (?![^\W_]) )                          # 1,5  3.5  1.000.000
  | (?P<sharp> [A-Za-z] (?:\+\+|\#) (?![^\W_]) )                       # C++  C#
  | (?P<word> {_ALNUM} (?: [{APOSTROPHES}{HYPHENS}] {_ALNUM} )* )      # O'Connor  С-400
    """,
    re.VERBOSE,
)
_PART = re.compile(rf"[^{HYPHENS}{SPACES}]+")
_MAX_WORD = 128


def words(text: str) -> Iterator[tuple[int, int]]:
    """(start, end) of each word; `С-400`, `Санкт-Петербург` and `10 000` are one word.

    Runs over 128 characters are no words (base64, a page's source): left out.
    """
    for match in _WORD.finditer(text):
        start, end = match.span()
        if end - start <= _MAX_WORD:
            yield start, end


def parts(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """The parts between a word's hyphens or spaces; the word alone where it has none."""
    return [match.span() for match in _PART.finditer(text, start, end)]
