"""Doc values to be written: of a batch's articles, of the live docs of other segments."""

from collections.abc import Iterable, Sequence

import numpy as np

from index.engines.whoosh.segment.arrays import NOTHING, Array, Flags, Numbers
from index.engines.whoosh.segment.container import ContainerWriter
from index.engines.whoosh.segment.doc_values import DocValues
from index.engines.whoosh.segment.postings import smallest
from index.engines.whoosh.segment.term_dictionary import write_terms


def column_of(sets: Iterable[tuple[str, ...]], of: Sequence[int]) -> DocValues:
    """The doc values of distinct sets of labels, `of` being each article's set."""
    sets = list(sets)
    labels = tuple(sorted({label for labels in sets for label in labels}))
    codes = {label: code for code, label in enumerate(labels)}
    flat = [codes[label] for labels in sets for label in labels]
    return DocValues(
        labels, _ends(list(map(len, sets))), np.array(flat, dtype=np.int64), np.array(of)
    )


def write_column(writer: ContainerWriter, facet: str, column: DocValues) -> None:
    """Writes the sections of a facet (see segment.py)."""
    write_terms(writer, f"{facet}.labels", [[label.encode() for label in column.labels]])
    writer.add(f"{facet}.sets", smallest(column.sets))
    writer.add(f"{facet}.codes", smallest(column.codes))
    writer.add(f"{facet}.of", smallest(column.of.astype(np.int64)))


def of_live_docs(column: DocValues, live_docs: Flags) -> DocValues:
    """The doc values of the live docs alone, with the sets and labels that those have."""
    used, of = np.unique(column.of[live_docs], return_inverse=True)
    sets, codes = _sets(column, used)
    labels, codes = np.unique(codes, return_inverse=True)
    return DocValues(tuple([column.labels[code] for code in labels]), sets, codes, of)


def distinct(column: DocValues) -> DocValues:
    """The same doc values with each set once: several segments have the same sets."""
    lengths = np.diff(column.sets)
    new_numbers = np.zeros(len(lengths), dtype=np.int64)
    unique: list[Numbers] = [NOTHING]
    for length in np.unique(lengths):
        some = np.flatnonzero(lengths == length)
        rows = column.codes[column.sets[some][:, None] + np.arange(length)]
        firsts, of = _alike(rows)
        new_numbers[some] = of + sum(map(len, unique))
        unique.append(some[firsts])
    sets, codes = _sets(column, np.concatenate(unique))
    return DocValues(column.labels, sets, codes, new_numbers[column.of.astype(np.int64)])


def _alike(rows: Numbers) -> tuple[Numbers, Numbers]:
    """The index of one row of each kind, and each row's kind."""
    if not rows.shape[1]:  # np.unique knows no empty rows
        return np.zeros(1, dtype=np.int64), np.zeros(len(rows), dtype=np.int64)
    _, firsts, of = np.unique(rows, axis=0, return_index=True, return_inverse=True)
    return firsts, of.reshape(-1)


def _sets(column: DocValues, wanted: Numbers) -> tuple[Numbers, Numbers]:
    """The sets with these numbers, one after another: where each ends, their codes."""
    lengths = np.diff(column.sets)[wanted]
    ends = _ends(lengths)
    indices = np.repeat(column.sets[wanted] - ends[:-1], lengths) + np.arange(ends[-1])
    return ends, column.codes[indices]


def _ends(lengths: Sequence[int] | Array) -> Numbers:
    """Where stretches of these lengths begin, and the last ends."""
    return np.concatenate((np.zeros(1, dtype=np.int64), np.cumsum(lengths, dtype=np.int64)))
