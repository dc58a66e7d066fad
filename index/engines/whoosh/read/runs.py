"""Reading the positions of many postings at once: what numpy does in one call costs one call."""

from typing import NamedTuple

import numpy as np

from index.engines.whoosh.read.terms import InSegment
from index.engines.whoosh.segment.arrays import NOTHING, Flags, Numbers
from index.engines.whoosh.segment.field_groups import Rows
from index.query import PHRASE_POSITIONS


class Stand(NamedTuple):
    """Where a term stands: for each of its positions the cell, and the position.

    A cell is a field of an article: the article's index, wherever it was looked for, times the
    number of fields that were asked for, plus the field's index among them.
    """

    cells: Numbers
    positions: Numbers


NOWHERE = Stand(NOTHING, NOTHING)


def read_runs(found: InSegment, rows: Rows) -> Stand:
    """Where postings stand in fields of one kind, the first PHRASE_POSITIONS in each."""
    group, postings, articles, combinations = found
    if not len(postings):
        return NOWHERE
    fields = len(rows.rows)
    by_field, before = group.counts(rows.numbers)
    counts = by_field.take(combinations, axis=1).T.ravel()
    long = bool(np.maximum.reduce(counts) > PHRASE_POSITIONS)
    if long:
        counts = np.minimum(counts, PHRASE_POSITIONS)
    runs = before.take(combinations, axis=1)
    runs += group.begins(postings)
    # a run's positions go on from its begin
    shifts = runs.T.ravel()
    shifts -= counts.cumsum()
    shifts += counts
    indices = shifts.repeat(counts)
    indices += np.arange(len(indices))
    cells = (articles.astype(np.int64)[:, None] * fields + np.arange(fields)).ravel()
    stand = Stand(cells.repeat(counts), group.some_positions(indices))
    if rows.exact:
        stand = _forms(stand)
    return stand._replace(positions=stand.positions.astype(np.int64) >> 1)


def _forms(stand: Stand) -> Stand:
    flags: Flags = (stand.positions & 1).astype(np.bool_)
    return Stand(stand.cells.compress(flags), stand.positions.compress(flags))
