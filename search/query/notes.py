"""The notes of an answer about its query text."""

from enum import StrEnum


class Note(StrEnum):
    """How the query text was read, where it was not read as it was typed."""

    CUT = "cut"  # more words than are searched for: only the first MAX_WORDS were used
    IGNORED = "ignored"  # signs that say nothing where they stand were left out
    AS_WORDS = "as_words"  # signs that cannot be read as such are words
    RELAXED = "relaxed"  # no article has all the words: most must match
