# cython: language_level=3, boundscheck=False, wraparound=False
"""Where terms stand in the texts of hits, which are articles of one segment."""

cimport cython
from libc.stdint cimport int64_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free, malloc, qsort, realloc

from index.engines.whoosh.kernels.group cimport Group, Posting, Run, Term
from index.engines.whoosh.kernels.unsigned cimport Unsigned, item, lower, unsigned

cdef Py_ssize_t _HELD = 20_000
"""Postings or positions that are read before other threads may go on."""
cdef Py_ssize_t _SHORT = 32
"""Positions that are sorted by insertion."""


ctypedef struct Wanted:
    # terms that follow each other, a bit for each text in which they are wanted, whether as forms
    Term terms
    uint32_t texts
    bint single, exact


ctypedef struct Stand:
    # a term's positions in a cell; the first `count` of them, or of the forms among them, are read
    Py_ssize_t cell, count
    Run run
    bint exact


ctypedef struct Cell:
    # a text of a hit: how often terms stand there, and how many terms
    Py_ssize_t total, terms
    # how many positions are read, and where they are written
    Py_ssize_t used, begin, end


def match_positions(
    Group group not None, hits, wanted, fields, Py_ssize_t most, Py_ssize_t first
):
    """The positions in each cell, ascending, each once; and the cells with more than `most`.

    Of these the first positions of each term are read, `first` together or one of each. A cell
    is a text of a hit: the hit's index times the number of texts, plus the text's number.
    `hits` are doc ids, ascending; `fields` the texts' fields; `wanted` has (first ordinal, end,
    a bit for each text, whether as forms) of terms.
    """
    cdef _Reading reading = _Reading(group, hits, wanted, fields)
    if reading.postings <= _HELD:
        reading.gather()
    else:
        with nogil:
            reading.gather()
    if reading.bound(most, first) <= _HELD:
        reading.read()
    else:
        with nogil:
            reading.read()
    return reading.positions(), reading.cut(most)


