# cython: language_level=3, boundscheck=False, wraparound=False
"""Texts into words, without an object for a match: see index/analysis/tokenize.py's WORD."""

from cpython.array cimport array, clone, resize, resize_smart
from cpython.dict cimport PyDict_GetItemWithError
from cpython.list cimport PyList_Append
from cpython.object cimport PyObject
from cpython.tuple cimport PyTuple_GET_ITEM, PyTuple_GET_SIZE

from libc.stdint cimport uint8_t

from index.analysis.normalize import APOSTROPHES, HIDDEN, SPACES

cdef extern from "Python.h":
    int PyUnicode_KIND(object text)
    void *PyUnicode_DATA(object text)
    Py_UCS4 PyUnicode_READ(int kind, void *data, Py_ssize_t index) nogil
    str PyUnicode_Substring(object text, Py_ssize_t start, Py_ssize_t end)
    bint Py_UNICODE_ISALNUM(Py_UCS4 character) nogil
    bint Py_UNICODE_ISDECIMAL(Py_UCS4 character) nogil


cdef array _NUMBERS = array("I")
cdef str _JOINING = HIDDEN + APOSTROPHES + "-\u2010\u2011"
cdef str _DIVIDING = SPACES + ".,"

# What a character may be: a letter or a digit of any script, and what it may do after a word.
cdef enum:
    ALNUM = 1
    DECIMAL = 2
    JOINS = 4  # marks, hidden characters, apostrophes and hyphens go on with a word
    DIVIDES = 8  # after digits, more digits may follow: 10 000  1,5
    AFTER_ONE = 16  # after one letter: U.S.  C++  C#

cdef enum:
    TABLE = 0x2100

cdef uint8_t _KINDS[TABLE]


cdef uint8_t _kind_of(Py_UCS4 character):
    cdef uint8_t kind = 0
    if Py_UNICODE_ISALNUM(character):
        kind |= ALNUM
    if Py_UNICODE_ISDECIMAL(character):
        kind |= DECIMAL
    if character in _JOINING or 0x300 <= character <= 0x36F:
        kind |= JOINS
    if character in _DIVIDING:
        kind |= DIVIDES
    if character in ".+#":
        kind |= AFTER_ONE
    return kind


cdef int _fill_kinds() except -1:
    cdef Py_UCS4 character
    for character in range(TABLE):
        _KINDS[character] = _kind_of(character)
    return 0


_fill_kinds()


cdef inline uint8_t _kind(Py_UCS4 character):
    return _KINDS[character] if character < TABLE else _kind_of(character)


cdef inline bint _is_plain(
    int kind, void *data, Py_ssize_t size, Py_ssize_t start, Py_ssize_t end, uint8_t first
):
    """Whether the letters and digits from start to end are a word, whatever comes after."""
    cdef uint8_t after
    if end == size:
        return True
    after = _kind(PyUnicode_READ(kind, data, end))
    if not after:
        return True
    if after & JOINS:
        return False
    if after & AFTER_ONE:
        if end - start == 1:
            return False
        if (
            end - start == 2
            and PyUnicode_READ(kind, data, start) == u"P"
            and PyUnicode_READ(kind, data, start + 1) == u"h"
        ):
            return False
    if after & DIVIDES and first & DECIMAL and end + 1 < size:
        return not _kind(PyUnicode_READ(kind, data, end + 1)) & DECIMAL
    return True


def read(str text, known, match):
    """The words of a text as `known` has them, and where each starts.

    `match` is WORD.match: it is asked where letters and digits alone do not tell where a word ends.
    """
    cdef int kind = PyUnicode_KIND(text)
    cdef void *data = PyUnicode_DATA(text)
    cdef Py_ssize_t size = len(text), start = 0, end, count = 0, room = size // 6 + 8
    cdef list words = []
    cdef array starts = clone(_NUMBERS, room, False)
    cdef PyObject *word
    cdef uint8_t first
    while start < size:
        first = _kind(PyUnicode_READ(kind, data, start))
        if not first & ALNUM:
            start += 1
            continue
        end = start + 1
        while end < size and _kind(PyUnicode_READ(kind, data, end)) & ALNUM:
            end += 1
        if not _is_plain(kind, data, size, start, end, first):
            found = match(text, start)
            if found is None:
                start += 1
                continue
            end = found.end()
        surface = PyUnicode_Substring(text, start, end)
        word = PyDict_GetItemWithError(known, surface)
        PyList_Append(words, known[surface] if word is NULL else <object> word)
        if count == room:
            room *= 2
            resize(starts, room)
        starts.data.as_uints[count] = start
        count += 1
        start = end
    resize(starts, count)
    return words, starts


cdef enum:  # the fields of a Word
    FORM = 0
    KEYS = 2
    PARTS = 3


cdef inline tuple _field(object word, int field):
    return <tuple> PyTuple_GET_ITEM(word, field)


cdef inline int _append(array numbers, Py_ssize_t number) except -1:
    cdef Py_ssize_t size = len(numbers)
    resize_smart(numbers, size + 1)
    numbers.data.as_uints[size] = <unsigned int> number
    return 0


def join(
    list words, array positions, list whole, array starts, read_words, read_starts, Py_ssize_t position
):
    """Adds the words that were read to those of a field, from a position on: see analysed.py.

    Returns the position after them.
    """
    cdef Py_ssize_t start
    cdef tuple parts
    for word, start in zip(read_words, read_starts):
        if not <str> PyTuple_GET_ITEM(word, FORM):
            continue
        PyList_Append(words, word)
        PyList_Append(whole, word)
        _append(positions, position)
        _append(starts, start)
        parts = _field(word, PARTS)
        if not parts:
            position += 1
            continue
        for number, (_, _, part) in enumerate(parts):
            PyList_Append(words, part)
            _append(positions, position)
            if number:
                _append(starts, start)
            position += 1
    return position


def keys(words):
    """The keys of the words that may be names, in order."""
    cdef list found = []
    cdef tuple some
    for word in words:
        some = _field(word, KEYS)
        if PyTuple_GET_SIZE(some):
            found.extend(some)
    return found
