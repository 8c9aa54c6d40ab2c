"""What becomes of the rasters of one archive in one edition: the product, its zooms, and the limits that bind it.

Limits are decided here and not while pixels are made, so that editions that show the same share one archive: a limit
that changes nothing is no part of the recipe.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pipeline.editions.coarsen import coarsest_zoom
from pipeline.editions.raster import RasterPolicy
from pipeline.editions.raster_redact import finest_zoom, ground_scale
from pipeline.errors import ConfigError, InputError
from pipeline.framework import ArchiveSpec, Dataset
from pipeline.i18n import _
from pipeline.making.raster_inputs import RasterFile
from pipeline.raster.contour_rules import (
    FIRST_ZOOM,
    ContourRules,
    enforce_interval,
    given_steps,
    usual_steps,
    usual_zoom,
)
from pipeline.raster.grid import HALF
from pipeline.raster.plan import LAST_ZOOM
from pipeline.types import Bounds

if TYPE_CHECKING:
    from shapely import Geometry

TILE_SIZE: Final = 512
INTERVAL: Final = 20.0  # metres, where an archive of contours says nothing
_TOLERANCE: Final = 0.01  # of a pixel: so much coarser than the source a zoom may be and still be its own
_EXACT: Final = 1e-6  # of a grid's width: what is that much finer than a limit keeps to it
_CELL: Final = 2  # zooms: heights of a coarse grid have cells of up to four pixels, so that shading shows no squares
_FINER: Final = 2  # zooms beyond that of the interval which sharpen contours
ROWS: Final = 12  # zoom: a row of its tiles is 10 km at the equator, and scale differs by 0.2 % in it at 60°
_CONTOUR_PIXELS: Final = 3  # samples in a cell of a coarse grid from which contours are drawn


@dataclass(frozen=True, slots=True)
class Masked:
    """Areas that are not shown."""

    area: Geometry
    blur: float | None  # metres on the ground of the cells they are blurred to; None: they are taken out
    digest: str


@dataclass(frozen=True, slots=True)
class PlannedRaster:
    """An archive of rasters that is to be made."""

    spec: ArchiveSpec  # with the edition's datasets
    product: str  # imagery, terrain, contours, hillshade, tint, slope or aspect
    datasets: tuple[Dataset, ...]
    files: tuple[RasterFile, ...]  # those of the first dataset on top, in each as `top` says
    max_zoom: int
    tile_size: int
    latitude: float  # the one of all that is shown that lies farthest from the equator
    grid: float | None  # metres of the cells that heights become means of
    mask: Masked | None
    contours: ContourRules | None
    notes: tuple[str, ...]  # for the operator: what the edition's limits change

    @property
    def date(self) -> str:
        """The currency of the oldest dataset, ISO 8601."""
        return min(dataset.currency for dataset in self.datasets).isoformat()

    @property
    def limits(self) -> str:
        """All that an edition's limits do to pixels, as text."""
        mask = None if self.mask is None else (self.mask.digest, self.mask.blur)
        return repr((self.grid and (self.grid, self.latitude), mask))

    @property
    def words(self) -> Mapping[str, Any]:
        """What decides over the bytes beside datasets, files and what the archive says of itself."""
        return {
            "product": self.product,
            "datasets": [dataset.id for dataset in self.datasets],
            "files": [(file.dataset, file.info.path.name, file.sha256, *file.beside) for file in self.files],
            "zooms": [self.spec.min_zoom, self.max_zoom],
            "limits": self.limits,
            "contours": repr(self.contours),
        }


