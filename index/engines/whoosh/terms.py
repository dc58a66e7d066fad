"""A sorted table of strings in a segment: found by halving, prefixes are ranges."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator

import numpy as np

from index.engines.whoosh.container import Array, Container, ContainerWriter


def write_terms(writer: ContainerWriter, name: str, terms: Iterable[bytes]) -> int:
    """Writes sorted strings as the sections `name` and `name.ends`; returns how many."""
    ends = [0]

    def parts() -> Iterator[Array]:
        kept: list[bytes] = []
        for term in terms:
            ends.append(ends[-1] + len(term))
            kept.append(term)
            if len(kept) == 1 << 16:
                yield np.frombuffer(b"".join(kept), np.uint8)
                kept.clear()
        yield np.frombuffer(b"".join(kept), np.uint8)

    writer.add_parts(name, np.uint8, parts())
    writer.add(f"{name}.ends", np.array(ends, dtype=np.uint32 if ends[-1] < 1 << 32 else np.uint64))
    return len(ends) - 1


class TermTable:
    """The strings of the sections `name` and `name.ends`, in the order of their bytes."""

    def __init__(self, container: Container, name: str) -> None:
        self._text = container.array(name).data
        self._ends = container.array(f"{name}.ends").data
        self._size = len(self._ends) - 1

    def __len__(self) -> int:
        return self._size

    def __getitem__(self, place: int) -> bytes:
        return bytes(self._text[self._ends[place] : self._ends[place + 1]])

    def find(self, term: bytes) -> int:
        """The term's place; -1 where it is not in the table."""
        place = bisect_left(range(self._size), term, key=self.__getitem__)
        return place if place < self._size and self[place] == term else -1

    def starting(self, prefix: bytes) -> range:
        """The places of the terms that start so."""
        width = len(prefix)
        first = bisect_left(range(self._size), prefix, key=self.__getitem__)
        if not width:
            return range(first, self._size)
        text, ends = self._text, self._ends

        def beyond(place: int) -> bool:
            start = ends[place]
            return bytes(text[start : min(start + width, ends[place + 1])]) > prefix

        return range(first, bisect_left(range(self._size), True, lo=first, key=beyond))
