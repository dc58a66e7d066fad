# cython: language_level=3, boundscheck=False, wraparound=False
"""The lemmas of the words that pymorphy3's dictionary has: see index/analysis/dictionary.py.

Its words are a DAWG (dawgdic's format): units of 32 bits, then a guide of two bytes a unit, the
labels of its first child and of its next sibling. After a word and a separator stand, in Base64,
the number of a paradigm and the index of the form in it, 16 bits each.
"""

from string import ascii_lowercase, ascii_uppercase, digits

from cpython.list cimport PyList_Append

import numpy as np

from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t
from libc.string cimport memcmp, memcpy

cdef extern from "Python.h":
    int PyUnicode_KIND(object text)
    void *PyUnicode_DATA(object text)
    str PyUnicode_FromKindAndData(int kind, const void *data, Py_ssize_t size)

cdef enum:
    LETTERS = 128  # of a word at most
    LEMMA = 512  # of a lemma, with what the longest rule adds
    LEMMAS = 64  # of a word at most
    PAYLOAD = 6  # characters of Base64 that have all bits of a value; padding follows
    SEPARATOR = 1
    YO = 0x451
    YE = 0x435

cdef uint8_t _DIGITS[256]


cdef int _fill_digits() except -1:
    for number, letter in enumerate(ascii_uppercase + ascii_lowercase + digits + "+/"):
        _DIGITS[<Py_ssize_t> ord(letter)] = number
    return 0


_fill_digits()


cdef struct Text:
    Py_ssize_t size
    uint16_t letters[LEMMA]


cdef struct Found:
    # the word and its lemmas so far, ё as е, each once; how many readings, whether they had room
    Py_ssize_t count, readings
    bint all_names, fits
    Text lemmas[LEMMAS]


