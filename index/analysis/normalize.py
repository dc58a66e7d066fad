"""A word's form: what is left when case, stress marks and hidden characters are gone."""

import re
import unicodedata

# Soft hyphen, zero-width space and joiners, word joiner, byte order mark: pasted from layouts.
HIDDEN = "\u00ad\u200b\u200c\u200d\u2060\ufeff"
MARKS = "\u0300-\u036f"
HYPHENS = "\\-\u2010\u2011"  # escaped: these stand inside character classes
SPACES = "\u0020\u00a0\u2009\u202f"  # those that stand between thousands: 10 000
APOSTROPHES = "'\u2019\u02bc\u2018\u0060"

_HIDDEN = re.compile(f"[{HIDDEN}]")
_HYPHEN = re.compile(f"[{HYPHENS}]")
_APOSTROPHE = re.compile(f"[{APOSTROPHES}]")
_PLAIN = re.compile("[0-9a-zа-яё'.,-]+")

# Letters that look alike: Latin on the left, Cyrillic on the right. Сovid typed with a Russian С.
_LOOKALIKES = ("aceopxykmtbh", "асеорхукмтвн")
_TO_CYRILLIC = str.maketrans(*_LOOKALIKES)
_TO_LATIN = str.maketrans(*reversed(_LOOKALIKES))
_CYRILLIC = re.compile("[\u0400-\u04ff]")
_LATIN = re.compile("[a-z\u00df-\u024f]")


def lowered(surface: str) -> str:
    """Lower case, without hidden characters and stress marks; ё and й stay."""
    text = surface.lower()
    if _PLAIN.fullmatch(text):
        return text
    text = _APOSTROPHE.sub("'", _HYPHEN.sub("-", _HIDDEN.sub("", text)))
    return "".join(map(_bare, unicodedata.normalize("NFC", text)))


def _bare(letter: str) -> str:
    """The letter without its marks: á → a, ﬁ → fi; й and ё are letters of their own."""
    if letter in "йёї" or letter < "\x80":
        return letter
    decomposed = unicodedata.normalize("NFKD", letter)
    return "".join(part for part in decomposed if not unicodedata.combining(part)).lower()


def fold_yo(word: str) -> str:
    """ё as е: most Russian texts write them alike."""
    return word.replace("ё", "е")


def is_mixed(word: str) -> bool:
    """Whether Cyrillic and Latin letters stand in one word."""
    return bool(_CYRILLIC.search(word)) and bool(_LATIN.search(word))


def lookalikes(word: str) -> tuple[str, ...]:
    """The other readings of a word in one script: 1c → 1с, cовет → совет."""
    readings = (word.translate(_TO_CYRILLIC), word.translate(_TO_LATIN))
    return tuple(other for other in readings if other != word and not is_mixed(other))


def is_cyrillic(word: str) -> bool:
    return bool(_CYRILLIC.search(word))


def is_latin(word: str) -> bool:
    return bool(_LATIN.search(word))