@cython.final
cdef class _Reading:
    cdef Group _group
    cdef object _arrays
    cdef Unsigned _hits
    cdef Wanted *_wanted
    cdef Py_ssize_t _wanted_count
    cdef Py_ssize_t *_fields
    cdef Py_ssize_t _texts
    cdef Stand *_stands
    cdef Py_ssize_t _count, _room
    cdef Cell *_cells
    cdef Py_ssize_t _cell_count
    cdef uint32_t *_positions
    # how many postings are looked at
    cdef readonly Py_ssize_t postings

    def __cinit__(self, Group group, hits, wanted, fields):
        cdef Py_ssize_t number
        cdef Wanted *some
        self._group, self._arrays, self._hits = group, hits, unsigned(hits)
        self._texts, self._wanted_count = len(fields), len(wanted)
        self._cell_count = self._hits.length * self._texts
        self._fields = <Py_ssize_t *> _new(self._texts, sizeof(Py_ssize_t))
        self._wanted = <Wanted *> _new(self._wanted_count, sizeof(Wanted))
        self._cells = <Cell *> _new(self._cell_count, sizeof(Cell))
        for number, field in enumerate(fields):
            if not 0 <= field < group.fields:
                raise IndexError(field)
            self._fields[number] = field
        for number, (first, end, texts, exact) in enumerate(wanted):
            some = &self._wanted[number]
            some.terms, some.single = group.consecutive(first, end), end - first == 1
            some.texts, some.exact = texts, exact
            self.postings += self._hits.length if some.single else some.terms.doc_ids.length

    def __dealloc__(self):
        free(self._fields)
        free(self._wanted)
        free(self._cells)
        free(self._stands)
        free(self._positions)

    cdef int gather(self) except -1 nogil:
        """Finds where the terms stand in the hits."""
        cdef Py_ssize_t number, hit, posting
        for number in range(self._wanted_count):
            if not self._wanted[number].single:
                self._gather_several(&self._wanted[number])
                continue
            posting = 0
            for hit in range(self._hits.length):
                posting = lower(
                    self._wanted[number].terms.doc_ids, posting, item(self._hits, hit)
                )
                if posting == self._wanted[number].terms.doc_ids.length:
                    break
                if item(self._wanted[number].terms.doc_ids, posting) == item(self._hits, hit):
                    self._add(&self._wanted[number], hit, posting)
        return 0

    cdef int _gather_several(self, Wanted *wanted) except -1 nogil:
        """The same for terms that follow each other: their articles come in no order."""
        cdef Py_ssize_t hit, posting
        cdef uint64_t doc_id, bits = 0
        for hit in range(self._hits.length):
            bits |= <uint64_t> 1 << (item(self._hits, hit) & 63)
        for posting in range(wanted.terms.doc_ids.length):
            doc_id = item(wanted.terms.doc_ids, posting)
            if bits >> (doc_id & 63) & 1:  # most articles are no hits
                hit = lower(self._hits, 0, doc_id)
                if hit < self._hits.length and item(self._hits, hit) == doc_id:
                    self._add(wanted, hit, posting)
        return 0

    cdef int _add(self, Wanted *wanted, Py_ssize_t hit, Py_ssize_t index) except -1 nogil:
        """Adds where the posting with this index among the terms' stands in the hit's texts."""
        cdef Py_ssize_t text, field, count
        cdef Run run
        cdef Posting posting = self._group.posting(wanted.terms.posting + index)
        for text in range(self._texts):
            field = self._fields[text]
            if not wanted.texts >> text & posting.fields >> field & 1:
                continue
            run = self._group.run(wanted.terms, posting, field)
            count = run.end - run.begin
            if wanted.exact:
                count = min(count, self._group.forms(posting, field))
            if count:
                self._make_room()
                self._stands[self._count] = Stand(
                    hit * self._texts + text, count, run, wanted.exact
                )
                self._count += 1
        return 0

    cdef int _make_room(self) except -1 nogil:
        cdef Py_ssize_t room = max(2 * self._count, 64)
        cdef void *larger
        if self._count < self._room:
            return 0
        larger = realloc(self._stands, room * sizeof(Stand))
        if larger == NULL:
            with gil:
                raise MemoryError
        self._stands, self._room = <Stand *> larger, room
        return 0

    cdef Py_ssize_t bound(self, Py_ssize_t most, Py_ssize_t first) except -1:
        """Says how many positions of each term are read, and where they are written.

        Returns how many are looked at, forms or not.
        """
        cdef Py_ssize_t number, looked_at = 0, end = 0
        cdef Stand *stand
        cdef Cell *cell
        for number in range(self._count):
            cell = &self._cells[self._stands[number].cell]
            cell.total += self._stands[number].count
            cell.terms += 1
        for number in range(self._count):
            stand = &self._stands[number]
            cell = &self._cells[stand.cell]
            if cell.total > most:
                stand.count = min(stand.count, max(1, first // cell.terms))
                if cell.used >= most:  # of a beginning that thousands of words have
                    stand.count = 0
            cell.used += stand.count
            looked_at += stand.run.end - stand.run.begin if stand.exact else stand.count
        for number in range(self._cell_count):
            self._cells[number].begin = self._cells[number].end = end
            end += self._cells[number].used
        self._positions = <uint32_t *> _new(end, sizeof(uint32_t))
        return looked_at

    cdef void read(self) noexcept nogil:
        """Reads the positions of each cell, and sorts them."""
        cdef Py_ssize_t number
        for number in range(self._count):
            self._read(&self._stands[number], &self._cells[self._stands[number].cell])
        for number in range(self._cell_count):
            self._sort(&self._cells[number])

    cdef void _read(self, Stand *stand, Cell *cell) noexcept nogil:
        cdef Py_ssize_t index, left = stand.count
        cdef uint32_t stored
        for index in range(stand.run.begin, stand.run.end):
            if not left:
                break
            stored = <uint32_t> item(self._group.positions, index)
            if stored & 1 or not stand.exact:
                self._positions[cell.end] = stored >> 1
                cell.end += 1
                left -= 1

    cdef void _sort(self, Cell *cell) noexcept nogil:
        """Sorts a cell's positions, and keeps each once."""
        cdef uint32_t *positions = self._positions + cell.begin
        cdef Py_ssize_t index, place, count = cell.end - cell.begin
        cdef uint32_t position
        if cell.terms > 1:
            if count > _SHORT:
                qsort(positions, count, sizeof(uint32_t), _compared)
            else:
                for index in range(1, count):
                    position, place = positions[index], index
                    while place and positions[place - 1] > position:
                        positions[place] = positions[place - 1]
                        place -= 1
                    positions[place] = position
        place = 0
        for index in range(count):
            if not place or positions[index] != positions[place - 1]:
                positions[place] = positions[index]
                place += 1
        cell.end = cell.begin + place

    cdef list positions(self):
        cdef Py_ssize_t number, index
        cdef list found = []
        for number in range(self._cell_count):
            if self._cells[number].begin < self._cells[number].end:
                found.append(
                    (
                        number,
                        [
                            self._positions[index]
                            for index in range(self._cells[number].begin, self._cells[number].end)
                        ],
                    )
                )
        return found

    cdef list cut(self, Py_ssize_t most):
        cdef Py_ssize_t number
        return [
            number for number in range(self._cell_count) if self._cells[number].total > most
        ]


cdef int _compared(const void *one, const void *other) noexcept nogil:
    cdef uint32_t left = (<const uint32_t *> one)[0], right = (<const uint32_t *> other)[0]
    return (left > right) - (left < right)


cdef void *_new(size_t count, size_t size) except NULL:
    cdef void *memory = calloc(max(count, 1), size)
    if memory == NULL:
        raise MemoryError
    return memory
