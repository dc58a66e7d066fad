# cython: language_level=3
"""Sorted doc ids, compared with each other."""

from libc.stdint cimport uint32_t

from index.engines.whoosh.kernels.unsigned cimport Unsigned


ctypedef struct Pair:
    # where a doc id stands in two arrays
    uint32_t left, right


# The pairs of equal doc ids of two ascending arrays, how many they are. One more is written to
# than there are.
cdef Py_ssize_t find_pairs(Unsigned left, Unsigned right, Pair *pairs) noexcept nogil
