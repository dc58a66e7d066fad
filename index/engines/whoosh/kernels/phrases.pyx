# cython: language_level=3, boundscheck=False, wraparound=False
"""Where the parts of a phrase stand one after another in the articles of a segment."""

import numpy as np

from libc.stdint cimport UINT64_MAX, int64_t, uint32_t, uint64_t
from libc.stdlib cimport free, malloc, realloc
from libc.string cimport memcpy

from index.engines.whoosh.kernels.group cimport Group, Posting, Run, Term
from index.engines.whoosh.kernels.unsigned cimport Unsigned, item, lower, unsigned

cdef Py_ssize_t _HELD = 20_000
"""Steps that are done before other threads may go on: a few hundredths of a millisecond."""


ctypedef struct Variant:
    Term term
    # the term's first posting that was not passed
    Py_ssize_t next
    # its posting in the article that was reached, if it is there
    Posting posting
    bint here


def find(
    Group group,
    fields,
    bint exact,
    parts,
    Py_ssize_t slop,
    Py_ssize_t most,
    Py_ssize_t size,
    among,
    live,
):
    """The articles with a phrase, ascending, and how often it ends in each field: a row each.

    `fields` are numbers of fields, and with `exact` forms count only. A part is the ordinals of
    its variants. The first `most` positions of a variant in a field count. Articles are below
    `size`, those in `among`, ascending, and those that are up in `live`; None: all.
    """
    cdef _Phrase phrase = _Phrase(group, fields, exact, parts, slop, most)
    cdef Unsigned some, flags
    cdef Py_ssize_t bound = phrase.fewest
    some.data = flags.data = NULL
    if among is not None:
        some = unsigned(among)
        bound = min(bound, some.length)
    if live is not None:
        flags = unsigned(live)
        size = min(size, flags.length)
    doc_ids, counts = np.empty(bound, np.int64), np.empty((bound, len(fields)), np.int64)
    cdef int64_t[::1] doc_ids_view = doc_ids
    cdef int64_t[:, ::1] counts_view = counts
    if bound and not phrase.go(some, flags, size, doc_ids_view, counts_view, _HELD):
        with nogil:
            while not phrase.go(some, flags, size, doc_ids_view, counts_view, _HELD):
                pass
    return doc_ids[: phrase.found], counts[: phrase.found]


