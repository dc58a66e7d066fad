# cython: language_level=3, boundscheck=False, wraparound=False
"""A passage as HTML, in one pass over its characters."""

from cpython.mem cimport PyMem_Free, PyMem_Malloc
from cpython.unicode cimport (
    PyUnicode_4BYTE_KIND,
    PyUnicode_DATA,
    PyUnicode_FromKindAndData,
    PyUnicode_KIND,
    PyUnicode_READ,
)

cdef enum:
    LONGEST = 6  # characters of an escaped one: &quot;
    TAGS = 13  # characters of <mark></mark>

ctypedef struct Html:
    # `text` has room for all that is added
    Py_UCS4 *text
    Py_ssize_t size


def as_html(str passage, spans, Py_ssize_t start):
    """As `search.rendering.snippets.as_html`."""
    cdef Py_ssize_t size = len(passage), last = 0, begin, end
    cdef Html html
    html.size = 0
    html.text = <Py_UCS4 *> PyMem_Malloc((LONGEST * size + TAGS * len(spans) + 1) * sizeof(Py_UCS4))
    if html.text is NULL:
        raise MemoryError
    try:
        for begin, end in spans:
            begin = min(max(begin - start, last), size)
            end = min(max(end - start, begin), size)
            add(&html, passage, last, begin)
            add_tag(&html, b"<mark>")
            add(&html, passage, begin, end)
            add_tag(&html, b"</mark>")
            last = end
        add(&html, passage, last, size)
        return PyUnicode_FromKindAndData(PyUnicode_4BYTE_KIND, html.text, html.size)
    finally:
        PyMem_Free(html.text)


cdef void add_tag(Html *html, const char *tag) noexcept:
    while tag[0]:
        html.text[html.size] = tag[0]
        html.size += 1
        tag += 1


cdef void add(Html *html, str text, Py_ssize_t begin, Py_ssize_t end) noexcept:
    """Adds the characters, escaped, each run of spaces as one."""
    cdef int kind = PyUnicode_KIND(text)
    cdef void *data = PyUnicode_DATA(text)
    cdef Py_ssize_t index
    cdef Py_UCS4 letter
    cdef bint after_space = False
    for index in range(begin, end):
        letter = PyUnicode_READ(kind, data, index)
        if letter.isspace():
            if after_space:
                continue
            after_space = True
            letter = c" "
        else:
            after_space = False
            if letter == c"&":
                add_tag(html, b"&amp;")
                continue
            if letter == c"<":
                add_tag(html, b"&lt;")
                continue
            if letter == c">":
                add_tag(html, b"&gt;")
                continue
            if letter == c'"':
                add_tag(html, b"&quot;")
                continue
            if letter == c"'":
                add_tag(html, b"&#x27;")
                continue
        html.text[html.size] = letter
        html.size += 1
