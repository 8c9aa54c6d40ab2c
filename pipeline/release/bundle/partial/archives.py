"""The archives of a release cut to what stays: tiles copied as they are, layers of other datasets taken out."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.archive.extract import extract_tiles
from pipeline.archive.header import TileType
from pipeline.archive.reader import open_archive
from pipeline.errors import InputError
from pipeline.making.files import sha256_of
from pipeline.progress import Progress
from pipeline.release.bundle.partial.cut import Cut
from pipeline.types import Bounds
from pipeline.vector.picking import LayerPick


@dataclass(frozen=True, slots=True)
class CutArchive:
    """What became of an archive."""

    id: str
    datasets: tuple[str, ...]
    file: str  # below the folder
    bytes: int
    sha256: str
    min_zoom: int
    max_zoom: int
    bounds: Bounds
    center: tuple[float, float, int]
    layers: tuple[Mapping[str, Any], ...]  # vector_layers of its metadata; none where it holds pixels
    same: bool  # as the one of the whole release
    explanation: str | None


def cut_archives(
    folder: Path, manifest: Mapping[str, Any], out: Path, cut: Cut, *, threads: int | None, progress: Progress
) -> Iterator[CutArchive]:
    """Cut every archive of the release in `folder` into `out`/tiles; those in which nothing is left are left out.

    An explanation of what was left out of tiles goes with an archive that stays as it is, and with no other: it
    speaks of the whole area and of all datasets. Raises ArchiveError, OutputError.
    """
    allowed = {entry["id"]: entry for entry in manifest["allowed"]["archives"]}
    (out / "tiles").mkdir(parents=True, exist_ok=True)
    for entry in manifest["archives"]:
        told = allowed[entry["id"]]
        kept = tuple(id for id in told["datasets"] if id in cut.datasets)
        if not kept:
            continue
        layers = _layers(told, cut) if kept != tuple(told["datasets"]) else None
        if cut.region is None and layers is None:
            for path in filter(None, (entry["file"], entry["explanation"])):
                shutil.copyfile(folder / path, out / path)
            yield _described(out, entry["file"], entry, kept, same=True)
            continue
        unnamed = out / "tiles" / f"{entry['id']}.pmtiles"
        try:
            _extract(folder / entry["file"], unnamed, cut, layers, threads, progress)
        except InputError:  # no tile is left
            continue
        file = f"tiles/{entry['id']}-{sha256_of(unnamed)[:12]}.pmtiles"
        unnamed.rename(out / file)
        yield _described(out, file, entry, kept, same=False)


def _layers(allowed: Mapping[str, Any], cut: Cut) -> list[str]:
    """The layers of datasets that stay; those that are drawn of heights belong to the archive's own."""
    return [
        layer["name"]
        for layer in allowed.get("layers", ())
        if layer["dataset"] is None or layer["dataset"] in cut.datasets
    ]


def _extract(
    source: Path, out: Path, cut: Cut, layers: list[str] | None, threads: int | None, progress: Progress
) -> None:
    with open_archive(source) as archive:
        pick = None
        if archive.header.tile_type is TileType.MVT:
            there = {layer["id"] for layer in archive.metadata.get("vector_layers", ())}
            pick = LayerPick(archive, None if layers is None else [name for name in layers if name in there])
        extract_tiles(
            archive,
            out,
            region=cut.region,
            change=pick.change if pick else None,
            describe=pick.describe if pick else None,
            threads=threads,
            progress=progress,
        )


def _described(out: Path, file: str, entry: Mapping[str, Any], datasets: tuple[str, ...], *, same: bool) -> CutArchive:
    with open_archive(out / file) as archive:
        header, metadata = archive.header, archive.metadata
    lng, lat, zoom = header.center
    return CutArchive(
        id=entry["id"],
        datasets=datasets,
        file=file,
        bytes=(out / file).stat().st_size,
        sha256=sha256_of(out / file),
        min_zoom=header.min_zoom,
        max_zoom=header.max_zoom,
        bounds=header.bounds,
        center=(lng, lat, zoom),
        layers=tuple(metadata.get("vector_layers", ())),
        same=same,
        explanation=entry["explanation"] if same else None,
    )
