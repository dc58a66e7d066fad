"""The notes of an answer: what is not as the query text asked for it."""

from enum import StrEnum


class Note(StrEnum):
    """How the query text was read, if not as typed; how hits are shown, if not in full."""

    CUT = "cut"  # more words than are searched for: only the first MAX_WORDS were used
    IGNORED = "ignored"  # signs that say nothing where they stand were left out
    AS_WORDS = "as_words"  # signs that cannot be read as such are words
    RELAXED = "relaxed"  # no article has all the words: most must match
    OPENINGS = "openings"  # snippets took too long: the last hits show the opening of the article
