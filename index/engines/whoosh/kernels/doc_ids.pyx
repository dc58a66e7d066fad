# cython: language_level=3, boundscheck=False, wraparound=False
"""Sorted doc ids, compared with each other."""

import numpy as np

from libc.stdint cimport int32_t

from index.engines.whoosh.kernels.unsigned cimport Unsigned, item, unsigned


def shared(few, many):
    """Where the doc ids that are in both stand in each of them: two arrays of int32."""
    cdef Unsigned left = unsigned(few), right = unsigned(many)
    cdef Py_ssize_t lefts = len(few), rights = len(many), i = 0, j = 0, count = 0
    in_few, in_many = np.empty(min(lefts, rights), np.int32), np.empty(min(lefts, rights), np.int32)
    cdef int32_t[::1] where_few = in_few, where_many = in_many
    with nogil:
        while i < lefts and j < rights:
            if item(left, i) < item(right, j):
                i += 1
            elif item(left, i) > item(right, j):
                j += 1
            else:
                where_few[count], where_many[count] = i, j
                count, i, j = count + 1, i + 1, j + 1
    return in_few[:count], in_many[:count]
