# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""The words of a batch → its terms, and the postings of each: see write/build.py."""

import numpy as np

from cpython.dict cimport PyDict_GetItemWithError, PyDict_SetItem
from cpython.object cimport PyObject
from cpython.tuple cimport PyTuple_GET_ITEM, PyTuple_GET_SIZE

from libc.stdint cimport int64_t, uint8_t, uint32_t

cdef extern from "Python.h":
    const char *PyUnicode_AsUTF8AndSize(object text, Py_ssize_t *size) except NULL
    int PyUnicode_KIND(object text)
    void *PyUnicode_DATA(object text)
    Py_UCS4 PyUnicode_READ(int kind, void *data, Py_ssize_t index) nogil

cdef enum:
    FORM = 0  # the fields of a Word
    LEMMAS = 1
    MOST = 127  # occurrences in a field that a key has room for: see combinations.py


def lemmas(list words):
    """The terms of the words, each with its number, in the order in which they appear.

    Then for each word how many terms it has, the numbers of all of these, and which are forms.
    """
    cdef dict numbers = {}
    cdef Py_ssize_t count = len(words), size = 0, place, index, at = 0
    for word in words:
        size += PyTuple_GET_SIZE(<object> PyTuple_GET_ITEM(word, LEMMAS))
    counts, flat, is_form = (
        np.empty(count, np.int64), np.empty(size, np.int64), np.empty(size, np.uint8)
    )
    cdef int64_t[::1] counted = counts, numbered = flat
    cdef uint8_t[::1] forms = is_form
    cdef PyObject *known
    for place in range(count):
        word = words[place]
        form, terms = <object> PyTuple_GET_ITEM(word, FORM), <object> PyTuple_GET_ITEM(word, LEMMAS)
        counted[place] = PyTuple_GET_SIZE(terms)
        for index in range(counted[place]):
            term = <object> PyTuple_GET_ITEM(terms, index)
            known = PyDict_GetItemWithError(numbers, term)
            if known is NULL:
                numbered[at] = len(numbers)
                PyDict_SetItem(numbers, term, numbered[at])
            else:
                numbered[at] = <int64_t> <object> known
            forms[at] = term is form or term == form
            at += 1
    return numbers, counts, flat, is_form.view(np.bool_)


def lengths(terms):
    """How many bytes of UTF-8 each of the terms has."""
    found = np.empty(len(terms), np.int64)
    cdef int64_t[::1] sizes = found
    cdef Py_ssize_t number = 0, place, size
    cdef int kind
    cdef void *data
    cdef Py_UCS4 letter
    for term in terms:
        kind, data = PyUnicode_KIND(term), PyUnicode_DATA(term)
        size = len(<str> term)
        sizes[number] = size
        for place in range(size):
            letter = PyUnicode_READ(kind, data, place)
            sizes[number] += (letter > 0x7F) + (letter > 0x7FF) + (letter > 0xFFFF)
        number += 1
    return found


cdef class Sorted:
    """The postings of a group, by term, then doc id.

    `terms` are the ordinals of those that have any, `posting_counts` and `position_counts` theirs;
    `doc_ids`, `counts` (of
    positions) and `keys` (of combinations) one for each posting; `positions` are as a segment has
    them. `long` are postings with more occurrences than a key has room for, and the cells of each.
    """

    cdef readonly object terms, posting_counts, position_counts, doc_ids, counts, keys, long, positions


