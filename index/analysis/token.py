"""A token: a word of a text, where it stands, and the terms it becomes."""

from typing import NamedTuple


class Token(NamedTuple):
    """A word as it stands in a text: `text[start:end] == surface`.

    `form` is the surface normalised (lower case, ё as е, no soft hyphens, no
    stress marks): its term in the exact space. `lemmas` are the terms it meets
    other forms in; `form` is among them. Several tokens may share a `position`:
    `Ту-154` stands there whole, then in parts.
    """

    surface: str
    start: int
    end: int
    position: int
    form: str
    lemmas: tuple[str, ...]
