"""The gate before a build: what an edition is about to show, measured, judged, and stopped where it breaks a rule."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import numpy as np

from pipeline.editions import EditionView
from pipeline.editions.area_scale import Cells, box_cells, continua, mapped_cells
from pipeline.editions.gate import Breach, ShownRaster, judge, large_scale
from pipeline.editions.raster_redact import ground_scale
from pipeline.errors import PolicyRefusal
from pipeline.framework import Confirmed, Framework, numbers_in_force, read_map_rules
from pipeline.i18n import _, ngettext
from pipeline.intake.features import LayerReader
from pipeline.intake.harvest import Harvest
from pipeline.intake.ledger import append, entries
from pipeline.intake.opened import OpenSources
from pipeline.making.archives import choice, passes
from pipeline.making.raster_inputs import RasterFile
from pipeline.making.raster_plan import PlannedRaster
from pipeline.portal.files import write_file
from pipeline.progress import Progress
from pipeline.raster.grid import HALF

KIND: Final = "override"  # in the ledger
CONFIRMED: Final = "confirmed"


@dataclass(frozen=True, slots=True)
class Gate:
    """What the gate looks through: the sources of a build, and where it keeps what it measured."""

    framework: Framework
    sources: OpenSources
    pixels: Mapping[str, Sequence[RasterFile]]  # by raster dataset
    progress: Progress

    def judge(
        self, view: EditionView, recipes: Mapping[str, str], planned: Mapping[str, PlannedRaster]
    ) -> tuple[Breach, ...]:
        """Every breach of what an edition is about to show; `recipes` and `planned` are by archive.

        Raises InputError for sources of a large scale that cannot be read.
        """
        mapped = continua(self._mapped(view, recipes))
        rasters = [shown_raster(plan) for plan in planned.values()]
        return judge(view, self.framework.overrides, mapped, rasters)

    def _mapped(self, view: EditionView, recipes: Mapping[str, str]) -> dict[str, Cells]:
        """What each large-scale dataset covers in the edition; under the same recipe it is not measured again."""
        cache = self.framework.root / ".cache" / "mapped" / f"{view.edition.id}.npz"
        known, found = _recall(cache), {}
        cells: dict[str, Cells] = {}
        wanted = large_scale(view)
        if wanted:
            self.progress.start(_("measuring what is mapped at large scales"), len(wanted), _("datasets"))
        for id in wanted:
            if view.dataset(id).dataset.kind == "raster":
                cells[id] = _union([box_cells(file.info.extent) for file in self.pixels[id]])
            else:
                parts = []
                for archive in (each for each in view.archives if id in each.made_of):
                    key = f"{recipes[archive.id]}.{id}"
                    found[key] = known[key] if key in known else self._layers(view, archive.id, id)
                    parts.append(found[key])
                cells[id] = _union(parts)
            self.progress.advance()
        if wanted:
            self.progress.done()
            _remember(cache, found)
        return cells

    def _layers(self, view: EditionView, archive: str, id: str) -> Cells:
        """What a dataset covers in an archive, as the edition's rules let it through."""
        spec = next(each for each in view.archives if each.id == archive)
        parts = []
        for layer in spec.layers:
            if layer.dataset == id:
                shown = view.dataset(id)
                filter = layer.filter
                needed = filter.fields if filter else frozenset()
                bare = replace(shown, fields=tuple(f for f in shown.fields if f.name in needed))
                reader = LayerReader(self.framework, view, bare, layer, self.sources, choice(layer), passes)
                parts += [mapped_cells(batch.geometries) for batch in reader.read(Harvest(id))]
        return _union(parts)


def shown_raster(plan: PlannedRaster) -> ShownRaster:
    """What an archive of rasters shows, in metres on the ground where they are smallest."""
    datasets = tuple(dataset.id for dataset in plan.datasets)
    scale = ground_scale(plan.latitude)
    pixel = 2 * HALF / (plan.tile_size << plan.max_zoom) * scale
    if plan.product == "imagery":
        return ShownRaster(plan.spec.id, plan.product, datasets, resolution=pixel)
    source = plan.grid if plan.grid is not None else min(file.info.pixel for file in plan.files) * scale
    if plan.contours is not None:
        return ShownRaster(plan.spec.id, plan.product, datasets, grid=source, interval=plan.contours.finest)
    # Of a zoom coarser than its source only every so manieth height is left.
    return ShownRaster(plan.spec.id, plan.product, datasets, grid=source if plan.grid else max(source, pixel))


