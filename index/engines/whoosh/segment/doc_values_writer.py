"""Facet columns to be written: of a batch's articles, of what lives in others."""

from collections.abc import Iterable, Sequence

import numpy as np

from index.engines.whoosh.segment.arrays import NOTHING, Array, Flags, Numbers
from index.engines.whoosh.segment.container import ContainerWriter
from index.engines.whoosh.segment.doc_values import DocValues
from index.engines.whoosh.segment.postings import smallest
from index.engines.whoosh.segment.term_dictionary import write_terms


def column_of(sets: Iterable[tuple[str, ...]], of: Sequence[int]) -> DocValues:
    """The column of distinct sets of labels, and each article's set."""
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
    """The column of the articles that live alone: their sets, the labels of those."""
    used, of = np.unique(column.of[live_docs], return_inverse=True)
    sets, codes = _sets(column, used)
    labels, codes = np.unique(codes, return_inverse=True)
    return DocValues(tuple([column.labels[code] for code in labels]), sets, codes, of)


def distinct(column: DocValues) -> DocValues:
    """The same column with each set once: several segments have the same ones."""
    lengths = np.diff(column.sets)
    doc_ids = np.zeros(len(lengths), dtype=np.int64)
    kept: list[Numbers] = [NOTHING]
    for length in np.unique(lengths):
        some = np.flatnonzero(lengths == length)
        rows = column.codes[column.sets[some][:, None] + np.arange(length)]
        firsts, of = _alike(rows)
        doc_ids[some] = of + sum(map(len, kept))
        kept.append(some[firsts])
    return DocValues(
        column.labels, *_sets(column, np.concatenate(kept)), doc_ids[column.of.astype(np.int64)]
    )


def _alike(rows: Numbers) -> tuple[Numbers, Numbers]:
    """Of rows, one of each kind, by place; and each row's kind."""
    if not rows.shape[1]:  # np.unique knows no empty rows
        return np.zeros(1, dtype=np.int64), np.zeros(len(rows), dtype=np.int64)
    _, firsts, of = np.unique(rows, axis=0, return_index=True, return_inverse=True)
    return firsts, of.reshape(-1)


def _sets(column: DocValues, wanted: Numbers) -> tuple[Numbers, Numbers]:
    """Some sets of the column, one after another: where each ends, their codes."""
    lengths = np.diff(column.sets)[wanted]
    ends = _ends(lengths)
    places = np.repeat(column.sets[wanted] - ends[:-1], lengths) + np.arange(ends[-1])
    return ends, column.codes[places]


def _ends(lengths: Sequence[int] | Array) -> Numbers:
    """Where stretches of these lengths begin, and the last ends."""
    return np.concatenate((np.zeros(1, dtype=np.int64), np.cumsum(lengths, dtype=np.int64)))
