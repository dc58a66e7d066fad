# cython: language_level=3, boundscheck=False, wraparound=False
"""Which hits come first."""

import numpy as np

from libc.stdint cimport INT64_MAX, INT64_MIN, int64_t, uint64_t
from libc.stdlib cimport free, malloc

from index.engines.whoosh.kernels.unsigned cimport Unsigned, item, unsigned


cdef struct Hit:
    float score
    # the least comes first
    int64_t time
    Py_ssize_t index


def first(doc_ids, const float[::1] scores, const int64_t[::1] dates, Py_ssize_t wanted, bint oldest):
    """The indices of the first `wanted` articles, by score, then by date: the newest first.

    `scores` are those of the articles, None: all the same; `dates` are by doc id. None where two
    of the first, or the last and the next, are as good as each other: they are told apart by
    more than what is known here.
    """
    cdef Unsigned articles = unsigned(doc_ids)
    cdef Py_ssize_t count = min(wanted + 1, articles.length), index
    cdef Hit *hits
    cdef int64_t[::1] places
    cdef bint apart
    if scores is not None and len(scores) != articles.length:
        raise ValueError("not one score for each article")
    hits = <Hit *> malloc((count + 1) * sizeof(Hit))
    if hits == NULL:
        raise MemoryError
    try:
        with nogil:
            find_first(articles, scores, dates, oldest, hits, count)
            apart = all_apart(hits, count)
        if not apart:
            return None
        found = np.empty(min(wanted, count), np.int64)
        places = found
        for index in range(len(found)):
            places[index] = hits[index].index
    finally:
        free(hits)
    return found


cdef void find_first(
    Unsigned articles, const float[::1] scores, const int64_t[::1] dates, bint oldest, Hit *hits,
    Py_ssize_t count,
) noexcept nogil:
    """The first so many hits, best first; until all are read, a heap with the last of them on top."""
    cdef Py_ssize_t index
    cdef Hit hit
    hit.score = 0
    for index in range(articles.length):
        if scores is not None:
            hit.score = scores[index]
            if index >= count and hit.score < hits[0].score:
                continue
        hit.time = time_of(item(articles, index), dates, oldest)
        hit.index = index
        if index < count:
            rise(hits, index, hit)
        elif before(hit, hits[0]):
            sink(hits, count, hit)
    for index in range(count - 1, 0, -1):
        hit = hits[index]
        hits[index] = hits[0]
        sink(hits, index, hit)


cdef inline int64_t time_of(uint64_t doc_id, const int64_t[::1] dates, bint oldest) noexcept nogil:
    """A key of which the least is the first; of an article without a date, INT64_MIN, the last."""
    cdef int64_t moment = dates[doc_id] if doc_id < <uint64_t> dates.shape[0] else INT64_MIN
    if oldest:
        return INT64_MAX if moment == INT64_MIN else moment
    return ~moment


cdef inline bint before(Hit one, Hit other) noexcept nogil:
    if one.score != other.score:
        return one.score > other.score
    return one.time < other.time


cdef inline void rise(Hit *heap, Py_ssize_t place, Hit hit) noexcept nogil:
    """Puts a hit into the free last place of a heap."""
    cdef Py_ssize_t parent
    while place:
        parent = (place - 1) // 2
        if not before(heap[parent], hit):
            break
        heap[place] = heap[parent]
        place = parent
    heap[place] = hit


cdef inline void sink(Hit *heap, Py_ssize_t count, Hit hit) noexcept nogil:
    """Puts a hit in place of the top of a heap of so many."""
    cdef Py_ssize_t place = 0, child = 1
    while child < count:
        if child + 1 < count and before(heap[child], heap[child + 1]):
            child += 1
        if not before(hit, heap[child]):
            break
        heap[place] = heap[child]
        place, child = child, 2 * child + 1
    heap[place] = hit


cdef inline bint all_apart(const Hit *hits, Py_ssize_t count) noexcept nogil:
    cdef Py_ssize_t index
    for index in range(count - 1):
        if not before(hits[index], hits[index + 1]):
            return False
    return True