def refuse_breaches(view: EditionView, breaches: Sequence[Breach]) -> None:
    """Raise PolicyRefusal with the list of what stops an edition and has no override."""
    stopping = [breach for breach in breaches if breach.stops and breach.override is None]
    if not stopping:
        return
    raise PolicyRefusal(
        ngettext(
            "edition {edition}: the gate stops {n} thing that it would show",
            "edition {edition}: the gate stops {n} things that it would show",
            len(stopping),
        ).format(edition=view.edition.id, n=len(stopping)),
        where="\n    ".join(breach.words for breach in stopping),
        expected=_("what the rules of maps allow, by what datasets declare (docs/editions.md)"),
        hint=_(
            "keep it out or coarsen it by a rule of the edition, correct what is declared, confirm another number in "
            "[rules.confirmed], or let it through by an [[override]] with a reason and a name"
        ),
    )


def let_through(breaches: Sequence[Breach]) -> tuple[Breach, ...]:
    """The breaches that would stop the edition if nobody had answered for them."""
    return tuple(breach for breach in breaches if breach.stops and breach.override is not None)


def marks(breaches: Sequence[Breach]) -> list[dict[str, Any]]:
    """What release.json says of overrides: what, and since when. Who and why stands in the ledger of the workspace."""
    found = [
        {"rule": b.rule, "dataset": b.dataset, "field": b.field, "date": b.override.date.isoformat()}
        for b in let_through(breaches)
        if b.override is not None
    ]
    return sorted({repr(each): each for each in found}.values(), key=repr)


def record_overrides(root: Path, edition: str, release: str, breaches: Sequence[Breach], at: datetime) -> None:
    """Write to the ledger what is let through into a release, and by whom; what stands there is not written again."""
    written = [
        {
            "edition": edition,
            "release": release,
            "rule": breach.rule,
            "dataset": breach.dataset,
            "field": breach.field,
            "found": breach.found,
            "allowed": breach.allowed,
            "reason": breach.override.reason,
            "by": breach.override.by,
            "date": breach.override.date.isoformat(),
        }
        for breach in let_through(breaches)
        if breach.override is not None
    ]
    if not written:
        return
    known = [
        dict(entry.facts) for entry in entries(root) if entry.kind == KIND and entry.facts.get("release") == release
    ]
    for facts in written:
        if not any(_same(facts, other) for other in known):
            append(root, KIND, facts, at)
            known.append(facts)


def record_confirmed(root: Path, confirmed: Mapping[str, Confirmed], at: datetime) -> None:
    """Write to the ledger which numbers a person has confirmed; what stands there is not written again."""
    if not confirmed:
        return
    known = [dict(entry.facts) for entry in entries(root) if entry.kind == CONFIRMED]
    for rule, said in sorted(confirmed.items()):
        facts = {"rule": rule, **said.model_dump(mode="json")}
        if facts not in known:
            append(root, CONFIRMED, facts, at)


def rules_in_force(confirmed: Mapping[str, Confirmed]) -> dict[str, Any]:
    """What release.json says of the rules that it was judged by: the version of their file, and every number."""
    numbers = numbers_in_force(confirmed).values()
    return {
        "version": read_map_rules().version,
        "numbers": {
            number.rule: {"value": number.value, "confirmed": number.confirmed_by is not None} for number in numbers
        },
    }


def _same(facts: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two entries say the same, in whichever language they say what was found."""
    apart = ("found", "allowed")
    return all(facts[key] == other.get(key) for key in facts if key not in apart)


def _union(parts: Sequence[Cells]) -> Cells:
    return np.unique(np.concatenate([np.empty(0, np.int64), *parts]))


def _recall(cache: Path) -> dict[str, Cells]:
    try:
        with np.load(cache, allow_pickle=False) as kept:
            return {name: kept[name] for name in kept.files}
    except (OSError, ValueError, EOFError, KeyError):
        return {}


def _remember(cache: Path, found: Mapping[str, Cells]) -> None:
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, **dict(found))
    write_file(cache, buffer.getvalue())
