# cython: language_level=3, boundscheck=False, wraparound=False
"""Keys of names: see index/analysis/names.py."""

from libc.stdint cimport uint8_t
from libc.string cimport memset

cdef extern from "Python.h":
    int PyUnicode_KIND(object text)
    void *PyUnicode_DATA(object text)
    Py_UCS4 PyUnicode_READ(int kind, void *data, Py_ssize_t index) nogil
    str PyUnicode_FromKindAndData(int kind, const void *data, Py_ssize_t size)

cdef enum:
    LETTERS = 128  # of a word at most
    LONGEST = 4  # letters of a sound
    SOUNDS = 64
    TABLE = 0x460  # Latin letters and those of Russian


cdef struct Sound:
    Py_ssize_t size
    Py_UCS4 letters[LONGEST]
    uint8_t key[2]


cdef class Keys:
    """Makes keys by a table of sounds: letters → one letter of the key, or two."""

    cdef Sound _sounds[SOUNDS]
    cdef int _count
    cdef uint8_t _first[TABLE]  # 1 + the first sound in the table that begins with a letter
    cdef str _vowels, _stem
    cdef Py_ssize_t _shortest

    def __init__(self, sounds, vowels, shortest, stem):
        self._vowels, self._shortest, self._stem = vowels, shortest, stem
        self._count = len(sounds)
        memset(self._first, 0, sizeof(self._first))
        for number, spelled in enumerate(sorted(sounds, key=lambda sound: (sound[0], -len(sound)))):
            self._set(&self._sounds[<int> number], spelled, sounds[spelled])
            if not self._first[<Py_ssize_t> ord(spelled[0])]:
                self._first[<Py_ssize_t> ord(spelled[0])] = number + 1

    cdef int _set(self, Sound *sound, str spelled, str key) except -1:
        sound.size = len(spelled)
        for place in range(len(spelled)):
            sound.letters[<int> place] = ord(spelled[place])
        sound.key[0] = ord(key[0])
        sound.key[1] = ord(key[1]) if len(key) > 1 else 0
        return 0

    def of(self, str form, lemmas):
        """The keys of a name, each once: by its lemmas in Russian, by its form in English."""
        cdef Py_UCS4 letter
        cdef bint latin = False
        for letter in form:
            if 0x400 <= letter <= 0x4FF:
                return self._unique([word for word in lemmas if not word.startswith(self._stem)])
            latin = latin or 0x61 <= letter <= 0x7A or 0xDF <= letter <= 0x24F
        return self._unique([form.removesuffix("'s")]) if latin else ()

    cdef tuple _unique(self, list words):
        cdef list keys = []
        for word in words:
            key = self.key(word)
            if key and key not in keys:
                keys.append(key)
        return tuple(keys)

    def key(self, str word):
        """The key of one lower-case word; "" where too little of it is left."""
        cdef Py_UCS4 letters[LETTERS + LONGEST]
        cdef uint8_t key[2 * LETTERS + 1]
        cdef Py_ssize_t size = len(word), place, count = 0, begin
        cdef int kind = PyUnicode_KIND(word)
        cdef void *data = PyUnicode_DATA(word)
        cdef const Sound *sound
        if not size or size > LETTERS:
            return ""
        for place in range(size):
            letters[place] = PyUnicode_READ(kind, data, place)
        memset(&letters[size], 0, LONGEST * sizeof(Py_UCS4))
        for place in range(size):
            if letters[place] == u"c" and letters[place + 1] in (u"e", u"i", u"y"):
                letters[place] = u"s"
        if PyUnicode_READ(kind, data, 0) in self._vowels:
            key[0] = u"a"
            count = 1
        begin, place = count, 0
        while place < size:
            sound = self._sound(&letters[place])
            if sound is NULL:
                place += 1
                continue
            place += sound.size
            count = _put(key, begin, count, sound.key[0])
            if sound.key[1]:
                count = _put(key, begin, count, sound.key[1])
        return PyUnicode_FromKindAndData(1, key, count) if count >= self._shortest else ""

    cdef const Sound *_sound(self, const Py_UCS4 *letters) noexcept:
        """The longest sound that begins here; NULL where none does."""
        cdef int number, place
        cdef const Sound *sound
        if letters[0] >= TABLE or not self._first[letters[0]]:
            return NULL
        for number in range(self._first[letters[0]] - 1, self._count):
            sound = &self._sounds[number]
            if sound.letters[0] != letters[0]:
                return NULL
            place = 1
            while place < sound.size and sound.letters[place] == letters[place]:
                place += 1
            if place == sound.size:
                return sound
        return NULL


cdef inline Py_ssize_t _put(uint8_t *key, Py_ssize_t begin, Py_ssize_t count, uint8_t letter) noexcept:
    """Adds a letter to a key, unless it is the one before; how many letters the key has then."""
    if count > begin and key[count - 1] == letter:
        return count
    key[count] = letter
    return count + 1
