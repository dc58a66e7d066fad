# cython: language_level=3, boundscheck=False, wraparound=False
"""A field group of a segment: its postings and positions, as other kernels read them."""

import numpy as np

cimport cython
from libc.stdint cimport uint32_t, uint64_t

from index.engines.whoosh.kernels.unsigned cimport item, part, unsigned


@cython.final
cdef class Group:
    """Sections of a segment's file. What is read of them is checked, a term at a time.

    `frequencies` has a row for each field and a column for each combination.
    """

    def __init__(
        self, starts, position_starts, doc_ids, combinations, offsets, blocks, positions, frequencies
    ):
        cdef const uint32_t[:, ::1] rows
        # the sections hold what the pointers point to
        self._starts, self._position_starts = starts, position_starts
        self._sections = (doc_ids, combinations, offsets, blocks, positions)
        self.starts, self.position_starts = unsigned(starts), unsigned(position_starts)
        self.doc_ids = unsigned(doc_ids.unchecked)
        self.combinations = unsigned(combinations.unchecked)
        self.offsets = unsigned(offsets.unchecked)
        self.blocks = unsigned(blocks.unchecked)
        self.positions = unsigned(positions.unchecked)
        self.terms = max(0, min(self.starts.length, self.position_starts.length) - 1)
        self.most = min(len(doc_ids), len(combinations), len(offsets), len(blocks) << 3)
        self.fields, self.table = frequencies.shape
        if self.fields > 32:
            raise ValueError("more fields than bits")
        bits = 1 << np.arange(self.fields)
        self._table = np.zeros((self.table, self.fields + 2), np.uint32)
        self._table[:, 0] = bits @ (frequencies > 0)
        np.cumsum(frequencies.T, axis=1, out=self._table[:, 2:])
        if self.table:
            rows = self._table
            self.rows = &rows[0, 0]
        self.checked = np.zeros(self.terms, np.uint8)

    cdef Term term(self, Py_ssize_t ordinal) except *:
        """The postings of the term with this ordinal, checked."""
        cdef Term term
        cdef Py_ssize_t end
        if not 0 <= ordinal < self.terms:
            raise IndexError(ordinal)
        end = bounded(item(self.starts, ordinal + 1), self.most)
        term.posting = bounded(item(self.starts, ordinal), end)
        term.doc_ids = part(self.doc_ids, term.posting, end)
        term.last = bounded(item(self.position_starts, ordinal + 1), self.positions.length)
        term.first = bounded(item(self.position_starts, ordinal), term.last)
        if not self.checked[ordinal]:
            self.check(ordinal, term)
        return term

    cdef int check(self, Py_ssize_t ordinal, Term term) except -1:
        cdef Py_ssize_t end = term.posting + term.doc_ids.length
        doc_ids, combinations, offsets, blocks, positions = self._sections
        for section in (doc_ids, combinations, offsets):
            section.part(term.posting, end)
        blocks.part(term.posting >> 3, (end + 7) >> 3)
        positions.part(term.first, term.last)
        self.checked[ordinal] = 1
        return 0


cdef inline Py_ssize_t bounded(uint64_t number, Py_ssize_t most) noexcept nogil:
    """The number, at most `most`."""
    return <Py_ssize_t> number if number < <uint64_t> most else most
