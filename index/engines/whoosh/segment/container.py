"""A segment's file: named arrays behind a checked header, mapped into memory.

    preamble   64 bytes: magic, version, byte order, where the header is, checksums
    data       the arrays, each from a multiple of 64 bytes on
    checksums  CRC-32 of every 64 KiB of the data, as one more array
    header     JSON: {"sections": {name: [dtype, offset, count]}, "facts": {…}}

Each array is a section; a part is a stretch of its items, from one to another. A block is
checked when it is first read, so that opening reads the header alone and a flipped bit is an
error, never a wrong answer.
"""

import json
import mmap
import os
import struct
import sys
import zlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from index.engines.whoosh.segment.arrays import Array, Numbers, once
from index.errors import IndexUnavailable
from index.private import open_private

FORMAT_VERSION = 1
_MAGIC = b"POISKSEG"
_BYTE_ORDER = 0x01020304
_PREAMBLE = struct.Struct("=8sIIQQI")
"""Magic, version, byte order, the header's offset and length, its checksum; then one of these."""
_PREAMBLE_SIZE = 64
_ALIGNMENT = 64
_BLOCK_BITS = 16
_BLOCK = 1 << _BLOCK_BITS
_CHECKSUMS = "checksums"
_COPIED = 1 << 20
"""Items of a section that are copied at once."""


