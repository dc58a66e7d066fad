"""Keys of names, the same in both alphabets: Рябков, Ryabkov and Riabkov meet in one."""

from collections.abc import Iterable

from index.analysis.token import Token


def name_keys(tokens: Iterable[Token]) -> list[str]:
    """The keys of the names among the tokens, in order of appearance, repeated as they recur."""
    return []
