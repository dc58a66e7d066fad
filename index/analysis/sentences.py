"""A text → its sentences, as snippets show them."""

import re

Span = tuple[int, int]
"""The start and end of a stretch of a text, as offsets into it."""

# A sentence ends at . ! ? … and closing quotes, before a space and a capital letter, a digit or a
# quote; not after an initial or a short abbreviation: А. С. Пушкин, в 2017 г. Москва, Mr. Smith.
# A run of dots is one end, tried once (*+), or a page of them would take minutes. The first
# character is one of a few: the search for it is six times as fast as for either of two patterns.
_SENTENCE_END = re.compile(
    r"""[.!?…\n] (?: (?<=\n) \n*+
        | (?<!\n) (?<![.!?…].) [.!?…]*+ [»”"')\]]*+ (?=\s+[«“"'(\[—–-]*\s?[A-ZА-ЯЁ0-9]) )""",
    re.VERBOSE,
)
_ABBREVIATED = re.compile(
    r"(?:^|[\s(«\"“])(?:[A-ZА-ЯЁ]|г|гг|ул|им|стр|тыс|млн|млрд|руб|т\.е|т\.д|т\.п|др|проф|акад|см|св"
    r"|Mr|Mrs|Ms|Dr|Prof|St|vs|Inc|Ltd|Co|Jr|Sr|No|U\.S|U\.K|e\.g|i\.e)\.$"
)


def sentences(text: str) -> list[Span]:
    """The sentences of a text, without the space between them."""
    spans: list[Span] = []
    start = 0
    for match in _SENTENCE_END.finditer(text):
        end = match.end()
        if text[end - 1] == "." and _ABBREVIATED.search(text, max(0, end - 12), end):
            continue
        _add_sentence(spans, text, start, end)
        start = end
    _add_sentence(spans, text, start, len(text))
    return spans


def _add_sentence(spans: list[Span], text: str, start: int, end: int) -> None:
    while start < end and text[start].isspace():
        start += 1
    while start < end and text[end - 1].isspace():
        end -= 1
    if start < end:
        spans.append((start, end))
