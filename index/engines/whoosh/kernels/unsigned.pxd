# cython: language_level=3
"""Arrays of unsigned integers of 1, 2, 4 or 8 bytes, as a segment's sections are."""

from cpython.buffer cimport PyBUF_SIMPLE, PyBuffer_Release, PyObject_GetBuffer
from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t


ctypedef struct Unsigned:
    # `data` stays valid while the array that it was taken from does
    const void *data
    Py_ssize_t length
    int width


cdef inline Unsigned unsigned(object array) except *:
    """The items of a contiguous array; signed ones must not be negative."""
    cdef Py_buffer buffer
    cdef Unsigned items
    PyObject_GetBuffer(array, &buffer, PyBUF_SIMPLE)
    items.data, items.width = buffer.buf, <int> buffer.itemsize
    items.length = buffer.len // buffer.itemsize
    PyBuffer_Release(&buffer)
    return items


cdef inline uint64_t item(Unsigned items, Py_ssize_t index) noexcept nogil:
    """The item at an index, which is not checked."""
    if items.width == 4:
        return (<const uint32_t *> items.data)[index]
    if items.width == 2:
        return (<const uint16_t *> items.data)[index]
    if items.width == 8:
        return (<const uint64_t *> items.data)[index]
    return (<const uint8_t *> items.data)[index]


cdef inline Unsigned part(Unsigned items, Py_ssize_t start, Py_ssize_t end) noexcept nogil:
    """The items from `start` to `end`, which are not checked."""
    items.data = <const uint8_t *> items.data + start * items.width
    items.length = end - start
    return items


cdef inline Py_ssize_t lower(Unsigned items, Py_ssize_t start, uint64_t wanted) noexcept nogil:
    """The first index from `start` on with no less than `wanted`, of ascending items.

    It is sought in steps that double, so that a near one is found at once.
    """
    cdef Py_ssize_t end = start, step = 1, middle
    while end < items.length and item(items, end) < wanted:
        start = end + 1
        end += step
        step *= 2
    end = min(end, items.length)
    while start < end:
        middle = (start + end) // 2
        if item(items, middle) < wanted:
            start = middle + 1
        else:
            end = middle
    return start
