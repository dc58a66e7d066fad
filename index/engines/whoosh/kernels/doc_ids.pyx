# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Sorted doc ids, compared with each other."""

import numpy as np

from libc.stdint cimport int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free, malloc

from index.engines.whoosh.kernels.unsigned cimport Unsigned, item, unsigned

ctypedef fused Left:
    uint8_t
    uint16_t
    uint32_t
    uint64_t

ctypedef fused Right:
    uint8_t
    uint16_t
    uint32_t
    uint64_t

cdef extern from *:
    int count_trailing_zeros "__builtin_ctzll"(uint64_t bits) nogil

cdef int _SEEK = 8
"""From so many times more doc ids than the others on, each of the others is sought there."""
cdef int _SPARSE = 16
"""A table of all articles is worth it where it has at most so many entries a doc id."""


def shared(left, right):
    """Where the doc ids that are in both stand in each of them: two arrays of int32."""
    cdef Unsigned lefts = unsigned(left), rights = unsigned(right)
    cdef Pair *pairs = new_pairs(lefts, rights)
    cdef Py_ssize_t count, index
    try:
        with nogil:
            count = find_pairs(lefts, rights, pairs)
        in_left, in_right = np.empty(count, np.int32), np.empty(count, np.int32)
        copy_pairs(pairs, in_left, in_right)
    finally:
        free(pairs)
    return in_left, in_right


def both(left, right):
    """The doc ids that are in both, as int64."""
    cdef Unsigned lefts = unsigned(left), rights = unsigned(right)
    cdef Pair *pairs = new_pairs(lefts, rights)
    cdef Py_ssize_t count, index
    cdef int64_t[::1] doc_ids
    try:
        with nogil:
            count = find_pairs(lefts, rights, pairs)
        found = np.empty(count, np.int64)
        doc_ids = found
        for index in range(count):
            doc_ids[index] = item(lefts, pairs[index].left)
    finally:
        free(pairs)
    return found


def union(list lists not None, Py_ssize_t size):
    """The doc ids, all below `size`, that are in any of the lists, as int64."""
    cdef Py_ssize_t total = sum(map(len, lists))
    if total * _SPARSE > size:
        return _union_of_many(lists, size, min(total, size))
    joined = np.empty(0, np.int64)
    for doc_ids in sorted(lists, key=len):
        longer = np.empty(len(joined) + len(doc_ids), np.int64)
        joined = longer[: _join(unsigned(joined), unsigned(doc_ids), longer)]
    return joined


