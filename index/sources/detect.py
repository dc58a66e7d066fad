"""What a file or a body seems to be, by its beginning, and the cure where Poisk cannot read it."""

import csv
import json
import re
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Final, NoReturn

from index.article import clean
from index.errors import ArticleRefused
from index.sources.field_names import field_of

READS = "Poisk reads JSON: one article a line, or a list of articles"


class Form(Enum):
    """How articles stand in a file."""

    LINES = "line"
    VALUES = "article"


_MAGIC: Final[Mapping[bytes, str]] = {
    b"PK\x03\x04": "a ZIP archive (or a document of Excel or Word)",
    b"%PDF": "a PDF document",
    b"\x1f\x8b": "a file compressed with gzip twice",
    b"BZh": "a file compressed with bzip2",
    b"\xfd7zXZ": "a file compressed with xz",
    b"\x28\xb5\x2f\xfd": "a file compressed with zstd",
    b"7z\xbc\xaf": "a 7z archive",
    b"SQLite format 3": "an SQLite database",
    b"\xd0\xcf\x11\xe0": "a document of Excel or Word",
}
_MARKUP: Final[Mapping[str, str]] = {
    r"<(rss|feed|rdf:rdf)\b": "an RSS or Atom feed",
    r"<(urlset|sitemapindex)\b": "a sitemap",
    r"<(!doctype\s+html|html|head|body|div|p|h1|article)\b": "an HTML page",
}
_ENCODINGS = ("windows-1251", "koi8-r", "cp866", "mac-cyrillic")
_SIGN: Final = re.compile(
    r'"(?P<name>[^"\\]*+(?:\\.[^"\\]*+)*+)"\s*+:|"[^"\\]*+(?:\\.[^"\\]*+)*+"'
    r"|(?P<list>\[(?=\s*+\{))|[\[\]{}]",
    re.DOTALL,
)


def form_of(head: bytes, is_all: Callable[[], bool]) -> Form:
    """The form, by the first bytes that are no white space, as many as were there.

    `is_all` tells whether nothing follows. Raises ArticleRefused with what it seems to be.
    """
    if head.startswith(b"<"):
        _refuse_markup(head)
    _refuse_bytes(head)
    text = head.decode("utf-8", "replace").lstrip()
    match text[:1]:
        case "":
            return Form.LINES
        case "[":
            return Form.VALUES
        case "{":
            _refuse_wrapped(text, is_all)
            return Form.VALUES if _goes_over_lines(text) else Form.LINES
    if any(line.lstrip().startswith("{") for line in text.splitlines()):
        return Form.LINES  # one of the lines is wrong, and is told with its number
    _refuse_text(text)
    return Form.LINES


def _refuse_bytes(head: bytes) -> None:
    for magic, what in _MAGIC.items():
        if head.startswith(magic):
            how = "decompress it once" if head[:2] == b"\x1f\x8b" else "unpack it"
            raise ArticleRefused("", f"this looks like {what}", f"{how}; {READS}")
    if head[:2] in {b"\xff\xfe", b"\xfe\xff"} or 0 < head[:4].count(0) < len(head[:4]):
        order = "LE" if head[:1] == b"\xff" or head[1:2] == b"\0" else "BE"
        width = 32 if head[:4].count(0) > 2 or head[2:4] == b"\0\0" else 16
        _refuse_encoding(f"UTF-{width}{order}")
    letters = sum(byte > 127 for byte in head)
    if letters > 100 and letters * 10 > len(head):
        known = len(head.decode("utf-8", "ignore").encode()) - (len(head) - letters)
        best = max(_ENCODINGS, key=lambda name: _russian(head, name))
        if known * 10 < letters < 2 * _russian(head, best):
            _refuse_encoding(best)


def _refuse_encoding(name: str) -> None:
    cure = f"convert it to UTF-8: iconv -f {name.upper()} -t UTF-8 FILE | poisk load -"
    raise ArticleRefused("", f"this looks like text in {name}, not UTF-8", cure)


def _russian(head: bytes, encoding: str) -> int:
    """Small Russian letters: read by another table most of them are capitals or signs."""
    return sum("а" <= letter <= "я" for letter in head.decode(encoding, "replace"))


def _refuse_markup(head: bytes) -> NoReturn:
    start = head[:20_000].decode("latin-1").lower()
    for pattern, what in _MARKUP.items():
        if re.search(pattern, start):
            raise ArticleRefused("", f"this looks like {what}", READS)
    raise ArticleRefused("", "this looks like XML", READS)


def _refuse_text(text: str) -> None:
    lines = [line for line in text.splitlines() if line.strip()]
    for sign, name in ((",", "commas"), (";", "semicolons"), ("\t", "tabs")):
        rows = list(csv.reader(lines[:2], delimiter=sign))
        names = [name.strip() for name in rows[0]]
        if len(lines) > 1 and len(rows) == 2 and 1 < len(names) == len(rows[1]):
            shown = clean(", ".join(names))[:200]
            cause = f"this looks like CSV with {name} and the columns {shown}"
            raise ArticleRefused("", cause, READS)
    if len(lines) > 1 or not lines[0].startswith(("null", "true", "false")):
        raise ArticleRefused("", "not JSON", READS)
    raise ArticleRefused("", "not a JSON object", READS)


def _goes_over_lines(text: str) -> bool:
    """Whether lines are not articles: the first ends amid one, or has two."""
    line = text.partition("\n")[0].rstrip()
    if line.endswith(("{", "[", ",", ":")):
        return True
    try:
        _, end = json.JSONDecoder().raw_decode(line)
    except (ValueError, RecursionError):
        return False
    return line[end:].lstrip().startswith("{")


def _refuse_wrapped(text: str, is_all: Callable[[], bool]) -> None:
    """Refuses {"total": 2, "articles": [{…}, …]}: one object, no article, that holds the list."""
    within: list[str] = []
    path, name, ends = "", "", False
    for found in _SIGN.finditer(text):
        sign = found[0]
        if ends:
            return  # another object follows: it is a line among lines
        if sign in "{[":
            if found["list"] and not path and "[" not in within:
                path = ".".join([*within, name])
            within.append(name if sign == "{" else "[")
        elif sign in "}]":
            del within[-1:]
            ends = not within
        elif found["name"] is not None:
            name = found["name"]
            if len(within) == 1 and field_of(name) == "id":
                return
    if path and (not ends or is_all()):
        path = clean(path.removeprefix("."))[:200]
        cure = f"send only that list: jq -c '.{path}[]' FILE | poisk load -"
        raise ArticleRefused("", f"this is one object, with a list of articles in {path!r}", cure)