cdef class Lookup:
    """Finds words of small Russian letters; е may stand for ё."""

    cdef const uint32_t[::1] _units
    cdef const uint8_t[::1] _guide
    cdef const uint16_t[::1] _paradigms, _suffixes, _prefixes
    cdef const uint32_t[::1] _paradigm_ends, _suffix_ends, _prefix_ends
    cdef const uint8_t[::1] _names
    cdef Found _found

    def __init__(self, words, paradigms, suffixes, prefixes, names):
        size = int(np.frombuffer(words, np.uint32, 1)[0])
        self._units = np.frombuffer(words, np.uint32, size, 4)
        self._guide = np.frombuffer(words, np.uint8, 2 * size, 8 + 4 * size)
        self._paradigm_ends = _ends(paradigms)
        self._paradigms = np.concatenate([np.zeros(0, np.uint16), *paradigms]).astype(np.uint16)
        self._suffix_ends, self._suffixes = _ends(suffixes), _letters(suffixes)
        self._prefix_ends, self._prefixes = _ends(prefixes), _letters(prefixes)
        self._names = np.array(names, np.uint8)
        self._check()

    cdef int _check(self) except -1:
        """Raises ValueError where a paradigm has numbers that nothing has."""
        cdef Py_ssize_t number, place, start, count
        for number in range(self._paradigm_ends.shape[0] - 1):
            start = self._paradigm_ends[number]
            count = (self._paradigm_ends[number + 1] - start) // 3
            for place in range(start, start + count):
                if (
                    self._paradigms[place] + 1 >= self._suffix_ends.shape[0]
                    or self._paradigms[place + count] >= self._names.shape[0]
                    or self._paradigms[place + 2 * count] + 1 >= self._prefix_ends.shape[0]
                ):
                    raise ValueError(f"paradigm {number} is damaged")
        return 0

    def terms(self, str word):
        """The word, ё as е, then its other lemmas, and whether all its readings are names.

        None where the dictionary does not have it, or has more of it than there is room for here.
        """
        cdef Found *found = &self._found
        cdef Text text
        cdef Text *lemma
        cdef Py_ssize_t place
        cdef list terms = []
        text.size = len(word)
        if text.size > LETTERS or PyUnicode_KIND(word) != 2:
            return None
        memcpy(text.letters, PyUnicode_DATA(word), text.size * sizeof(uint16_t))
        memcpy(&found.lemmas[0], &text, sizeof(Py_ssize_t) + text.size * sizeof(uint16_t))
        _fold(&found.lemmas[0])
        found.count, found.readings, found.all_names, found.fits = 1, 0, True, True
        self._similar(&text, 0, 0)
        if not found.readings or not found.fits:
            return None
        for place in range(found.count):
            lemma = &found.lemmas[place]
            PyList_Append(terms, PyUnicode_FromKindAndData(2, lemma.letters, lemma.size))
        return terms, found.all_names

    cdef inline uint32_t _follow(self, uint32_t unit, uint8_t label) noexcept:
        """The unit that a label leads to from one; 0 where there is none."""
        cdef uint32_t base = self._units[unit]
        cdef uint32_t there = unit ^ ((base >> 10) << ((base & 0x200) >> 6)) ^ label
        if there >= self._units.shape[0] or self._units[there] & 0x800000FF != label:
            return 0
        return there

    cdef inline uint32_t _follow_letter(self, uint32_t unit, uint16_t letter) noexcept:
        """The same for a letter, two bytes of UTF-8."""
        unit = self._follow(unit, 0xC0 | letter >> 6)
        return self._follow(unit, 0x80 | letter & 0x3F) if unit else 0

    cdef void _similar(self, Text *word, Py_ssize_t place, uint32_t unit) noexcept:
        """Finds the word first as it is spelled, then with ё for each е from a place on."""
        cdef uint32_t units[LETTERS + 1]
        cdef Py_ssize_t reached = place, at
        units[place] = unit
        while reached < word.size:
            unit = self._follow_letter(units[reached], word.letters[reached])
            if not unit:
                break
            reached += 1
            units[reached] = unit
        if reached == word.size:
            unit = self._follow(units[reached], SEPARATOR)
            if unit:
                self._add_readings(word, unit, 0, 0)
            reached -= 1
        for at in range(place, reached + 1):
            if word.letters[at] == YE:
                unit = self._follow_letter(units[at], YO)
                if unit:
                    word.letters[at] = YO
                    self._similar(word, at + 1, unit)
                    word.letters[at] = YE

    cdef void _add_readings(self, Text *word, uint32_t unit, uint64_t value, int depth) noexcept:
        """Adds the lemmas of all values below a unit, in order."""
        cdef uint8_t label
        cdef uint32_t child
        if depth == PAYLOAD:
            self._add(word, value >> 20 & 0xFFFF, value >> 4 & 0xFFFF)
            return
        label = self._guide[2 * unit]
        while label:
            child = self._follow(unit, label)
            if not child:
                return
            self._add_readings(word, child, value << 6 | _DIGITS[label], depth + 1)
            label = self._guide[2 * child + 1]

    cdef void _add(self, Text *word, uint32_t number, uint32_t index) noexcept:
        """Adds the lemma of a form: its paradigm, by number, and its index in that."""
        cdef Found *found = &self._found
        cdef Text *lemma = &found.lemmas[found.count]
        cdef uint32_t start, count
        cdef Py_ssize_t place
        if number + 1 >= self._paradigm_ends.shape[0]:
            return
        start = self._paradigm_ends[number]
        count = (self._paradigm_ends[number + 1] - start) // 3
        if index >= count:
            return
        found.readings += 1
        found.all_names = found.all_names and self._names[self._paradigms[start + count + index]]
        if not self._make(word, start, count, index, lemma):
            found.fits = False
            return
        _fold(lemma)
        for place in range(found.count):
            if lemma.size == found.lemmas[place].size and not memcmp(
                lemma.letters, found.lemmas[place].letters, lemma.size * sizeof(uint16_t)
            ):
                return
        if found.count == LEMMAS - 1:
            found.fits = False
        else:
            found.count += 1

    cdef bint _make(
        self, Text *word, uint32_t start, uint32_t count, uint32_t index, Text *lemma
    ) noexcept:
        """The lemma of the form with this index in a paradigm; False where it has no room."""
        cdef uint32_t suffix = self._paradigms[start + index]
        cdef uint32_t prefix = self._paradigms[start + 2 * count + index]
        cdef Py_ssize_t first = 0, last = word.size
        lemma.size = 0
        if index:  # the first form is the lemma
            first = self._prefix_ends[prefix + 1] - self._prefix_ends[prefix]
            last -= self._suffix_ends[suffix + 1] - self._suffix_ends[suffix]
            prefix = self._paradigms[start + 2 * count]
            if not _put(lemma, self._prefixes, self._prefix_ends, prefix):
                return False
        if last > first:
            memcpy(&lemma.letters[lemma.size], &word.letters[first], (last - first) * 2)
            lemma.size += last - first
        return not index or _put(lemma, self._suffixes, self._suffix_ends, self._paradigms[start])


cdef void _fold(Text *text) noexcept:
    """Makes ё е."""
    cdef Py_ssize_t place
    for place in range(text.size):
        if text.letters[place] == YO:
            text.letters[place] = YE


cdef bint _put(
    Text *lemma, const uint16_t[::1] letters, const uint32_t[::1] ends, uint32_t number
) noexcept:
    """Adds one of some texts to a lemma; False where it has no room, LETTERS more than it."""
    cdef Py_ssize_t size = ends[number + 1] - ends[number]
    if lemma.size + size > LEMMA - LETTERS:
        return False
    if size:
        memcpy(&lemma.letters[lemma.size], &letters[ends[number]], size * sizeof(uint16_t))
        lemma.size += size
    return True


def _ends(texts):
    """Where each of some sequences starts in all of them together, and where the last one ends."""
    sizes = np.array([0, *map(len, texts)], np.uint32)
    return sizes.cumsum(dtype=np.uint32)


def _letters(texts):
    """The letters of some texts together."""
    return np.frombuffer("".join(texts).encode("utf-16-le"), np.uint16)
