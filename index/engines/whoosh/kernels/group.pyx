# cython: language_level=3, boundscheck=False, wraparound=False
"""A field group of a segment: its postings and positions, as other kernels read them."""

import numpy as np

cimport cython
from libc.stdint cimport uint32_t, uint64_t
from libc.string cimport memchr, memset

from index.engines.whoosh.kernels.unsigned cimport item, part, unsigned


@cython.final
cdef class Group:
    """Sections of a segment's file. What is read of them is checked, a term at a time.

    `frequencies` has a column for each combination; a row for each field, and after them one for
    the forms in each field.
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
        self.fields, self.table = len(frequencies) // 2, frequencies.shape[1]
        self.width = 2 * self.fields + 2
        if self.fields > 32:
            raise ValueError("more fields than bits")
        by_field, forms = frequencies[: self.fields], frequencies[self.fields :]
        self._table = np.zeros((self.table, self.width), np.uint32)
        self._table[:, 0] = (1 << np.arange(self.fields)) @ (by_field > 0)
        np.cumsum(by_field.T, axis=1, out=self._table[:, 2 : self.fields + 2])
        self._table[:, self.fields + 2 :] = forms.T
        if self.table:
            rows = self._table
            self.rows = &rows[0, 0]
        self.checked = np.zeros(self.terms, np.uint8)

    cdef Term term(self, Py_ssize_t ordinal) except *:
        """The postings of the term with this ordinal, checked."""
        return self.consecutive(ordinal, ordinal + 1)

    cdef Term consecutive(self, Py_ssize_t first, Py_ssize_t end) except *:
        """The postings of the terms with the ordinals from one to another, checked."""
        cdef Term terms
        cdef Py_ssize_t last
        if not 0 <= first < end <= self.terms:
            raise IndexError(first)
        last = bounded(item(self.starts, end), self.most)
        terms.posting = bounded(item(self.starts, first), last)
        terms.doc_ids = part(self.doc_ids, terms.posting, last)
        terms.last = bounded(item(self.position_starts, end), self.positions.length)
        terms.first = bounded(item(self.position_starts, first), terms.last)
        if memchr(&self.checked[first], 0, end - first) != NULL:
            self.check(terms)
            memset(&self.checked[first], 1, end - first)
        return terms

    cdef int check(self, Term terms) except -1:
        cdef Py_ssize_t end = terms.posting + terms.doc_ids.length
        doc_ids, combinations, offsets, blocks, positions = self._sections
        for section in (doc_ids, combinations, offsets):
            section.part(terms.posting, end)
        blocks.part(terms.posting >> 3, (end + 7) >> 3)
        positions.part(terms.first, terms.last)
        return 0


cdef inline Py_ssize_t bounded(uint64_t number, Py_ssize_t most) noexcept nogil:
    """The number, at most `most`."""
    return <Py_ssize_t> number if number < <uint64_t> most else most
