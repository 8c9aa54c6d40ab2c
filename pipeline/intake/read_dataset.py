"""The features of one dataset as a workspace has them now: the version that is shown, or what its source holds."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

from pipeline.errors import InputError, UsageError
from pipeline.framework import Framework
from pipeline.i18n import _
from pipeline.intake.opened import OpenSources
from pipeline.intake.supply import supply
from pipeline.sources import ReadOptions, read_batches
from pipeline.types import FeatureBatch, Tally


@contextmanager
def dataset_batches(framework: Framework, id: str, as_of: date, tally: Tally) -> Iterator[Iterator[FeatureBatch]]:
    """All features and fields of a vector dataset, as of a date; the source is open as long as the context is.

    Raises UsageError for a dataset of pixels, InputError where nothing was handed in yet or the source is damaged.
    """
    if framework.dataset(id)[1].kind == "raster":
        raise UsageError(_('dataset "{id}" has pixels, no features').format(id=id), expected=_("a vector dataset"))
    supplied = supply(framework, as_of)
    if id in supplied.missing:
        raise InputError(
            _('nothing has been handed in of dataset "{id}"').format(id=id),
            where=str(framework.root / "store" / id),
            hint=_("hand in a package first: longquan submit PACKAGE"),
        )
    _department, dataset = supplied.framework.dataset(id)
    with OpenSources(framework.root) as sources:
        options = ReadOptions(
            layer=dataset.layer,
            crs=dataset.crs,
            encoding=dataset.encoding,
            x=dataset.coordinates.x if dataset.coordinates else None,
            y=dataset.coordinates.y if dataset.coordinates else None,
            rules=framework.root / dataset.rules if dataset.rules else None,
        )
        yield read_batches(sources.of(dataset), options, tally)