cdef _union_of_many(list lists, Py_ssize_t size, Py_ssize_t most):
    """The same by a bit for each article."""
    cdef uint64_t *bits = <uint64_t *> calloc(size // 64 + 1, sizeof(uint64_t))
    cdef Py_ssize_t count
    cdef Unsigned doc_ids
    cdef int64_t[::1] places
    if bits == NULL:
        raise MemoryError
    try:
        for some in lists:
            doc_ids = unsigned(some)
            with nogil:
                set_bits(doc_ids, bits, size)
        found = np.empty(most, np.int64)
        places = found
        with nogil:
            count = read_bits(bits, size, places)
    finally:
        free(bits)
    return found[:count]


def in_many(list lists not None, Py_ssize_t at_least, Py_ssize_t size):
    """The doc ids, all below `size`, that are in `at_least` of up to 65,535 lists, as int64."""
    cdef uint16_t *counts = <uint16_t *> calloc(size + 1, sizeof(uint16_t))
    cdef Py_ssize_t total = 0, count
    cdef Unsigned doc_ids
    cdef int64_t[::1] places
    if counts == NULL:
        raise MemoryError
    try:
        for some in lists:
            doc_ids = unsigned(some)
            total += doc_ids.length
            with nogil:
                count_each(doc_ids, counts, size)
        found = np.empty(min(size, total) + 1, np.int64)
        places = found
        with nogil:
            count = often(counts, size, at_least, places)
    finally:
        free(counts)
    return found[:count]


cdef Py_ssize_t _join(Unsigned left, Unsigned right, int64_t[::1] joined):
    with nogil:
        if right.width == 1:
            return _merge(left, <const uint8_t *> right.data, right.length, joined)
        if right.width == 2:
            return _merge(left, <const uint16_t *> right.data, right.length, joined)
        if right.width == 4:
            return _merge(left, <const uint32_t *> right.data, right.length, joined)
        return _merge(left, <const uint64_t *> right.data, right.length, joined)


cdef Py_ssize_t _merge(
    Unsigned left, const Right *right, Py_ssize_t rights, int64_t[::1] joined
) noexcept nogil:
    cdef const int64_t *lefts = <const int64_t *> left.data
    cdef Py_ssize_t i = 0, j = 0, count = 0
    cdef int64_t a, b
    while i < left.length and j < rights:
        a, b = lefts[i], <int64_t> right[j]  # no branch depends on what they are
        joined[count] = min(a, b)
        count += 1
        i += a <= b
        j += b <= a
    for i in range(i, left.length):
        joined[count] = lefts[i]
        count += 1
    for j in range(j, rights):
        joined[count] = right[j]
        count += 1
    return count


cdef Pair *new_pairs(Unsigned left, Unsigned right) except NULL:
    cdef Pair *pairs = <Pair *> malloc((min(left.length, right.length) + 1) * sizeof(Pair))
    if pairs == NULL:
        raise MemoryError
    return pairs


cdef void copy_pairs(const Pair *pairs, int32_t[::1] in_left, int32_t[::1] in_right) noexcept:
    cdef Py_ssize_t index
    for index in range(in_left.shape[0]):
        in_left[index], in_right[index] = pairs[index].left, pairs[index].right


cdef Py_ssize_t find_pairs(Unsigned left, Unsigned right, Pair *pairs) noexcept nogil:
    cdef Py_ssize_t index
    if left.data == right.data and left.length == right.length:
        for index in range(left.length):
            pairs[index].left = pairs[index].right = <uint32_t> index
        return left.length
    if left.width == 1:
        return _with_right(<const uint8_t *> left.data, left.length, right, pairs)
    if left.width == 2:
        return _with_right(<const uint16_t *> left.data, left.length, right, pairs)
    if left.width == 4:
        return _with_right(<const uint32_t *> left.data, left.length, right, pairs)
    return _with_right(<const uint64_t *> left.data, left.length, right, pairs)


cdef Py_ssize_t _with_right(
    const Left *left, Py_ssize_t lefts, Unsigned right, Pair *pairs
) noexcept nogil:
    if right.width == 1:
        return _pairs(left, lefts, <const uint8_t *> right.data, right.length, pairs)
    if right.width == 2:
        return _pairs(left, lefts, <const uint16_t *> right.data, right.length, pairs)
    if right.width == 4:
        return _pairs(left, lefts, <const uint32_t *> right.data, right.length, pairs)
    return _pairs(left, lefts, <const uint64_t *> right.data, right.length, pairs)


cdef Py_ssize_t _pairs(
    const Left *left, Py_ssize_t lefts, const Right *right, Py_ssize_t rights, Pair *pairs
) noexcept nogil:
    cdef uint64_t last
    if not lefts or not rights:
        return 0
    if lefts > _SEEK * rights or rights > _SEEK * lefts:
        return _sought(left, lefts, right, rights, pairs)
    last = min(<uint64_t> left[lefts - 1], <uint64_t> right[rights - 1])
    if last < <uint64_t> (_SPARSE * (lefts + rights)):
        return _looked_up(left, lefts, right, rights, last, pairs)
    return _merged(left, lefts, right, rights, pairs)


cdef Py_ssize_t _sought(
    const Left *left, Py_ssize_t lefts, const Right *right, Py_ssize_t rights, Pair *pairs
) noexcept nogil:
    cdef Py_ssize_t i = 0, j = 0, found = 0
    while i < lefts and j < rights:
        i = _lower(left, i, lefts, right[j])
        if i < lefts:
            j = _lower(right, j, rights, left[i])
            if j < rights and <uint64_t> left[i] == <uint64_t> right[j]:
                pairs[found].left, pairs[found].right = <uint32_t> i, <uint32_t> j
                found, i, j = found + 1, i + 1, j + 1
    return found


cdef Py_ssize_t _looked_up(
    const Left *left, Py_ssize_t lefts, const Right *right, Py_ssize_t rights, uint64_t last,
    Pair *pairs,
) noexcept nogil:
    """A table says where each doc id up to the last one stands on the left.

    It is not cleared: what it says of others is seen to be wrong (Briggs & Torczon 1993).
    """
    cdef uint32_t *table = <uint32_t *> malloc((last + 1) * sizeof(uint32_t))
    cdef Py_ssize_t i, j, found = 0
    if table == NULL:
        return _merged(left, lefts, right, rights, pairs)
    for i in range(lefts):
        if left[i] <= last:
            table[left[i]] = <uint32_t> i
    for j in range(rights):
        i = table[right[j]] if right[j] <= last else 0
        i = i if i < lefts else 0
        pairs[found].left, pairs[found].right = <uint32_t> i, <uint32_t> j
        found += <uint64_t> left[i] == <uint64_t> right[j]
    free(table)
    return found


cdef Py_ssize_t _merged(
    const Left *left, Py_ssize_t lefts, const Right *right, Py_ssize_t rights, Pair *pairs
) noexcept nogil:
    cdef Py_ssize_t i = 0, j = 0, found = 0
    cdef uint64_t a, b
    while i < lefts and j < rights:
        a, b = left[i], right[j]  # no branch depends on what they are
        pairs[found].left, pairs[found].right = <uint32_t> i, <uint32_t> j
        found += a == b
        i += a <= b
        j += a >= b
    return found


cdef inline Py_ssize_t _lower(
    const Left *items, Py_ssize_t start, Py_ssize_t length, uint64_t wanted
) noexcept nogil:
    """The first index from `start` on with no less than `wanted`; near ones are found soonest."""
    cdef Py_ssize_t end = start, step = 1, middle
    while end < length and items[end] < wanted:
        start = end + 1
        end += step
        step *= 2
    end = min(end, length)
    while start < end:
        middle = (start + end) // 2
        if items[middle] < wanted:
            start = middle + 1
        else:
            end = middle
    return start


cdef void set_bits(Unsigned doc_ids, uint64_t *bits, Py_ssize_t size) noexcept nogil:
    cdef Py_ssize_t index
    cdef uint64_t doc_id
    for index in range(doc_ids.length):
        doc_id = item(doc_ids, index)
        if doc_id < <uint64_t> size:
            bits[doc_id // 64] |= (<uint64_t> 1) << (doc_id % 64)


cdef Py_ssize_t read_bits(
    const uint64_t *bits, Py_ssize_t size, int64_t[::1] doc_ids
) noexcept nogil:
    cdef Py_ssize_t word, count = 0
    cdef uint64_t left
    for word in range(size // 64 + 1):
        left = bits[word]
        while left:
            doc_ids[count] = 64 * word + count_trailing_zeros(left)
            left &= left - 1
            count += 1
    return count


cdef void count_each(Unsigned doc_ids, uint16_t *counts, Py_ssize_t size) noexcept nogil:
    cdef Py_ssize_t index
    cdef uint64_t doc_id
    for index in range(doc_ids.length):
        doc_id = item(doc_ids, index)
        if doc_id < <uint64_t> size:
            counts[doc_id] += 1


cdef Py_ssize_t often(
    const uint16_t *counts, Py_ssize_t size, Py_ssize_t at_least, int64_t[::1] doc_ids
) noexcept nogil:
    cdef Py_ssize_t doc_id, count = 0
    for doc_id in range(size):
        doc_ids[count] = doc_id  # there is room for one more than are found
        count += counts[doc_id] >= at_least
    return count
