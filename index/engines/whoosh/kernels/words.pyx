# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""The scores of words: BM25F over fields, the best variant of each word."""

import numpy as np

from libc.stdint cimport uint64_t
from libc.stdlib cimport calloc, free, malloc
from libc.string cimport memset

from index.engines.whoosh.kernels.doc_ids cimport Pair, find_pairs
from index.engines.whoosh.kernels.unsigned cimport Unsigned, item, unsigned

cdef struct Variant:
    Unsigned doc_ids, combinations
    float weight
    # the first of the variants with the same postings; where these and articles meet
    Py_ssize_t first, count
    Pair *pairs


cdef struct Scored:
    # a word
    const float *frequencies
    const float *weights
    Py_ssize_t combinations, articles, fields, variants
    float k1, gain, factor


cdef class Postings:
    """A term's doc ids, ascending, and the number of each one's combination of frequencies."""

    def __init__(self, doc_ids, combinations):
        self.arrays = doc_ids, combinations
        self.doc_ids, self.combinations = unsigned(doc_ids), unsigned(combinations)
        if self.doc_ids.length != self.combinations.length:
            raise ValueError("not one combination for each doc id")


cdef class Fields:
    """Some fields of a group: how often each combination stands in them, each article's weights.

    A row for each combination and article, a column for each field.
    """

    def __init__(self, const float[:, ::1] frequencies, const float[:, ::1] weights):
        if frequencies.shape[1] != weights.shape[1]:
            raise ValueError("not one weight for each field")
        self.arrays = frequencies, weights
        self.count = frequencies.shape[1]
        self.combinations, self.articles = frequencies.shape[0], weights.shape[0]
        self.frequencies = &frequencies[0, 0] if frequencies.size else NULL
        self.weights = &weights[0, 0] if weights.size else NULL


cdef class Word:
    """A word in some fields: its variants are (postings, weight) each.

    The gain is what the saturated frequency of the best variant is multiplied by.
    """

    def __init__(self, Fields fields not None, float k1, float gain, list variants not None):
        self.fields, self.k1, self.gain, self.variants = fields, k1, gain, variants


_NO_ROWS = np.zeros((0, 1), np.float32)
NO_WORD = Word(Fields(_NO_ROWS, _NO_ROWS), 0, 0, [])


def add_words(float[::1] total, articles, list words not None):
    """Adds to each article's total what words score: (word, factor) each.

    `articles` are ascending doc ids; None: all, by doc id.
    """
    cdef Unsigned among
    cdef bint everywhere = articles is None
    if not everywhere:
        among = unsigned(articles)
        if among.length != len(total):
            raise ValueError("not one total for each article")
    cdef Py_ssize_t count = len(total), number = len(words), variants = 0, index
    cdef Word word
    if not count or not number:
        return
    for word, _ in words:
        variants += len(word.variants)
    cdef Scored *scored = <Scored *> malloc(number * sizeof(Scored))
    cdef Variant *found = <Variant *> malloc((variants + 1) * sizeof(Variant))
    cdef float *best = <float *> calloc(count, sizeof(float))
    cdef Pair *pairs = NULL
    try:
        if scored == NULL or found == NULL or best == NULL:
            raise MemoryError
        read_words(words, scored, found)
        if not everywhere:
            pairs = <Pair *> malloc((pairs_of(found, variants, count) + 1) * sizeof(Pair))
            if pairs == NULL:
                raise MemoryError
        with nogil:
            if not everywhere:
                find_all_pairs(found, variants, among, pairs)
            add_all(scored, number, found, &total[0], count, best, everywhere)
    finally:
        free(scored)
        free(found)
        free(best)
        free(pairs)


