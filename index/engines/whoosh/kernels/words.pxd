# cython: language_level=3
"""What a kernel knows of a term's postings, read from the arrays once."""

from index.engines.whoosh.kernels.unsigned cimport Unsigned


cdef class Postings:
    cdef Unsigned doc_ids, combinations
    cdef object arrays


cdef class Fields:
    cdef const float *frequencies
    cdef const float *weights
    cdef Py_ssize_t combinations, articles, count
    cdef object arrays


cdef class Word:
    cdef Fields fields
    cdef float k1, gain
    cdef list variants
