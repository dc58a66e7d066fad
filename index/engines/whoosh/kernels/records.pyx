# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Where words of a stored text start: see segment/record.py and segment/ascending.py."""

from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t
from libc.string cimport memcpy

cdef enum:
    REACHED = 4  # bytes, as in segment/ascending.py


ctypedef struct Gaps:
    const uint8_t *data
    Py_ssize_t count
    Py_ssize_t run
    int width


def words(
    const uint8_t[::1] record, Py_ssize_t start, Py_ssize_t end, int width, Py_ssize_t run, positions
):
    """As Record.words, of the section of a record that starts and ends there.

    Raises IndexError where the section has no such position, or the record no such section.
    """
    if not 0 <= start <= end <= len(record) or width not in (1, 2, 4) or run < 1:
        raise IndexError("no such section in a stored record")
    cdef Gaps gaps
    gaps.data = &record[start] if start < end else NULL
    gaps.width = width
    gaps.run = run
    cdef Py_ssize_t step = run * width + REACHED
    gaps.count = (end - start) // step * run + (end - start) % step // width
    cdef Py_ssize_t position, whole, summed = 0
    cdef uint64_t word = 0, last = 0
    cdef list found = []
    for position in positions:
        if not summed <= position < gaps.count:
            raise IndexError("no such position in a stored record")
        if position // run > summed // run:
            summed = position // run * run
            word = number_before(gaps, summed)
        while summed <= position:
            word += gap(gaps, summed)
            summed += 1
        if found and word == last:
            continue
        whole = position
        while whole and not gap(gaps, whole):
            whole -= 1
        found.append((whole, word))
        last = word
    return found


cdef inline uint32_t gap(Gaps gaps, Py_ssize_t index) noexcept:
    cdef const uint8_t *data = gaps.data + index * gaps.width + index // gaps.run * REACHED
    cdef uint16_t two
    cdef uint32_t four
    if gaps.width == 1:
        return data[0]
    if gaps.width == 2:
        memcpy(&two, data, 2)
        return two
    memcpy(&four, data, 4)
    return four


cdef inline uint32_t number_before(Gaps gaps, Py_ssize_t index) noexcept:
    """The number that the run before this index, which begins one, ends with."""
    cdef uint32_t number
    memcpy(&number, gaps.data + index * gaps.width + (index // gaps.run - 1) * REACHED, REACHED)
    return number