cdef int read_words(list words, Scored *scored, Variant *found) except -1:
    cdef Py_ssize_t number, variant = 0, other
    cdef Word word
    cdef Fields fields
    cdef Postings postings
    for number in range(len(words)):
        word, factor = words[number]
        fields = word.fields
        scored[number] = Scored(
            fields.frequencies, fields.weights, fields.combinations, fields.articles,
            fields.count, len(word.variants), word.k1, word.gain, factor,
        )
        for postings, weight in word.variants:
            other = 0
            while other < variant and found[other].doc_ids.data != postings.doc_ids.data:
                other += 1
            found[variant] = Variant(
                postings.doc_ids, postings.combinations, weight, other, 0, NULL
            )
            variant += 1
    return 0


cdef Py_ssize_t pairs_of(Variant *found, Py_ssize_t variants, Py_ssize_t count) noexcept nogil:
    """How many pairs there are at most."""
    cdef Py_ssize_t variant, pairs = 0
    for variant in range(variants):
        if found[variant].first == variant:
            pairs += min(count, found[variant].doc_ids.length) + 1
    return pairs


cdef void find_all_pairs(
    Variant *found, Py_ssize_t variants, Unsigned among, Pair *pairs
) noexcept nogil:
    """Finds each variant's postings of the articles."""
    cdef Py_ssize_t number
    cdef Variant *variant
    for number in range(variants):
        variant = &found[number]
        if variant.first < number:
            variant.pairs, variant.count = found[variant.first].pairs, found[variant.first].count
            continue
        variant.pairs = pairs
        variant.count = find_pairs(among, variant.doc_ids, pairs)
        pairs += min(among.length, variant.doc_ids.length) + 1


cdef void add_all(
    Scored *words, Py_ssize_t number, Variant *variants, float *total, Py_ssize_t count, float *best,
    bint everywhere,
) noexcept nogil:
    """Adds the words' scores to the totals; `best` is 0 before and after each word."""
    cdef Py_ssize_t index, variant
    for index in range(number):
        for variant in range(words[index].variants):
            if everywhere:
                find_best_everywhere(&words[index], &variants[variant], best, count)
            else:
                find_best(&words[index], &variants[variant], best)
        variants += words[index].variants
        add_best(&words[index], total, best, count)


cdef inline float frequency(
    Scored *word, Variant *variant, Py_ssize_t posting, uint64_t doc_id
) noexcept nogil:
    """BM25F's frequency of a posting: the weighted sum over the fields; 0 of a broken posting."""
    cdef uint64_t combination = item(variant.combinations, posting)
    if combination >= <uint64_t> word.combinations or doc_id >= <uint64_t> word.articles:
        return 0
    cdef const float *frequencies = word.frequencies + combination * word.fields
    cdef const float *weights = word.weights + doc_id * word.fields
    cdef float summed = 0
    cdef Py_ssize_t field
    for field in range(word.fields):
        summed += frequencies[field] * weights[field]
    return summed * variant.weight


cdef void find_best_everywhere(
    Scored *word, Variant *variant, float *best, Py_ssize_t count
) noexcept nogil:
    cdef Py_ssize_t posting
    cdef uint64_t doc_id
    cdef float here
    for posting in range(variant.doc_ids.length):
        doc_id = item(variant.doc_ids, posting)
        if doc_id < <uint64_t> count:
            here = frequency(word, variant, posting, doc_id)
            best[doc_id] = max(best[doc_id], here)


cdef void find_best(Scored *word, Variant *variant, float *best) noexcept nogil:
    cdef Py_ssize_t index
    cdef Pair pair
    cdef float here
    for index in range(variant.count):
        pair = variant.pairs[index]
        here = frequency(word, variant, pair.right, item(variant.doc_ids, pair.right))
        best[pair.left] = max(best[pair.left], here)


cdef void add_best(Scored *word, float *total, float *best, Py_ssize_t count) noexcept nogil:
    cdef Py_ssize_t place
    cdef float k1 = word.k1, gain = word.gain, factor = word.factor
    if k1 == 0:
        for place in range(count):
            total[place] += gain * factor if best[place] > 0 else 0
    else:
        for place in range(count):
            total[place] += best[place] * gain / (best[place] + k1) * factor
    memset(best, 0, count * sizeof(float))
