"""Where words begin and end. One regular expression, one pass, offsets into the text as it is."""

import re

from index.analysis.normalize import APOSTROPHES, HIDDEN, HYPHENS, MARKS, SPACES

_LETTER = r"[^\W\d_]"
_EXTRA = f"[{MARKS}{HIDDEN}]"
# Possessive (++, *+): a word is never tried again shorter, which takes three times as long.
_ALNUM = rf"[^\W_]++(?:{_EXTRA}++[^\W_]++)*+{_EXTRA}*+"
# Most words are plain letters to their end: tried first, in half the time of the rest.
_PLAIN = rf"(?!Ph\.)[A-Za-zА-Яа-яЁё]{{2,}}+(?![\w{MARKS}{HIDDEN}{APOSTROPHES}{HYPHENS}])"

WORD = re.compile(
    rf"""
  (?=[^\W_]) (?:                                                     # between words: one look
    {_PLAIN}
  | {_LETTER}\. (?: (?:{_LETTER}\.)+ (?:{_LETTER}(?![^\W_]))?           # U.S.  А.С.Пушкин
                   | {_LETTER}(?![^\W_]) )                             # U.S
  | Ph\.D\.?
  | \d{{1,3}} (?:[{SPACES}]\d{{3}}){{1,6}} (?! [^\W_] | [.,]\d | [{SPACES}]\d{{3}}(?!\d) )  # 10 000
  | \d+ (?:[.,]\d+)+ (?![^\W_])                                      # 1,5  3.5  1.000.000
  | [A-Za-z] (?:\+\+|\#) (?![^\W_])                                  # C++  C#
  | {_ALNUM} (?: [{APOSTROPHES}{HYPHENS}] {_ALNUM} )*+                # O'Connor  С-400
  )
    """,
    re.VERBOSE,
)
"""A word: `С-400`, `Санкт-Петербург` and `10 000` are one."""
_PART = re.compile(rf"[^{HYPHENS}{SPACES}]+")
MAX_WORD = 128
"""Longer runs are no words (base64, a page's source)."""


def parts(word: str) -> list[tuple[int, int]]:
    """(start, end) of the parts between a word's hyphens or spaces; itself where it has none."""
    return [match.span() for match in _PART.finditer(word)]
