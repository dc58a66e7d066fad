"""HTML in an article's texts, read as the text that a browser shows.

Why no library: on hostile texts of some hundred kilobytes selectolax (lexbor) and lxml take
minutes, and html.parser of Python before 3.11.14 does (`<!--` or `<div>` again and again). No tree
is needed here, so this goes over the text once, holds no nesting, and takes of the standard library
what HTML calls its characters (`html.unescape`).
"""

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from index.schema import TEXTS

HtmlMode = Literal["auto", "always", "never"]
"""Which texts are HTML: those that look so, all, none."""


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_LINES: Final = _names(
    "address article aside blockquote body caption center dd details dialog div dl dt fieldset "
    "figcaption figure footer form h1 h2 h3 h4 h5 h6 header hgroup hr html legend li main menu nav "
    "ol option p pre section summary table tbody tfoot thead title tr ul"
)
"""Elements that stand on lines of their own."""
_HIDDEN: Final = _names(
    "audio canvas head iframe math noscript object script select style svg template textarea video"
)
"""Elements whose content is no text of the article's."""
_CODE: Final = frozenset({"script", "style", "iframe"})
_OTHERS: Final = _names(
    "a abbr acronym b base bdi bdo big br button cite code col colgroup data del dfn em embed font "
    "nofollow noindex noframes marquee blink frame frameset slot search "
    "i img input ins kbd label link map mark meta nobr output param picture q rp rt ruby s samp "
    "small source span strike strong sub sup td th time track tt u var wbr"
)
_FIELDS: Final = (*(field.name for field in TEXTS if not field.many), "image_credit")
_LABELS: Final = tuple(field.name for field in TEXTS if field.many)

_ATTRIBUTES = r"""(?:[^<>"']++|"[^"]*+"|'[^']*+')*+"""
_TAG: Final = re.compile(rf"<(/?)([a-zA-Z][a-zA-Z0-9:-]*+)(?=[\s/>])({_ATTRIBUTES}(?=>)|[^<>]*+)>")
_NOTE: Final = re.compile(r"<!--(?:-?>|.*?(?:-->|\Z))|<[!?][a-zA-Z\[][^<>]*+>", re.DOTALL)
_ENTITY: Final = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,31});")
_WHITE: Final = re.compile(r"[ \t\r\n\f]+")
_AROUND_LINES: Final = re.compile(r" *\n[ \n\t]*")


@dataclass(slots=True)
class Markup:
    """Reads the texts of articles, and counts the articles in which something was HTML."""

    reading: HtmlMode = "auto"
    count: int = 0

    def plain(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        """The fields of an article, of which those that hold HTML are text now."""
        read = dict(fields)
        if self.reading == "never":
            return read
        for name in _FIELDS:
            if isinstance(value := fields.get(name), str):
                read[name] = self._text(value)
        for name in _LABELS:
            value = fields.get(name)
            if isinstance(value, str):
                read[name] = self._text(value)
            elif isinstance(value, list):
                read[name] = [self._text(one) if isinstance(one, str) else one for one in value]
        self.count += read != fields
        return read

    def _text(self, value: str) -> str:
        if "<" not in value and "&" not in value:
            return value
        if self.reading == "always" or looks_like_html(value):
            return text_of(value)
        return _unescaped(value)


def text_of(markup: str) -> str:
    """The text of HTML: paragraphs, rows and items as lines, cells with a tab between."""
    pieces: list[str] = []
    lined = at = 0
    while (found := markup.find("<", at)) >= 0:
        pieces.append(markup[at:found])
        tag = _TAG.match(markup, found)
        if not tag:
            note = _NOTE.match(markup, found)
            at = note.end() if note else found + 1
            pieces.append("" if note else "<")
            continue
        name, at = tag[2].lower(), tag.end()
        if name in _HIDDEN and not tag[1] and not tag[3].endswith("/"):
            at = _end_of(name, markup, at)
            pieces.append(" ")
        elif name in _LINES or name == "br":
            pieces.append("\0")
            lined += 1
        elif name in {"td", "th"} and not tag[1]:
            pieces.append("\1")
        elif not (
            tag[1] or "=" in tag[3] or name in _OTHERS or name in _HIDDEN or {"-", ":"} & set(name)
        ):
            pieces.append(tag[0])  # List<String>; but <banner id="1"> and </dv> are no text
    pieces.append(markup[at:])
    return _laid_out("".join(pieces), bool(lined))


def _laid_out(text: str, lined: bool) -> str:
    """White space as a browser lays it out; line ends stay where nothing else makes lines."""
    if lined:
        text = _WHITE.sub(" ", text)
    text = text.replace("\0", "\n").replace("\1", "\t")
    text = _unescaped(text).replace("\xa0", " ")
    if lined:
        text = _AROUND_LINES.sub("\n", text)
        text = re.sub(r" *\t[ \t]*", "\t", text)
    return text.strip()


def _end_of(name: str, markup: str, at: int) -> int:
    """Where a hidden element ends; one that is left open hides the rest, as in a browser."""
    found = re.compile(rf"</{name}\b[^<>]*+>", re.IGNORECASE).search(markup, at)
    return found.end() if found else len(markup)


def _unescaped(text: str) -> str:
    """The text with its entities as characters; those without a semicolon stay: ?a=1&copy=2."""
    return _ENTITY.sub(lambda found: html.unescape(found[0]), text)


def looks_like_html(text: str) -> bool:
    """Whether a text is HTML rather than one that writes of tags, or of what is less than what.

    It is where an element is closed that begins and ends at words, as <b>word</b>, or stands on
    lines of its own, as <p>; where <br> ends a line; where a script or a comment stands.
    "The tag <b> makes words bold, until </b>" is no HTML.
    """
    opened: dict[str, bool] = {}
    at = 0
    while (found := text.find("<", at)) >= 0:
        tag = _TAG.match(text, found)
        if not tag:
            if _NOTE.match(text, found):
                return True
            at = found + 1
            continue
        name, at = tag[2].lower(), tag.end()
        before, after = text[found - 1 : found], text[at : at + 1]
        if name in {"br", "hr"}:
            if _ends_line(before, after):
                return True
        elif name == "img":
            if "=" in tag[3]:
                return True
        elif name in _LINES or name in _OTHERS or name in _HIDDEN:
            if not tag[1]:
                at_word = after not in {"", " "} or before in {"", "\n", ">"}
                opened[name] = opened.get(name, False) or at_word or name in _CODE
            elif opened.get(name) and (before != " " or after in {"", "\n", "<"} or name in _CODE):
                return True
    return False


def _ends_line(before: str, after: str) -> bool:
    quoted = before in set("\"'«“„(`")
    return not quoted and (before.strip() != "" or after in {"\n", "<"} or after.isalnum())
