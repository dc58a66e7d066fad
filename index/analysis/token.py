"""A word and the terms it becomes; a token: a word of a text, and where it stands."""

from typing import NamedTuple


class Token(NamedTuple):
    """A word as it stands in a text: `text[start:end] == surface`.

    `form` is the surface normalised (lower case, ё as е, no soft hyphens, no
    stress marks): its term in the exact field. `lemmas` are the terms it meets
    other forms in; `form` is among them. Several tokens may share a `position`:
    `Ту-154` stands there whole, then in parts.
    """

    surface: str
    start: int
    end: int
    position: int
    form: str
    lemmas: tuple[str, ...]


class Word(NamedTuple):
    """What a word becomes wherever it stands: an analyzer keeps one for each surface.

    `form` and `lemmas` are those of its tokens, `keys` the keys of the name that it may
    be, each a word of its own. `parts` of a hyphenated word are (start, end, part), places
    in the surface.
    """

    form: str
    lemmas: tuple[str, ...]
    keys: tuple["Word", ...] = ()
    parts: tuple[tuple[int, int, "Word"], ...] = ()


def word_of(term: str) -> Word:
    """A word that becomes this term alone."""
    return Word(term, (term,))
