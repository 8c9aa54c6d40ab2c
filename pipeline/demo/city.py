"""The sample city as a workspace: registry files and an inbox full of files, written all or not at all."""

from __future__ import annotations

import os
import tomllib
from importlib import resources
from pathlib import Path
from typing import Literal

from pipeline.demo import base, files, services, themes
from pipeline.demo.grid import SIDE, SOUTH, WEST
from pipeline.demo.imagery import photographs
from pipeline.demo.places import name_all
from pipeline.demo.world import World, draw
from pipeline.errors import OutputError
from pipeline.i18n import _
from pipeline.progress import Progress

# framework.toml last: it makes the folder a workspace.
_PARTS = ("inbox", "schemas", "departments", "applications.toml", "framework.toml")


def write_city(dir: Path, *, size: Literal["small", "city"], progress: Progress) -> None:
    """Write the fictional sample city as a workspace: framework.toml, departments/, schemas/ and inbox/.

    `size` is ``small`` (seconds, for tests) or ``city``. The same size gives the same bytes in every run, save
    inside the File Geodatabase, whose format holds random identifiers. An earlier sample city in `dir` is replaced,
    what was built from it (`dist/`, `store/`, `.cache/`) is left alone.

    Raises OutputError when `dir` holds a workspace that is not a sample, or cannot be written.
    """
    dir = Path(dir)
    _refuse_others(dir)
    draft = dir / f".demo-{os.getpid()}"
    try:
        draft.mkdir(parents=True, exist_ok=True)
        world = draw(size, progress)
        progress.start(_("sample city: files"))
        _write_inbox(world, draft / "inbox")
        _write_registry(draft)
        for part in _PARTS:
            files.remove(dir / part)
            (draft / part).rename(dir / part)
        progress.done()
    except OSError as error:
        raise OutputError(
            _("the sample city cannot be written: {reason}").format(reason=error.strerror or error),
            where=str(dir),
            hint=_("choose a folder you may write to, on a disk with some 300 MB free"),
        ) from error
    finally:
        files.remove(draft)


def _refuse_others(dir: Path) -> None:
    """Never write over a workspace with real data, nor over folders of the same names that are something else."""
    existing = dir / "framework.toml"
    if dir.exists() and not dir.is_dir():
        raise OutputError(
            _("{path} is a file, not a folder").format(path=dir), hint=_("name a new folder for the sample city")
        )
    if not existing.exists():
        for part in ("departments", "schemas", "inbox", "applications.toml"):
            if (dir / part).is_symlink() or (dir / part).exists():
                raise OutputError(
                    _("this folder already holds something that the sample city would replace"),
                    where=str(dir / part),
                    expected=_("an empty folder, or an earlier sample city (sample = true)"),
                    hint=_("name another folder for the sample city"),
                )
        return
    try:
        sample = tomllib.loads(existing.read_text(encoding="utf-8")).get("city", {}).get("sample") is True
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        sample = False
    if not sample:
        raise OutputError(
            _("this folder already holds a workspace that is not the sample city"),
            where=str(existing),
            expected=_("an empty folder, or an earlier sample city (sample = true)"),
            hint=_("name another folder for the sample city"),
        )


def _write_inbox(world: World, inbox: Path) -> None:
    peak_names = [world.toponyms.peak() for _top in world.peaks]
    site_names = services.site_names(world)
    named = name_all(world, peak_names)
    base.boundaries(world, inbox)
    base.hydrology(world, inbox)
    base.transport(world, inbox)
    base.structures(world, inbox, services.building_names(world, site_names))
    base.grounds(world, inbox, site_names)
    base.cover(world, inbox)
    base.relief(world, inbox, peak_names)
    base.places(world, inbox, named)
    services.facilities(world, inbox, site_names)
    services.schools(world, inbox, site_names)
    services.clinics(world, inbox, site_names)
    themes.kiln_sites(world, inbox)
    themes.hazard_points(world, inbox)
    themes.nature_reserves(world, inbox, peak_names)
    themes.buses(world, inbox)
    services.parking(world, inbox, site_names)
    themes.water_supply(world, inbox)
    themes.control_lines(world, inbox)
    _write_rasters(world, inbox / "planning")


def _write_rasters(world: World, folder: Path) -> None:
    tags = {"TIFFTAG_IMAGEDESCRIPTION": base.NOTE.encode("ascii", "ignore").decode().strip(" /")}
    grid = world.relief_grid
    heights = world.heights.astype("float32")[::-1][None]
    files.write_raster(
        folder / "dem.tif", heights, west=WEST, north=SOUTH + SIDE, pixel=grid.step, nodata=-9999.0, tags=tags
    )
    for name, photo in zip(("orthophoto-2016.tif", "orthophoto.tif"), photographs(world), strict=True):
        files.write_raster(
            folder / name, photo.pixels, west=photo.west, north=photo.north, pixel=photo.pixel, photo=True, tags=tags
        )


def _write_registry(root: Path) -> None:
    """framework.toml, departments/ and schemas/ as they lie in this package."""
    with resources.as_file(resources.files("pipeline.demo") / "workspace") as kept:
        for source in sorted(kept.rglob("*.toml")):
            target = root / source.relative_to(kept)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(source.read_bytes())
