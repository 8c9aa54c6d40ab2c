"""Archives of raster datasets beside the datasets: these are there and rasters, and epochs have different dates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pipeline.framework.archive import ArchiveSpec
from pipeline.framework.check_rules import unknown_word
from pipeline.framework.city import FrameworkFile
from pipeline.framework.department import Dataset
from pipeline.framework.faults import Fault, choices, shown
from pipeline.framework.lines import Path
from pipeline.framework.read import Source
from pipeline.i18n import _


def check_rasters(
    main: Source[FrameworkFile], path: Path, archive: ArchiveSpec, datasets: Mapping[str, Dataset]
) -> Iterator[Fault]:
    """Every fault of the datasets that an archive at `path` names."""
    at = (*path, "datasets")
    known = [each.id for each in datasets.values() if each.kind == "raster"]
    found = [datasets[id] for id in archive.datasets if id in datasets]
    for number, id in enumerate(archive.datasets):
        if id not in datasets:
            yield unknown_word(main, at, id, known, _("no dataset has this id"))
        elif datasets[id].kind != "raster":
            yield main.fault(at, _("{id}: this is no raster dataset").format(id=shown(id)), choices(known))
        elif id in archive.datasets[:number]:
            yield main.fault(at, _("{name}: taken twice").format(name=shown(id)))
    if archive.kind not in ("imagery", "raster") and (cut := [each.id for each in found if each.cutline]):
        yield main.fault(
            at, _("{ids}: heights have no cutline").format(ids=", ".join(cut)), _("datasets without a cutline")
        )
    if len({each.stretch for each in found}) > 1:
        yield main.fault(
            at,
            _("datasets of one archive are stretched in different ways"),
            _("the same stretch for all, so that their colours agree"),
        )


def check_series(main: Source[FrameworkFile], datasets: Mapping[str, Dataset]) -> Iterator[Fault]:
    """Archives of one series that cannot be its epochs: another product, or a date that is taken."""
    kinds: dict[str, str] = {}
    taken: dict[tuple[str, str], str] = {}
    for number, archive in enumerate(main.read.archives):
        days = [datasets[id].currency for id in archive.datasets if id in datasets]
        if archive.series is None or not days:
            continue
        kind = kinds.setdefault(archive.series, archive.kind)
        if kind != archive.kind:
            yield main.fault(
                ("archive", number, "kind"),
                _("{kind}: the series {series} is of another kind").format(
                    kind=shown(archive.kind), series=archive.series
                ),
                kind,
            )
        day = min(days).isoformat()
        other = taken.setdefault((archive.series, day), archive.id)
        if other != archive.id:
            yield main.fault(
                ("archive", number, "series"),
                _("the archive {other} of this series is of {day} too").format(other=other, day=day),
                _("datasets with another currency: the epochs of a series are told apart by their dates"),
            )
