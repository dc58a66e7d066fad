# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""The scores of words: BM25F over fields, the best variant of each word."""

import numpy as np

from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free, malloc
from libc.string cimport memset

from index.engines.whoosh.kernels.unsigned cimport Unsigned, item, unsigned

ctypedef fused Number:
    uint8_t
    uint16_t
    uint32_t
    uint64_t


cdef struct Pair:
    # an article's place among those to score, and the index of its posting
    uint32_t place, posting


cdef struct Variant:
    Unsigned doc_ids, combinations
    float weight
    # the first of the variants with the same postings, and where that one stands
    Py_ssize_t first, count
    Pair *pairs


cdef struct Word:
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


NO_FIELDS = Fields(np.zeros((0, 1), np.float32), np.zeros((0, 1), np.float32))


def add_words(float[::1] total, articles, list words not None):
    """Adds to each article's total what words score: (fields, k1, gain, factor, variants) each.

    `articles` are ascending doc ids; None: all, by doc id. The gain of a word is what its
    saturated frequency is multiplied by; its variants are (postings, weight) each.
    """
    cdef Unsigned among
    cdef bint everywhere = articles is None
    if not everywhere:
        among = unsigned(articles)
        if among.length != len(total):
            raise ValueError("not one total for each article")
    cdef Py_ssize_t count = len(total), number = len(words), variants = 0, index
    if not count or not number:
        return
    for word in words:
        variants += len(word[4])
    cdef Word *scored = <Word *> malloc(number * sizeof(Word))
    cdef Variant *found = <Variant *> malloc((variants + 1) * sizeof(Variant))
    cdef float *best = <float *> calloc(count, sizeof(float))
    cdef uint32_t *places = NULL
    cdef Pair *pairs = NULL
    try:
        if scored == NULL or found == NULL or best == NULL:
            raise MemoryError
        read_words(words, scored, found)
        if not everywhere:
            places = <uint32_t *> malloc((count + 1) * sizeof(uint32_t))
            pairs = <Pair *> malloc((pairs_of(found, variants, count) + 1) * sizeof(Pair))
            if places == NULL or pairs == NULL:
                raise MemoryError
        with nogil:
            if not everywhere:
                for index in range(count):
                    places[index] = <uint32_t> item(among, index)
                find_pairs(found, variants, places, count, pairs)
            add_all(scored, number, found, &total[0], count, best, everywhere)
    finally:
        free(scored)
        free(found)
        free(best)
        free(places)
        free(pairs)


cdef int read_words(list words, Word *scored, Variant *found) except -1:
    cdef Py_ssize_t number, variant = 0, other
    cdef Fields fields
    cdef Postings postings
    for number in range(len(words)):
        fields, k1, gain, factor, variants = words[number]
        scored[number] = Word(
            fields.frequencies, fields.weights, fields.combinations, fields.articles,
            fields.count, len(variants), k1, gain, factor,
        )
        for postings, weight in variants:
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


cdef void find_pairs(
    Variant *found, Py_ssize_t variants, const uint32_t *places, Py_ssize_t count, Pair *pairs
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
        if variant.doc_ids.width == 1:
            variant.count = shared(<const uint8_t *> variant.doc_ids.data, variant.doc_ids.length, places, count, pairs)
        elif variant.doc_ids.width == 2:
            variant.count = shared(<const uint16_t *> variant.doc_ids.data, variant.doc_ids.length, places, count, pairs)
        elif variant.doc_ids.width == 4:
            variant.count = shared(<const uint32_t *> variant.doc_ids.data, variant.doc_ids.length, places, count, pairs)
        else:
            variant.count = shared(<const uint64_t *> variant.doc_ids.data, variant.doc_ids.length, places, count, pairs)
        pairs += min(count, variant.doc_ids.length) + 1


cdef Py_ssize_t shared(
    const Number *doc_ids, Py_ssize_t length, const uint32_t *places, Py_ssize_t count, Pair *pairs
) noexcept nogil:
    """The pairs of places and postings with the same doc id; room for one more is written to."""
    cdef Py_ssize_t place = 0, posting = 0, found = 0
    cdef Number left
    cdef uint32_t right
    if length > 16 * count or count > 16 * length:
        while place < count and posting < length:
            posting = lower(doc_ids, posting, length, <Number> places[place])
            if posting < length:
                place = lower(places, place, count, <uint32_t> doc_ids[posting])
                if place < count and places[place] == doc_ids[posting]:
                    pairs[found].place, pairs[found].posting = place, posting
                    found, place, posting = found + 1, place + 1, posting + 1
        return found
    while place < count and posting < length:
        left, right = doc_ids[posting], places[place]  # no branch depends on what they are
        pairs[found].place, pairs[found].posting = place, posting
        found += left == right
        posting += left <= right
        place += left >= right
    return found


cdef inline Py_ssize_t lower(
    const Number *items, Py_ssize_t start, Py_ssize_t length, Number wanted
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


cdef void add_all(
    Word *words, Py_ssize_t number, Variant *variants, float *total, Py_ssize_t count, float *best,
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
    Word *word, Variant *variant, Py_ssize_t posting, uint64_t doc_id
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
    Word *word, Variant *variant, float *best, Py_ssize_t count
) noexcept nogil:
    cdef Py_ssize_t posting
    cdef uint64_t doc_id
    cdef float here
    for posting in range(variant.doc_ids.length):
        doc_id = item(variant.doc_ids, posting)
        if doc_id < <uint64_t> count:
            here = frequency(word, variant, posting, doc_id)
            best[doc_id] = max(best[doc_id], here)


cdef void find_best(Word *word, Variant *variant, float *best) noexcept nogil:
    cdef Py_ssize_t index
    cdef Pair pair
    cdef float here
    for index in range(variant.count):
        pair = variant.pairs[index]
        here = frequency(word, variant, pair.posting, item(variant.doc_ids, pair.posting))
        best[pair.place] = max(best[pair.place], here)


cdef void add_best(Word *word, float *total, float *best, Py_ssize_t count) noexcept nogil:
    cdef Py_ssize_t place
    cdef float k1 = word.k1, gain = word.gain, factor = word.factor
    if k1 == 0:
        for place in range(count):
            total[place] += gain * factor if best[place] > 0 else 0
    else:
        for place in range(count):
            total[place] += best[place] * gain / (best[place] + k1) * factor
    memset(best, 0, count * sizeof(float))