def plan_raster(
    spec: ArchiveSpec,
    datasets: Sequence[Dataset],
    files: Mapping[str, Sequence[RasterFile]],
    policy: RasterPolicy,
    area_of: Callable[[str], Geometry],
) -> PlannedRaster:
    """Plan an archive under an edition's policy; `area_of` reads a file of areas below the workspace.

    Raises InputError where its files are of both kinds and it does not say which product they make, and ConfigError
    where it is to begin at a zoom that the edition does not allow.
    """
    ordered = tuple(file for dataset in datasets for file in _ordered(files[dataset.id], spec.top or "first"))
    product = _product(spec, datasets, ordered)
    tile_size = spec.tile_size or TILE_SIZE
    extents = [file.info.extent for file in ordered]
    latitude = max(abs(edge) for extent in extents for edge in (extent[1], extent[3]))
    own = spec.max_zoom if spec.max_zoom is not None else _own_zoom(ordered, tile_size)
    own = max(own, spec.min_zoom or 0) if spec.max_zoom is None else own
    plan = PlannedRaster(
        spec,
        product,
        tuple(datasets),
        ordered,
        own,
        tile_size,
        latitude,
        None,
        _mask(policy, extents, area_of),
        None,
        (),
    )
    plan = _no_finer(plan, policy, extents) if product == "imagery" else _coarser(plan, policy)
    if product == "contours":
        return _with_contours(plan, policy)
    if spec.min_zoom is not None and plan.max_zoom < spec.min_zoom:
        raise ConfigError(
            _("archive {id} begins at zoom {low}, and the edition allows none beyond {high}").format(
                id=spec.id, low=spec.min_zoom, high=plan.max_zoom
            ),
            where="framework.toml",
            hint=_("lower its min_zoom, keep its datasets out of the edition, or change the edition's limits"),
        )
    return plan


def _ordered(files: Sequence[RasterFile], top: str) -> list[RasterFile]:
    ordered = list(files)
    if top == "last":
        ordered.reverse()
    elif top == "newest":
        ordered.sort(key=lambda file: file.info.date or "", reverse=True)
    elif top == "finest":
        ordered.sort(key=lambda file: file.info.pixel)
    return ordered


def _product(spec: ArchiveSpec, datasets: Sequence[Dataset], files: Sequence[RasterFile]) -> str:
    if spec.kind != "raster":
        return spec.kind
    kinds = {file.info.kind for file in files}
    if len(kinds) > 1:
        raise InputError(
            _("archive {id}: some of its rasters are pictures and some are elevations").format(id=spec.id),
            where=", ".join(next(str(f.info.path) for f in files if f.info.kind == kind) for kind in sorted(kinds)),
            hint=_("divide them, or say what they are by kind = … of the archive"),
        )
    if kinds == {"imagery"}:
        return "imagery"
    if cut := [dataset.id for dataset in datasets if dataset.cutline]:
        raise ConfigError(_("{ids}: heights have no cutline").format(ids=", ".join(cut)))
    return "terrain"


def _own_zoom(files: Sequence[RasterFile], tile_size: int) -> int:
    """The first zoom whose pixels are no coarser than those of the finest file, by one per cent at most."""
    finest = min(file.info.pixel for file in files) * (1 + _TOLERANCE)
    return min(max(0, math.ceil(math.log2(2 * HALF / tile_size / finest))), LAST_ZOOM)


def _mask(policy: RasterPolicy, extents: Sequence[Bounds], area_of: Callable[[str], Geometry]) -> Masked | None:
    """The masked areas, where they meet any of the files."""
    if policy.masks is None:
        return None
    import shapely

    area = area_of(policy.masks)
    if not any(shapely.intersects(area, shapely.box(*extent)) for extent in extents):
        return None
    return Masked(area, policy.blur, _digest(area))


def _no_finer(plan: PlannedRaster, policy: RasterPolicy, extents: Sequence[Bounds]) -> PlannedRaster:
    """Imagery up to the last zoom whose pixels are as large as the policy wants them."""
    metres = policy.ground_resolution
    if metres is None:
        return plan
    wests, souths, easts, norths = zip(*extents, strict=True)
    last = finest_zoom(metres, plan.tile_size, (min(wests), min(souths), max(easts), max(norths)))
    if plan.max_zoom <= last:
        return plan
    note = _("imagery ends at zoom {last} instead of {zoom}: no pixel may measure less than {metres:g} m").format(
        last=last, zoom=plan.max_zoom, metres=metres
    )
    return replace(plan, max_zoom=last, notes=(*plan.notes, note))


