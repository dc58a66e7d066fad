# cython: language_level=3
"""Arrays of unsigned integers of 1, 2, 4 or 8 bytes, as a segment's sections are."""

from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t


ctypedef struct Unsigned:
    # `data` stays valid while the array that it was taken from does
    const void *data
    int width


cdef inline Unsigned unsigned(object array) except *:
    """The items of a one-dimensional contiguous array; signed ones must not be negative."""
    cdef const uint8_t[::1] view
    cdef Unsigned items
    items.width = array.itemsize
    items.data = NULL
    if len(array):
        view = array.view("u1")
        items.data = &view[0]
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
