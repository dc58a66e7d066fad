# cython: language_level=3, boundscheck=False, wraparound=False
"""Where the parts of a phrase stand one after another in the articles of a segment."""

import numpy as np

cimport cython
from libc.stdint cimport UINT32_MAX, UINT64_MAX, int64_t, uint32_t, uint64_t
from libc.stdlib cimport free, malloc, realloc
from libc.string cimport memcpy

from index.engines.whoosh.kernels.group cimport Group, Posting, Run, Term
from index.engines.whoosh.kernels.unsigned cimport Unsigned, item, lower, unsigned

cdef Py_ssize_t _HELD = 20_000
"""Steps that are done before other threads may go on: a tenth of a millisecond or two."""
cdef Py_ssize_t _ALL = 1 << 60


ctypedef struct Variant:
    Term term
    # the term's first posting that was not passed
    Py_ssize_t next
    # its posting in the article that was reached; of no fields if it is not there
    Posting posting


@cython.final
cdef class Search:
    """A phrase that is sought article by article in one segment.

    `fields` are numbers of fields, and with `exact` forms count only. A part is the ordinals of
    its variants. The first `most` positions of a variant in a field count. Articles are below
    `size`, those in `among`, ascending, and those that are up in `live`; None: all.
    """

    cdef Group _group
    cdef object _arrays
    cdef Variant *_variants
    # part p has the variants from _firsts[p] to _firsts[p + 1]; _order: rare parts first
    cdef Py_ssize_t *_firsts
    cdef Py_ssize_t *_order
    cdef Py_ssize_t _parts
    cdef Py_ssize_t *_fields
    cdef Py_ssize_t _field_count, _slop, _most
    cdef bint _exact
    cdef Unsigned _among, _live
    cdef bint _among_some
    cdef uint64_t _size
    # where the phrase, as far as it was sought, ends; where the next part stands; a spare one
    cdef uint32_t *_ends
    cdef uint32_t *_stands
    cdef uint32_t *_spare
    cdef Py_ssize_t _room
    # the next article to look at, and its index among all
    cdef uint64_t _wanted
    cdef Py_ssize_t _index
    # how often the phrase ends in each field of the article that was reached
    cdef int64_t *_counts
    # no more articles have it; so many were found
    cdef Py_ssize_t _bound, _found
    # what is written: either the articles found with their counts, or sums of weighted counts
    cdef int64_t *_doc_ids
    cdef int64_t *_all_counts
    cdef float *_sums
    cdef const float *_weights

    def __cinit__(
        self, Group group not None, fields, bint exact, parts, Py_ssize_t slop, Py_ssize_t most,
        Py_ssize_t size, among, live,
    ):
        cdef Py_ssize_t number = 0, part
        self._group, self._exact, self._slop, self._most = group, exact, slop, most
        self._parts, self._field_count, self._size = len(parts), len(fields), size
        self._variants = <Variant *> _new(sum(map(len, parts)) * sizeof(Variant))
        self._firsts = <Py_ssize_t *> _new((self._parts + 1) * sizeof(Py_ssize_t))
        self._order = <Py_ssize_t *> _new(self._parts * sizeof(Py_ssize_t))
        self._fields = <Py_ssize_t *> _new(self._field_count * sizeof(Py_ssize_t))
        self._counts = <int64_t *> _new(self._field_count * sizeof(int64_t))
        for part, field in enumerate(fields):
            if not 0 <= field < group.fields:
                raise IndexError(field)
            self._fields[part] = field
        for part, ordinals in enumerate(parts):
            self._firsts[part] = number
            for ordinal in ordinals:
                self._variants[number].term = group.term(ordinal)
                self._variants[number].next = 0
                number += 1
        self._firsts[self._parts] = number
        self._sort()
        self._bound = self._postings(self._order[0]) if self._parts else 0
        self._arrays = among, live
        if among is not None:
            self._among, self._among_some = unsigned(among), True
            self._bound = min(self._bound, self._among.length)
        if live is not None:
            self._live = unsigned(live)
            self._size = min(self._size, <uint64_t> self._live.length)

    def __dealloc__(self):
        free(self._variants)
        free(self._firsts)
        free(self._order)
        free(self._fields)
        free(self._counts)
        free(self._ends)
        free(self._stands)
        free(self._spare)

    def found(self):
        """The articles with the phrase, ascending, and how often it ends in each field.

        Of the latter a row for each article, a column for each field. Asked once.
        """
        doc_ids = np.empty(self._bound, np.int64)
        counts = np.empty((self._bound, self._field_count), np.int64)
        self._doc_ids = <int64_t *> unsigned(doc_ids).data
        self._all_counts = <int64_t *> unsigned(counts).data
        self._run()
        return doc_ids[: self._found], counts[: self._found]

    def add_to(self, float[::1] sums not None, const float[:, ::1] weights not None):
        """Adds to the sum of each article with the phrase how often it ends, weighted by field.

        A sum for each article in `among`, or for all; the weights are a row for each of all.
        """
        if weights.shape[1] != self._field_count:
            raise ValueError("not one weight for each field")
        if self._among_some:
            if sums.shape[0] != self._among.length:
                raise ValueError("not one sum for each article")
        else:
            self._size = min(self._size, <uint64_t> sums.shape[0])
        self._size = min(self._size, <uint64_t> weights.shape[0])
        if self._bound and self._field_count and self._size:
            self._sums, self._weights = &sums[0], &weights[0, 0]
            self._run()

    cdef int _run(self) except -1:
        if self._bound and not self._go(_HELD):
            with nogil:
                self._go(_ALL)
        return 0

    cdef bint _go(self, Py_ssize_t steps) except -1 nogil:
        """Goes on for so many steps; whether it came to the end. A step is a position or so."""
        cdef uint64_t reached
        while steps > 0:
            if self._among_some:
                self._index = lower(self._among, self._index, self._wanted)
                if self._index == self._among.length:
                    return True
                self._wanted = item(self._among, self._index)
            reached = self._reached()
            if reached >= self._size:
                return True
            steps -= self._parts
            if reached > self._wanted:
                self._wanted = reached
                continue
            if self._live.data == NULL or item(self._live, reached):
                steps -= self._count()
            self._wanted += 1
        return False

    cdef void _write(self) noexcept nogil:
        """Writes the article that was reached with its counts, or adds them up."""
        cdef Py_ssize_t field
        cdef const float *weights
        cdef float *summed
        if self._sums != NULL:
            weights = self._weights + self._wanted * self._field_count
            summed = self._sums + (self._index if self._among_some else self._wanted)
            for field in range(self._field_count):
                summed[0] += self._counts[field] * weights[field]
        elif self._found < self._bound:
            self._doc_ids[self._found] = self._wanted
            memcpy(
                self._all_counts + self._found * self._field_count,
                self._counts,
                self._field_count * sizeof(int64_t),
            )
            self._found += 1

    cdef void _sort(self) noexcept:
        """Rare parts first."""
        cdef Py_ssize_t part, place
        for part in range(self._parts):
            place = part
            while place and self._postings(self._order[place - 1]) > self._postings(part):
                self._order[place] = self._order[place - 1]
                place -= 1
            self._order[place] = part

    cdef Py_ssize_t _postings(self, Py_ssize_t part) noexcept:
        """How many postings a part has."""
        cdef Py_ssize_t number, count = 0
        for number in range(self._firsts[part], self._firsts[part + 1]):
            count += self._variants[number].term.doc_ids.length
        return count

    cdef uint64_t _reached(self) noexcept nogil:
        """The first article from the wanted one on that may have all parts."""
        cdef Py_ssize_t number, place, part
        cdef uint64_t doc_id, least
        cdef Variant *variant
        for place in range(self._parts):
            part, least = self._order[place], UINT64_MAX
            for number in range(self._firsts[part], self._firsts[part + 1]):
                variant = &self._variants[number]
                variant.next = _near(variant.term.doc_ids, variant.next, self._wanted)
                variant.posting.fields = 0
                if variant.next < variant.term.doc_ids.length:
                    doc_id = item(variant.term.doc_ids, variant.next)
                    least = min(least, doc_id)
                    if doc_id == self._wanted:
                        variant.posting = self._group.posting(
                            variant.term.posting + variant.next
                        )
            if least > self._wanted:
                return least
        return self._wanted

    cdef Py_ssize_t _count(self) except -1 nogil:
        """Counts in each field where the phrase ends in the article that was reached.

        Returns how many positions were read.
        """
        cdef Py_ssize_t number, field, part, ends, stands, read = 0
        cdef uint32_t fields = UINT32_MAX, having
        cdef bint found = False
        for part in range(self._parts):
            having = 0
            for number in range(self._firsts[part], self._firsts[part + 1]):
                having |= self._variants[number].posting.fields
            fields &= having
        for field in range(self._field_count):
            self._counts[field] = 0
            if not fields >> self._fields[field] & 1:
                continue
            ends = self._read(0, self._fields[field])
            read += ends
            for part in range(1, self._parts):
                self._ends, self._stands = self._stands, self._ends
                stands = self._read(part, self._fields[field])
                read += stands
                ends = self._keep_next(ends, stands)
            self._counts[field] = ends
            found |= ends > 0
        if found:
            self._write()
        return read

    cdef Py_ssize_t _read(self, Py_ssize_t part, Py_ssize_t field) except -1 nogil:
        """Reads where a part stands in a field of the article that was reached; how often."""
        cdef Py_ssize_t number, count = 0
        cdef Variant *variant
        cdef Run run
        for number in range(self._firsts[part], self._firsts[part + 1]):
            variant = &self._variants[number]
            if variant.posting.fields >> field & 1:
                run = self._group.run(variant.term, variant.posting, field)
                run.end = min(run.end, run.begin + self._most)
                self._make_room(count + run.end - run.begin)
                count = self._merge(count, run)
        return count

    cdef Py_ssize_t _merge(self, Py_ssize_t count, Run run) noexcept nogil:
        """Adds a run's positions to those that were read of its part, each once."""
        cdef Unsigned positions = self._group.positions
        cdef Py_ssize_t index, known = 0, merged = 0
        cdef uint32_t stored, position
        cdef uint32_t *into = self._spare if count else self._stands
        for index in range(run.begin, run.end):
            stored = <uint32_t> item(positions, index)
            if self._exact and not stored & 1:
                continue
            position = stored >> 1
            while known < count and self._stands[known] < position:
                into[merged] = self._stands[known]
                known, merged = known + 1, merged + 1
            if known < count and self._stands[known] == position:
                known += 1
            into[merged] = position
            merged += 1
        if not count:
            return merged
        memcpy(into + merged, self._stands + known, (count - known) * sizeof(uint32_t))
        self._stands, self._spare = self._spare, self._stands
        return merged + count - known

    cdef Py_ssize_t _keep_next(self, Py_ssize_t ends, Py_ssize_t stands) noexcept nogil:
        """Keeps those positions of a part that stand near enough after an end."""
        cdef Py_ssize_t index, before = 0, kept = 0
        cdef uint32_t position
        for index in range(stands):
            position = self._stands[index]
            while before < ends and self._ends[before] < position:
                before += 1
            if before and <Py_ssize_t> (position - self._ends[before - 1]) - 1 <= self._slop:
                self._stands[kept] = position
                kept += 1
        return kept

    cdef int _make_room(self, Py_ssize_t count) except -1 nogil:
        """Ensures that each list has room for so many positions."""
        if count <= self._room:
            return 0
        count = max(2 * count, 256)
        self._ends = <uint32_t *> _larger(self._ends, count * sizeof(uint32_t))
        self._stands = <uint32_t *> _larger(self._stands, count * sizeof(uint32_t))
        self._spare = <uint32_t *> _larger(self._spare, count * sizeof(uint32_t))
        self._room = count
        return 0


cdef inline Py_ssize_t _near(Unsigned doc_ids, Py_ssize_t start, uint64_t wanted) noexcept nogil:
    """As `lower`; the next eight doc ids, among which it mostly is, are compared at once."""
    cdef const uint32_t *some
    cdef uint32_t doc_id = <uint32_t> wanted
    cdef int number, below = 0
    if doc_ids.width == 4 and doc_id == wanted and start + 8 <= doc_ids.length:
        some = <const uint32_t *> doc_ids.data + start
        for number in range(8):
            below += some[number] < doc_id
        start += below
        if below < 8:
            return start
    return lower(doc_ids, start, wanted)


cdef void *_new(size_t size) except NULL:
    cdef void *memory = malloc(max(size, 1))
    if memory == NULL:
        raise MemoryError
    return memory


cdef void *_larger(void *memory, size_t size) except NULL nogil:
    cdef void *larger = realloc(memory, size)
    if larger == NULL:
        with gil:
            raise MemoryError
    return larger
