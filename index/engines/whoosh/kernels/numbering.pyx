# cython: language_level=3, boundscheck=False, wraparound=False
"""The words of a batch, each with its number."""

from cpython.array cimport array, resize_smart
from cpython.list cimport PyList_Append
from cpython.object cimport PyObject

from libc.stdint cimport uint32_t, uintptr_t
from libc.stdlib cimport calloc, free

cdef enum:
    FIRST_SIZE = 1 << 16


cdef struct Entry:
    PyObject *word
    uint32_t number


cdef class Numbering:
    """Words by identity: they are numbered as they appear."""

    cdef readonly list words
    cdef Entry *_entries
    cdef size_t _mask

    def __cinit__(self):
        self.words = []
        self._entries = <Entry *> calloc(FIRST_SIZE, sizeof(Entry))
        self._mask = FIRST_SIZE - 1
        if self._entries is NULL:
            raise MemoryError

    def __dealloc__(self):
        free(self._entries)

    def add(self, words, array numbers):
        """Adds the number of each of the words to an array of unsigned integers."""
        cdef Py_ssize_t end = len(numbers)
        cdef Entry *entry
        resize_smart(numbers, end + len(words))
        for word in words:
            entry = self._find(<PyObject *> word)
            if entry.word is NULL:
                entry.word, entry.number = <PyObject *> word, <uint32_t> len(self.words)
                PyList_Append(self.words, word)  # so that it lives as long as its entry
            numbers.data.as_uints[end] = entry.number
            end += 1
            if 2 * <size_t> len(self.words) > self._mask:
                self._grow()

    cdef inline Entry *_find(self, PyObject *word) noexcept:
        cdef size_t place = (<uintptr_t> word >> 4) * <size_t> 0x9E3779B97F4A7C15ull >> 20
        place &= self._mask
        while self._entries[place].word is not NULL and self._entries[place].word is not word:
            place = (place + 1) & self._mask
        return &self._entries[place]

    cdef int _grow(self) except -1:
        """Doubles the table."""
        cdef size_t size = 2 * (self._mask + 1)
        cdef Entry *larger = <Entry *> calloc(size, sizeof(Entry))
        cdef Entry *entry
        cdef uint32_t number = 0
        if larger is NULL:
            raise MemoryError
        free(self._entries)
        self._entries, self._mask = larger, size - 1
        for word in self.words:
            entry = self._find(<PyObject *> word)
            entry.word, entry.number = <PyObject *> word, number
            number += 1
        return 0