def _coarser(plan: PlannedRaster, policy: RasterPolicy) -> PlannedRaster:
    """Heights in cells as large as the policy wants them, and no zoom whose pixels are much smaller."""
    metres = policy.dem_grid
    finest = min(file.info.pixel for file in plan.files) * ground_scale(plan.latitude)
    if metres is None or finest >= metres * (1 - _EXACT):
        return plan
    last = coarsest_zoom(metres, plan.tile_size, plan.latitude) + _CELL
    note = _("heights become means of cells of {metres:g} m").format(metres=metres)
    return replace(plan, grid=metres, max_zoom=min(plan.max_zoom, last), notes=(*plan.notes, note))


def _with_contours(plan: PlannedRaster, policy: RasterPolicy) -> PlannedRaster:
    """The steps of contours, and multiples of the policy's interval where they are finer."""
    spec = plan.spec
    table = spec.interval if isinstance(spec.interval, Mapping) else None
    interval = INTERVAL if spec.interval is None or isinstance(spec.interval, Mapping) else spec.interval
    needed = max(table) if table else usual_zoom(interval)
    last = spec.max_zoom
    if last is None:
        last = max(needed, min(_own_zoom(plan.files, TILE_SIZE), needed + _FINER))
    if table:
        steps = given_steps(table)
        if spec.min_zoom is not None:
            begun = [each for each in steps if each.zoom <= spec.min_zoom]
            later = tuple(each for each in steps if each.zoom > spec.min_zoom)
            steps = (*(replace(each, zoom=spec.min_zoom) for each in begun[-1:]), *later)
    else:
        first = min(FIRST_ZOOM, last) if spec.min_zoom is None else spec.min_zoom
        last = max(last, first)
        steps = usual_steps(interval, first, last)
    said = {"sigma": spec.smooth, "refine": spec.refine, "smallest": spec.smallest_ring, "feet": spec.feet}
    wanted = ContourRules(steps, last, **{name: value for name, value in said.items() if value is not None})  # type: ignore[arg-type]
    rules = enforce_interval(wanted, policy.contour_interval, coarsen=True)
    notes = plan.notes
    if rules != wanted:
        note = _("contours every {finest:g} m become multiples of {metres:g} m").format(
            finest=wanted.finest, metres=policy.contour_interval
        )
        notes = (*notes, note)
    return replace(plan, max_zoom=rules.max_zoom, contours=rules, notes=notes)


def contour_pixel(plan: PlannedRaster) -> float:
    """Metres of EPSG:3857 between samples of heights that contours are drawn from.

    Where areas are masked the world has a multiple of 2^`ROWS` samples around it, so that the size of cells on the
    ground can be told by rows of tiles.
    """
    pixel = min(file.info.pixel for file in plan.files)
    if plan.grid is not None:
        pixel = max(pixel, plan.grid / ground_scale(plan.latitude) / _CONTOUR_PIXELS)
    if plan.mask is None:
        return pixel
    return 2 * HALF / (max(1, round(2 * HALF / pixel / (1 << ROWS))) << ROWS)


def area_digest(path: Path) -> str:
    """The sha256 of the areas that a file holds. Raises InputError where it cannot be read or has none."""
    from pipeline.sources.area import read_area

    return _digest(read_area(path))


def _digest(area: Geometry) -> str:
    import shapely

    return hashlib.sha256(shapely.to_wkb(area)).hexdigest()


def area_reader(root: Path) -> Callable[[str], Geometry]:
    """What reads areas of a workspace's files, each once."""
    from pipeline.sources.area import read_area

    known: dict[str, Geometry] = {}

    def read(name: str) -> Geometry:
        if name not in known:
            known[name] = read_area(root / name)
        return known[name]

    return read
