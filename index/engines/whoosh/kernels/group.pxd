# cython: language_level=3
"""A field group of a segment: its postings and positions, as other kernels read them."""

from libc.stdint cimport uint8_t, uint32_t, uint64_t

from index.engines.whoosh.kernels.unsigned cimport Unsigned, item


ctypedef struct Term:
    # its doc ids; the first one is that of this posting of the group
    Unsigned doc_ids
    Py_ssize_t posting
    # the group's positions from `first` to `last` are the term's
    Py_ssize_t first
    Py_ssize_t last


ctypedef struct Posting:
    # a bit for each field where it has positions
    uint32_t fields
    # where its positions begin; `ends[f]` to `ends[f + 1]` from there on are those in field f.
    # After the ends stands how many of these are forms, field by field
    Py_ssize_t begin
    const uint32_t *ends


ctypedef struct Run:
    # positions that stand together: from `begin` to `end`
    Py_ssize_t begin
    Py_ssize_t end


cdef class Group:
    cdef object _starts, _position_starts, _sections, _table
    cdef Unsigned starts, position_starts, doc_ids, combinations, offsets, blocks, positions
    cdef Py_ssize_t terms, most, fields, width, table
    cdef const uint32_t *rows
    cdef uint8_t[::1] checked

    cdef Term term(self, Py_ssize_t ordinal) except *
    cdef Term consecutive(self, Py_ssize_t first, Py_ssize_t end) except *
    cdef int check(self, Term terms) except -1

    cdef inline Posting posting(self, Py_ssize_t index) noexcept nogil:
        """A posting of the group, by its index, which is that of a term."""
        cdef Posting posting
        cdef uint64_t combination = item(self.combinations, index)
        posting.fields = 0
        if combination < <uint64_t> self.table:
            posting.ends = self.rows + combination * self.width
            posting.fields = posting.ends[0]
            posting.ends += 1
            posting.begin = <Py_ssize_t> (
                item(self.blocks, index >> 3) + item(self.offsets, index)
            )
        return posting

    cdef inline Run run(self, Term term, Posting posting, Py_ssize_t field) noexcept nogil:
        """A posting's positions in one of its fields; none where they are not the term's."""
        cdef Run run
        run.begin = posting.begin + posting.ends[field]
        run.end = posting.begin + posting.ends[field + 1]
        if run.begin < term.first or run.end > term.last:
            run.begin = run.end = 0
        return run

    cdef inline Py_ssize_t forms(self, Posting posting, Py_ssize_t field) noexcept nogil:
        """How many of a posting's positions in one of its fields are forms."""
        return posting.ends[self.fields + 1 + field]
