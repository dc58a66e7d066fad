"""Query text → lexemes: words, phrases, brackets and signs, each with its place in the text.

A bracket or a quote without its pair is a lexeme of its own, LONE, so that whoever
reads the lexemes sees brackets in pairs only.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from index.analysis.normalize import HIDDEN
from index.schema import QUERY_FIELDS

QUOTES = '"＂“”„‟«»‹›'
MINUSES = "\\-\u2010\u2011\u2012\u2013\u2212\ufe63\uff0d"
"""A hyphen and what editors make of it, for a class of a regular expression: школа –война.

Not the em dash: it stands between words, and careless texts lose a space beside it.
"""

_LEXEME = re.compile(
    rf"""
    (?P<open> \( ) | (?P<close> \) )
  | (?P<phrase>
        "[^"]*+"  |  “[^“”]*+”  |  „[^„“”]*+[“”]  |  ‹[^‹›]*+›  |  ＂[^＂]*+＂
      | « (?: [^«»]++ | «[^«»]*+» )*+ »               # «ООО «Ромашка»»
      | (?<!\w) ‘ (?=\w) [^‘]*? (?<!\s) ’ (?!\w)      # ‘don’t panic’
      | (?<!\w) [{QUOTES}] [^{QUOTES}]*+ ["“”»]       # “mixed", «mixed"
    )
  | (?P<minus> (?<![^\s(]) [{MINUSES}] (?=[^\s{MINUSES}]) )
  | (?P<plus> (?<![^\s(]) \+ (?=[^\W\d_] | [{QUOTES}(]) )
  | (?P<field> (?:{"|".join(QUERY_FIELDS)}): (?=[^\s)]) )
  | (?P<word> [^\s(){QUOTES}]+ )
  | (?P<lone> [{QUOTES}] )
    """,
    re.VERBOSE | re.IGNORECASE,
)
# Letters that nobody sees are taken out; signs of direction part words.
_UNSEEN = str.maketrans(
    dict.fromkeys(HIDDEN, "") | dict.fromkeys("\u200e\u200f\u202a\u202b\u202c\u202d\u202e", " ")
)


class Kind(StrEnum):
    """What a lexeme is."""

    OPEN = "open"
    CLOSE = "close"
    PHRASE = "phrase"
    MINUS = "minus"
    PLUS = "plus"
    FIELD = "field"
    WORD = "word"
    LONE = "lone"  # a quote or a bracket without its pair, or a bracket that is too deep


_KINDS = {kind.value: kind for kind in Kind}  # quicker than Kind(…)
_BRACKETS = frozenset({Kind.OPEN, Kind.CLOSE})


@dataclass(frozen=True, slots=True)
class Lexeme:
    """A piece of the seen text, which starts there."""

    kind: Kind
    text: str
    start: int

    @property
    def end(self) -> int:
        """Where the piece ends."""
        return self.start + len(self.text)


def seen(text: str) -> str:
    """The text as a reader sees it: pasted soft hyphens and signs of direction are gone."""
    return text.translate(_UNSEEN)


def lexemes(text: str, max_depth: int) -> list[Lexeme]:
    """The lexemes of a seen text, with brackets at most `max_depth` deep."""
    found = [
        Lexeme(_KINDS[match.lastgroup or ""], match[0], match.start())
        for match in _LEXEME.finditer(text)
    ]
    paired = set(_paired(found, max_depth))
    return [
        Lexeme(Kind.LONE, one.text, one.start)
        if one.kind in _BRACKETS and number not in paired
        else one
        for number, one in enumerate(found)
    ]


def _paired(found: list[Lexeme], max_depth: int) -> Iterator[int]:
    """The numbers of the brackets that have their pair and are not too deep."""
    waiting: list[int] = []
    for number, one in enumerate(found):
        if one.kind is Kind.OPEN:
            waiting.append(number)
        elif one.kind is Kind.CLOSE and waiting:
            if len(waiting) <= max_depth:
                yield from (waiting[-1], number)
            waiting.pop()
