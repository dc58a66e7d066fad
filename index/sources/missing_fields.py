"""What to say where no article has an id or a text: which fields there are, which may be meant."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from index.article import clean
from index.sources.field_names import field_of

_FIELDS = 40
_LETTERS = 1_000
_ID_NAME: Final = re.compile(
    r"(?:^|[^a-zа-я])(?:id|ид|guid|uuid|key|ключ|code|код|nid|pk|no|num|number|номер|slug)(?:$|[^a-zа-я])"
    r"|(?:id|ID|Id)$"
)
_ADDRESS: Final = re.compile(r"https?://\S+$")


class MissingFields:
    """Sees the objects of a file, as long as all of them lack the same; guesses what it is called.

    `advice` puts a guess into words: (article's field, theirs).
    """

    def __init__(self, advice: Callable[[str, str], str]) -> None:
        self._advice = advice
        self._lacking: str | None = None
        self.seen = 0
        self._names: dict[str, None] = {}
        self._values: defaultdict[str, list[str]] = defaultdict(list)

    def see(self, values: Mapping[str, Any], fields: Mapping[str, Any]) -> bool:
        """One object more, and the article's fields in it; whether all lack the same so far."""
        lacking = _lacking(values, fields)
        if not self.seen:
            self._lacking = lacking
        self.seen += 1
        if self._lacking is None or lacking != self._lacking:
            self._lacking = None
            return False
        for name, value in values.items():
            if len(self._names) < _FIELDS:
                self._names[name] = None
            scalar = isinstance(value, str | int) and not isinstance(value, bool)
            if name in self._names and scalar:
                self._values[name].append(str(value)[:_LETTERS])
        return True

    def cure(self, cure: str, stopped: bool) -> str:
        """What to do, after the last of them; `stopped` says that more may follow."""
        parts = [cure]
        if self._lacking:
            guesses = [self._advice(field, clean(theirs)) for field, theirs in self._guesses()]
            names = ", ".join(map(clean, self._names))[:500]
            parts = [*(guesses or parts), f"the fields in it are {names}"]
        if stopped:
            parts.append(
                f"the first {self.seen} articles all have this error, so the rest was not read"
            )
        return "; ".join(parts)

    def _guesses(self) -> Iterator[tuple[str, str]]:
        """(article's field, theirs) for what is missing."""
        if self._lacking == "id":
            theirs = max(self._full(), key=self._like_id, default="")
            if theirs and self._like_id(theirs) > 0:
                yield "id", theirs
            return
        lengths = {name: self._length(name) for name in self._full() if not field_of(name)}
        body = max(lengths, key=lengths.__getitem__, default="")
        titles = [
            name for name, length in lengths.items() if 15 <= length < min(200, lengths[body])
        ]
        if titles:
            yield "title", max(titles, key=lengths.__getitem__)
        if body and lengths[body] >= 15:
            yield "body", body

    def _full(self) -> Iterator[str]:
        """Fields that every object has."""
        for name, values in self._values.items():
            if len(values) == self.seen and all(values):
                yield name

    def _like_id(self, name: str) -> float:
        """Over 0 where the values differ on every line, and they or the name look like an id."""
        values = self._values[name]
        if len(set(values)) < len(values):
            return 0
        named = 3.0 if _ID_NAME.search(name) or _ID_NAME.search(name.lower()) else 0.0
        if all(map(_ADDRESS.match, values)):
            return named + 2
        if any(len(value) > 100 or " " in value for value in values):
            return 0
        return named or (1.0 if field_of(name) == "" and self.seen > 1 else 0.0)

    def _length(self, name: str) -> float:
        """Letters on average; of what is one word, none: that is no text."""
        values = self._values[name]
        return sum(len(value) for value in values if " " in value) / max(1, len(values))


def _lacking(values: Mapping[str, Any], fields: Mapping[str, Any]) -> str | None:
    """`id`, `title` where there is no text at all, "" where there is no object; None: nothing."""
    if not values:
        return ""
    if "id" not in fields:
        return "id"
    return None if fields.keys() & {"title", "lead", "body"} else "title"