class ContainerWriter:
    """Writes sections one after another; none of them stays in memory."""

    def __init__(self, path: Path) -> None:
        self._file = open_private(path, "wb")
        self._file.write(bytes(_PREAMBLE_SIZE))
        self._offset = _PREAMBLE_SIZE
        self._sections: dict[str, tuple[str, int, int]] = {}
        self._checksums: list[int] = []
        self._running = 0
        self._filled = 0

    def __enter__(self) -> "ContainerWriter":
        return self

    def __exit__(self, *_error: object) -> None:
        self._file.close()

    def add(self, name: str, array: Array) -> None:
        """One whole section."""
        self.add_parts(name, array.dtype, (array,))

    def add_parts(self, name: str, dtype: npt.DTypeLike, parts: Iterable[Array]) -> None:
        """One section, given part by part."""
        kind = np.dtype(dtype)
        self._write(bytes(-self._offset % _ALIGNMENT))
        start = self._offset
        for part in parts:
            self._write(np.ascontiguousarray(part, dtype=kind).data.cast("B"))
        self._sections[name] = (kind.str, start, (self._offset - start) // kind.itemsize)

    def finish(self, facts: Mapping[str, Any]) -> None:
        """Writes the checksums, the header and the preamble, and has the file on the disk."""
        checksums = [*self._checksums, self._running] if self._filled else self._checksums
        data = np.array(checksums, dtype=np.uint32)
        start = self._offset
        self._file.write(data.tobytes())
        self._sections[_CHECKSUMS] = (data.dtype.str, start, len(data))
        header_start = start + data.nbytes
        header = json.dumps(
            {"sections": self._sections, "facts": facts, "checksums": zlib.crc32(data.tobytes())},
            ensure_ascii=False,
        ).encode()
        self._file.write(header)
        preamble = _PREAMBLE.pack(
            _MAGIC, FORMAT_VERSION, _BYTE_ORDER, header_start, len(header), zlib.crc32(header)
        )
        self._file.seek(0)
        self._file.write(preamble + zlib.crc32(preamble).to_bytes(4, sys.byteorder))
        self._file.flush()
        os.fsync(self._file.fileno())

    def _write(self, data: bytes | memoryview) -> None:
        self._file.write(data)
        self._offset += len(data)
        view = memoryview(data)
        while view:
            piece = view[: _BLOCK - self._filled]
            self._running = zlib.crc32(piece, self._running)
            self._filled += len(piece)
            view = view[len(piece) :]
            if self._filled == _BLOCK:
                self._checksums.append(self._running)
                self._running = self._filled = 0


class Container:
    """A written file, open for reading. Raises IndexUnavailable if it is damaged."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with path.open("rb") as file:
            try:
                self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            except ValueError as error:
                raise self._broken("the file is empty") from error
        header = self._header()
        self.facts: Mapping[str, Any] = header["facts"]
        self._sections: Mapping[str, tuple[str, int, int]] = header["sections"]
        _, start, count = self._sections[_CHECKSUMS]
        checksums = np.frombuffer(self._map, np.uint32, count, start)
        if zlib.crc32(checksums.data) != header["checksums"]:
            raise self._broken("the file's list of checksums is damaged")
        self._blocks = _Blocks(path, memoryview(self._map)[_PREAMBLE_SIZE:start], checksums)
        self._read: dict[str, Section] = {}

    def __contains__(self, name: str) -> bool:
        return name in self._sections

    def names(self) -> list[str]:
        """The names of the sections."""
        return [name for name in self._sections if name != _CHECKSUMS]

    def __len__(self) -> int:
        """The file's size in bytes."""
        return len(self._map)

    def section(self, name: str) -> "Section":
        """A section, to read many parts of it."""
        if name not in self._read:
            kind, offset, count = self._sections[name]
            array = np.frombuffer(self._map, kind, count, offset)
            self._read[name] = Section(array, offset - _PREAMBLE_SIZE, self._blocks)
        return self._read[name]

    def array(self, name: str) -> Array:
        """A whole section, checked."""
        section = self.section(name)
        return section.part(0, len(section))

    def part(self, name: str, start: int, end: int) -> Array:
        """A section's items from start to end, checked."""
        return self.section(name).part(start, end)

    def parts(self, name: str) -> tuple[np.dtype[Any], Iterator[Array]]:
        """A section's type, and all of it, part by part; pages that were read are given back."""
        section = self.section(name)
        return section.type, self._parts(section)

    def _parts(self, section: "Section") -> Iterator[Array]:
        for start in range(0, len(section), _COPIED):
            yield section.part(start, min(start + _COPIED, len(section)))
            self.give_back()

    def give_back(self) -> None:
        """Lets the kernel have the pages that were read: they count as this process's until then.

        Whatever is read again comes from its cache, or from the file.
        """
        self._map.madvise(mmap.MADV_DONTNEED)

    def check_all(self) -> None:
        """Ensures that the whole file is as it was written. Raises IndexUnavailable."""
        self._blocks.check(0, len(self._blocks.checked))

    def _header(self) -> Mapping[str, Any]:
        preamble = self._map[: _PREAMBLE.size]
        checksum = self._map[_PREAMBLE.size : _PREAMBLE.size + 4]
        if len(self._map) < _PREAMBLE_SIZE or preamble[: len(_MAGIC)] != _MAGIC:
            raise self._broken("the file is not an index segment")
        padding = self._map[_PREAMBLE.size + 4 : _PREAMBLE_SIZE]
        if zlib.crc32(preamble).to_bytes(4, sys.byteorder) != checksum or any(padding):
            raise self._broken(
                "the file's first bytes are damaged, or another kind of machine wrote it"
            )
        _, version, _, offset, length, expected = _PREAMBLE.unpack(preamble)
        if version != FORMAT_VERSION:
            raise self._broken(
                f"the file has format {version}, but this Poisk reads format {FORMAT_VERSION}"
            )
        header = self._map[offset : offset + length]
        if len(self._map) != offset + length or zlib.crc32(header) != expected:
            raise self._broken("the file is cut short, or its header is damaged")
        parsed: Mapping[str, Any] = json.loads(header)
        return parsed

    def _broken(self, cause: str) -> IndexUnavailable:
        return _broken(self.path, cause)


class Section:
    """One array of a container. (It does not know the container: a circle would keep the map.)"""

    __slots__ = ("_array", "_base", "_blocks", "_end", "_first", "_width")

    def __init__(self, array: Array, base: int, blocks: "_Blocks") -> None:
        self._array = array
        self._width = array.itemsize
        self._base = base
        self._blocks = blocks
        self._first = base >> _BLOCK_BITS
        self._end = (base + max(1, array.nbytes) - 1 >> _BLOCK_BITS) + 1

    def __len__(self) -> int:
        return len(self._array)

    @property
    def type(self) -> np.dtype[Any]:
        """The type of its items."""
        return self._array.dtype

    @property
    def unchecked(self) -> Array:
        """All of its items, for those who have the parts that they read checked before."""
        return self._array

    def part(self, start: int, end: int) -> Array:
        """The items from start to end, checked."""
        if start < end:
            first = (self._base + start * self._width) // _BLOCK
            last = (self._base + end * self._width - 1) // _BLOCK
            if self._blocks.checked.find(0, first, last + 1) >= 0:
                self._blocks.check(first, last + 1)
        return self._array[start:end]

    def take(self, indices: Numbers) -> Array:
        """The items at these indices, checked."""
        if self._blocks.checked.find(0, self._first, self._end) < 0:
            return self._array.take(indices)
        blocks = indices * self._width
        blocks += self._base
        blocks >>= _BLOCK_BITS  # items are aligned: none stands in two blocks
        if not np.logical_and.reduce(self._blocks.flags.take(blocks)):
            for block in once(blocks).tolist():
                self._blocks.check(block, block + 1)
        return self._array.take(indices)


class _Blocks:
    """The data of a file by blocks, and which of them were checked."""

    def __init__(self, path: Path, data: memoryview, checksums: Array) -> None:
        self.checked = bytearray(len(checksums))
        self.flags = np.frombuffer(self.checked, np.bool_)
        self._path = path
        self._data = data
        self._checksums = checksums

    def check(self, first: int, end: int) -> None:
        """Ensures that these blocks are as they were written. Raises IndexUnavailable."""
        for block in range(first, end):
            if self.checked[block]:
                continue
            start = block * _BLOCK
            if zlib.crc32(self._data[start : start + _BLOCK]) != self._checksums[block]:
                offset = _PREAMBLE_SIZE + start
                raise _broken(self._path, f"the file is damaged near byte {offset}")
            self.checked[block] = 1


def _broken(path: Path, cause: str) -> IndexUnavailable:
    return IndexUnavailable(str(path), cause, "run `poisk rebuild`")
