"""One article's JSON, read by one rule wherever it comes from: a line, an item of a list, a PUT.

The rule is that nothing is changed silently. Numbers may have any size. What JSON does not have
(NaN, bytes that are no UTF-8, raw control characters) is refused, and so is a name that stands
twice in an object: all but the last value would be lost.
"""

import json
from collections import Counter
from collections.abc import Mapping
from typing import Any, Final, NoReturn

from index.errors import ArticleRefused

MAX_ARTICLE_BYTES = 16 * 1024 * 1024
MAX_NESTING = 500
"""Brackets within brackets."""


def json_object(
    data: bytes, cure: str = "send one JSON object for each article"
) -> Mapping[str, Any]:
    """The JSON object that these bytes are. Raises ArticleRefused with the cause.

    `cure` is what to send in place of something that is no JSON object.
    """
    if len(data) > MAX_ARTICLE_BYTES:
        raise ArticleRefused(
            "", f"larger than {MAX_ARTICLE_BYTES >> 20} MiB", "split it into articles"
        )
    try:
        value = _DECODER.decode(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        cause = f"not UTF-8: byte {error.object[error.start]:#x} at {error.start + 1}"
        raise ArticleRefused("", cause, "save it as UTF-8") from error
    except json.JSONDecodeError as error:
        cause = f"not JSON: {error.msg} at character {error.pos + 1}"
        raise ArticleRefused("", cause, cure) from error
    except RecursionError as error:
        raise _too_deep(cure) from error
    except ValueError as error:  # a number of over 4300 digits
        raise ArticleRefused("", "a number is too long", "send it as a string") from error
    if not isinstance(value, dict):
        raise ArticleRefused("", "not a JSON object", cure)
    if data.count(b"[") + data.count(b"{") > MAX_NESTING and _depth_exceeds(value, MAX_NESTING):
        raise _too_deep(cure)
    return value


def _too_deep(cure: str) -> ArticleRefused:
    return ArticleRefused("", "too many nested brackets in this JSON", cure)


def _depth_exceeds(value: object, most: int) -> bool:
    """Whether lists and objects are nested deeper: how deep the decoder goes depends on Python."""
    level: list[Any] = [value]
    for _ in range(most):
        inside = (one.values() if isinstance(one, dict) else one for one in level)
        level = [one for some in inside for one in some if isinstance(one, dict | list)]
        if not level:
            return False
    return True


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        twice, _ = Counter(name for name, _ in pairs).most_common(1)[0]
        raise ArticleRefused("", f"the name {twice[:80]!r} occurs twice", "send each name once")
    return made


def _no_number(name: str) -> NoReturn:
    raise ArticleRefused("", f"not JSON: {name} is not a JSON number", "send null, or remove it")


_DECODER: Final = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_no_number)