def sort(
    const uint32_t[::1] words, const uint32_t[::1] positions, runs, terms, Py_ssize_t size, digits
):
    """Sorts the occurrences of a batch's words by their terms, of which there are `size`.

    `runs` are (doc ids, fields, numbers of words); `terms` are, of all words, (where each one's
    terms start, the terms, which are forms). `digits` are those of combinations.py.
    """
    cdef const uint32_t[::1] run_doc_ids = runs[0], run_fields = runs[1], run_counts = runs[2]
    cdef const int64_t[::1] starts = terms[0], lemmas = terms[1]
    cdef const uint8_t[::1] forms = terms[2].view(np.uint8)
    cdef Py_ssize_t run, word, end, lemma, occurrence, term, written
    cdef int64_t total = 0, place
    cdef uint32_t doc_id
    begins = np.zeros(size + 1, np.int64)
    cdef int64_t[::1] next = begins
    with nogil:
        for word in range(words.shape[0]):
            for lemma in range(starts[words[word]], starts[words[word] + 1]):
                next[lemmas[lemma]] += 1
        for term in range(size + 1):
            total, next[term] = total + next[term], total
    ends = begins.copy()
    cdef int64_t[::1] first = begins
    next = ends
    all_doc_ids, all_places = np.empty(total, np.uint32), np.empty(total, np.int64)
    cdef uint32_t[::1] doc_ids = all_doc_ids
    cdef int64_t[::1] places = all_places
    with nogil:
        word = 0
        for run in range(run_counts.shape[0]):
            doc_id = run_doc_ids[run]
            end = word + run_counts[run]
            while word < end:
                for lemma in range(starts[words[word]], starts[words[word] + 1]):
                    term = lemmas[lemma]
                    occurrence = next[term]
                    place = <int64_t> run_fields[run] << 33 | <int64_t> positions[word] << 1
                    place |= forms[lemma]
                    if (
                        occurrence > first[term]
                        and doc_ids[occurrence - 1] == doc_id
                        and places[occurrence - 1] ^ place <= 1
                    ):
                        places[occurrence - 1] |= place
                        continue
                    doc_ids[occurrence], places[occurrence] = doc_id, place
                    next[term] = occurrence + 1
                word += 1
    return _postings(begins, ends, all_doc_ids, all_places, digits)


cdef Sorted _postings(begins, ends, all_doc_ids, all_places, digits):
    """The postings of the occurrences: a term's are those between its begin and its end."""
    cdef const int64_t[::1] first = begins, last = ends, places = all_places, digit = digits
    cdef const uint32_t[::1] doc_ids = all_doc_ids
    cdef Py_ssize_t size = len(begins) - 1, term, occurrence, posting = -1, written = 0, count
    cdef Py_ssize_t before
    cdef uint8_t cell
    position_counts = (ends - begins)[:size]
    total = int(position_counts.sum())
    posting_counts = np.zeros(size, np.int64)
    new_doc_ids, counts = np.empty(total, np.uint32), np.zeros(total, np.uint32)
    keys, positions = np.zeros(total, np.int64), np.empty(total, np.uint32)
    cells = np.empty(total, np.uint8)
    cdef int64_t[::1] of_term = posting_counts, key = keys
    cdef uint32_t[::1] new_doc_id = new_doc_ids, of_posting = counts, position = positions
    cdef uint8_t[::1] all_cells = cells
    with nogil:
        for term in range(size):
            before = posting
            for occurrence in range(first[term], last[term]):
                if posting == before or doc_ids[occurrence] != new_doc_id[posting]:
                    posting += 1
                    new_doc_id[posting] = doc_ids[occurrence]
                cell = <uint8_t> (places[occurrence] >> 33 << 1 | places[occurrence] & 1)
                of_posting[posting] += 1
                key[posting] += digit[cell]
                all_cells[written] = cell
                position[written] = <uint32_t> places[occurrence]
                written += 1
            of_term[term] = posting - before
    count = posting + 1
    found = Sorted()
    found.terms = np.flatnonzero(posting_counts)
    found.posting_counts = posting_counts.take(found.terms)
    found.position_counts = position_counts.take(found.terms)
    found.doc_ids, found.counts, found.positions = new_doc_ids[:count], counts[:count], positions
    found.keys = keys[:count]
    long = np.flatnonzero(found.counts > MOST).tolist()
    ends_of = found.counts.cumsum(dtype=np.int64) if long else ()
    found.long = [(one, cells[ends_of[one] - counts[one] : ends_of[one]]) for one in long]
    return found