cdef class _Phrase:
    """A phrase that is sought article by article."""

    cdef Group _group
    cdef Variant *_variants
    # part p has the variants from _firsts[p] to _firsts[p + 1]; _order: rare parts first
    cdef Py_ssize_t *_firsts
    cdef Py_ssize_t *_order
    cdef Py_ssize_t _parts
    cdef Py_ssize_t *_fields
    cdef Py_ssize_t _field_count, _slop, _most
    cdef bint _exact
    # where the phrase, as far as it was sought, ends; where the next part stands; a spare one
    cdef uint32_t *_ends
    cdef uint32_t *_stands
    cdef uint32_t *_spare
    cdef Py_ssize_t _room
    # the next article to look at, its index in the list of articles at the earliest
    cdef uint64_t _wanted
    cdef Py_ssize_t _index
    # the articles that may have it are no more than `fewest`; so many were found
    cdef readonly Py_ssize_t fewest, found

    def __cinit__(self, Group group, fields, bint exact, parts, Py_ssize_t slop, most):
        cdef Py_ssize_t number, part
        self._group, self._exact, self._slop, self._most = group, exact, slop, most
        self._parts, self._field_count = len(parts), len(fields)
        self._variants = <Variant *> _new(sum(map(len, parts)) * sizeof(Variant))
        self._firsts = <Py_ssize_t *> _new((self._parts + 1) * sizeof(Py_ssize_t))
        self._order = <Py_ssize_t *> _new(self._parts * sizeof(Py_ssize_t))
        self._fields = <Py_ssize_t *> _new(self._field_count * sizeof(Py_ssize_t))
        for number, field in enumerate(fields):
            self._fields[number] = field
            if not 0 <= field < group.fields:
                raise IndexError(field)
        number = 0
        for part, ordinals in enumerate(parts):
            self._firsts[part] = number
            for ordinal in ordinals:
                self._variants[number].term = group.term(ordinal)
                self._variants[number].next = 0
                number += 1
        self._firsts[self._parts] = number
        self._sort()

    def __dealloc__(self):
        free(self._variants)
        free(self._firsts)
        free(self._order)
        free(self._fields)
        free(self._ends)
        free(self._stands)
        free(self._spare)

    cdef void _sort(self) noexcept:
        """Rare parts first."""
        cdef Py_ssize_t part, place
        for part in range(self._parts):
            place = part
            while place and self._postings_of(self._order[place - 1]) > self._postings_of(part):
                self._order[place] = self._order[place - 1]
                place -= 1
            self._order[place] = part
        self.fewest = self._postings_of(self._order[0]) if self._parts else 0

    cdef Py_ssize_t _postings_of(self, Py_ssize_t part) noexcept:
        cdef Py_ssize_t number, count = 0
        for number in range(self._firsts[part], self._firsts[part + 1]):
            count += self._variants[number].term.doc_ids.length
        return count

    cdef bint go(
        self,
        Unsigned among,
        Unsigned live,
        Py_ssize_t size,
        int64_t[::1] doc_ids,
        int64_t[:, ::1] counts,
        Py_ssize_t steps,
    ) except -1 nogil:
        """Goes on for so many steps; whether it came to the end. A step is a position or more."""
        cdef uint64_t reached
        while steps > 0:
            if among.data != NULL:
                self._index = lower(among, self._index, self._wanted)
                if self._index == among.length:
                    return True
                self._wanted = item(among, self._index)
            reached = self._reached()
            if reached >= <uint64_t> size:
                return True
            steps -= self._parts
            if reached > self._wanted:
                self._wanted = reached
                continue
            if live.data == NULL or item(live, reached):
                steps -= self._count(counts[self.found])
                if self._ends_here(counts[self.found]):
                    doc_ids[self.found] = reached
                    self.found += 1
            self._wanted += 1
        return False

    cdef uint64_t _reached(self) noexcept nogil:
        """The first article from the wanted one on that may have all parts."""
        cdef Py_ssize_t number, place, part
        cdef uint64_t doc_id, least
        cdef Variant *variant
        for place in range(self._parts):
            part, least = self._order[place], UINT64_MAX
            for number in range(self._firsts[part], self._firsts[part + 1]):
                variant = &self._variants[number]
                variant.next = lower(variant.term.doc_ids, variant.next, self._wanted)
                variant.here = False
                if variant.next < variant.term.doc_ids.length:
                    doc_id = item(variant.term.doc_ids, variant.next)
                    variant.here = doc_id == self._wanted
                    least = min(least, doc_id)
            if least > self._wanted:
                return least
        return self._wanted

    cdef Py_ssize_t _count(self, int64_t[::1] counts) except -1 nogil:
        """Counts in each field where the phrase ends in the article that was reached.

        Returns how many positions were read.
        """
        cdef Py_ssize_t number, field, part, ends, stands, read = 0
        cdef Variant *variant
        for number in range(self._firsts[self._parts]):
            variant = &self._variants[number]
            if variant.here:
                variant.posting = self._group.posting(variant.term.posting + variant.next)
        for field in range(self._field_count):
            counts[field] = 0
            if not self._all_parts_in(self._fields[field]):
                continue
            ends = self._read(0, self._fields[field])
            read += ends
            self._ends, self._stands = self._stands, self._ends
            for part in range(1, self._parts):
                stands = self._read(part, self._fields[field])
                read += stands
                ends = self._keep_next(ends, stands)
                self._ends, self._stands = self._stands, self._ends
            counts[field] = ends
        return read

    cdef bint _ends_here(self, int64_t[::1] counts) noexcept nogil:
        cdef Py_ssize_t field
        for field in range(self._field_count):
            if counts[field]:
                return True
        return False

    cdef bint _all_parts_in(self, Py_ssize_t field) noexcept nogil:
        """Whether each part has a variant in the field of the article that was reached."""
        cdef Py_ssize_t number, part
        cdef Run run
        for part in range(self._parts):
            for number in range(self._firsts[part], self._firsts[part + 1]):
                if self._variants[number].here:
                    run = self._run(number, field)
                    if run.begin < run.end:
                        break
            else:
                return False
        return True

    cdef Run _run(self, Py_ssize_t number, Py_ssize_t field) noexcept nogil:
        cdef Variant *variant = &self._variants[number]
        cdef Run run = self._group.run(variant.term, variant.posting, field)
        run.end = min(run.end, run.begin + self._most)
        return run

    cdef Py_ssize_t _read(self, Py_ssize_t part, Py_ssize_t field) except -1 nogil:
        """Reads where a part stands in a field of the article that was reached; how often."""
        cdef Py_ssize_t number, count = 0
        cdef Run run
        for number in range(self._firsts[part], self._firsts[part + 1]):
            if self._variants[number].here:
                run = self._run(number, field)
                self._make_room(count + run.end - run.begin)
                count = self._merge(count, run)
        return count

    cdef Py_ssize_t _merge(self, Py_ssize_t count, Run run) noexcept nogil:
        """Adds a run's positions to those that were read of its part, each once."""
        cdef Unsigned positions = self._group.positions
        cdef Py_ssize_t known = 0, merged = 0
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
