"""Rules about directories and their entries (PMTiles v3, "Entries" and "Directory Serialization")."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipeline.archive.header import HEADER_BYTES
from pipeline.archive.rules import Finding
from pipeline.archive.survey import Survey
from pipeline.archive.tileids import FIRST_IDS
from pipeline.i18n import _

Found = Iterator[Finding]
_TOLD: Final = 50  # findings in words; the rest of a rule's is one number


def met(rule: str) -> Callable[[Survey], Found]:
    def check_walk(survey: Survey) -> Found:
        return iter(survey.troubles.get(rule, [])) if survey.directories is not None else iter(())

    return check_walk


def _each(survey: Survey, wrong: NDArray[np.bool_], tell: Callable[[int], str]) -> Found:
    """A finding for every entry marked wrong; the first few in words, the rest as one number."""
    at = np.flatnonzero(wrong)
    for i in at[:_TOLD].tolist():
        yield Finding(tell(i), survey.tile_of(int(survey.entries.tile_ids[i])))
    if len(at) > _TOLD:
        yield Finding(_("{n} more").format(n=len(at) - _TOLD), times=len(at) - _TOLD)


def ascending(survey: Survey) -> Found:
    ids = survey.entries.tile_ids
    wrong = np.diff(ids, prepend=-1) <= 0
    yield from _each(
        survey,
        wrong,
        lambda i: _("entry {i}: tile id {id} comes after {before}").format(i=i, id=ids[i], before=ids[i - 1]),
    )


def runs_apart(survey: Survey) -> Found:
    ids, runs = survey.entries.tile_ids, survey.entries.run_lengths
    wrong = np.append((ids[1:] > ids[:-1]) & (ids[:-1] + runs[:-1] > ids[1:]), False)
    yield from _each(
        survey,
        wrong,
        lambda i: _("the run of {run} tiles from id {id} reaches over id {next}").format(
            run=runs[i], id=ids[i], next=ids[i + 1]
        ),
    )


def ids_exist(survey: Survey) -> Found:
    ids, runs = survey.entries.tile_ids, survey.entries.run_lengths
    wrong = ids > FIRST_IDS[-1] - runs
    yield from _each(survey, wrong, lambda i: _("tile id {id} lies beyond zoom 31").format(id=ids[i] + runs[i] - 1))


def entries_inside(survey: Survey) -> Found:
    offsets, lengths, size = survey.entries.offsets, survey.entries.lengths, survey.header.data.length
    yield from _each(
        survey,
        offsets > size - lengths,
        lambda i: _("tile data from {offset} to {end} of {size} bytes").format(
            offset=offsets[i], end=offsets[i] + lengths[i], size=size
        ),
    )


def entries_filled(survey: Survey) -> Found:
    yield from _each(survey, survey.entries.lengths == 0, lambda i: _("entry {i} has length 0").format(i=i))


def numbers_narrow(survey: Survey) -> Found:
    lengths, runs = survey.entries.lengths, survey.entries.run_lengths
    yield from _each(
        survey,
        (lengths >> 32 != 0) | (runs >> 32 != 0),
        lambda i: _("entry {i} has length {length} and run length {run}").format(i=i, length=lengths[i], run=runs[i]),
    )


def contents_apart(survey: Survey) -> Found:
    order, offsets, lengths, fresh = survey.contents
    wrong = np.zeros(len(order), dtype=bool)
    wrong[order[1:]] = fresh[1:] & (np.maximum.accumulate(offsets + lengths)[:-1] > offsets[1:])
    yield from _each(
        survey,
        wrong,
        lambda i: _("the body at {offset} overlaps another one").format(offset=survey.entries.offsets[i]),
    )


def clustered_true(survey: Survey) -> Found:
    """A body seen for the first time lies behind all bodies seen before it."""
    if not survey.header.clustered:
        return
    _offsets, first = np.unique(survey.entries.offsets, return_index=True)
    wrong = np.zeros(survey.entries.size, dtype=bool)
    wrong[first[1:]] = np.diff(first) < 0
    yield from _each(
        survey,
        wrong,
        lambda i: _("the body at {offset} lies before bodies of earlier tiles").format(
            offset=survey.entries.offsets[i]
        ),
    )


def all_referenced(survey: Survey) -> Found:
    """Bytes no entry leads to may hold what should have been removed."""
    _order, _offsets, lengths, fresh = survey.contents
    used = lengths[fresh].sum()
    parts = [
        (_("tile data"), survey.header.data.length - int(used)),
        (_("leaf directories"), survey.header.leaves.length - survey.leaf_bytes),
        (
            _("the rest of the file"),
            survey.source.size - HEADER_BYTES - sum(section.length for section in survey.sections.values()),
        ),
    ]
    for name, unused in parts:
        if unused > 0:
            yield Finding(_("{n} bytes of {part} belong to nothing").format(n=unused, part=name))
