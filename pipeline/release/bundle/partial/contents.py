"""What a part has besides archives and pages: coverage, search index, and the characters that its fonts need."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np

from pipeline.catalog.cells import Cells
from pipeline.catalog.coverage import FOLDER, INDEX, Coverage, coverage_bytes, coverage_from, index_of
from pipeline.catalog.shapes import area_cells
from pipeline.portal.files import content_hash, json_bytes, write_file
from pipeline.portal.search.build import as_catalog
from pipeline.portal.search.part import part_of
from pipeline.portal.search.reader import open_index
from pipeline.release.bundle.partial.cut import Cut
from pipeline.types import EXTERIOR, INTERIOR, POLYGON, Geometries

_RANGE: Final = re.compile(r"U\+([0-9A-Fa-f]+)(?:-([0-9A-Fa-f]+))?")


def write_part_coverage(folder: Path, out: Path, datasets: Iterable[str], cut: Cut) -> None:
    """Write coverage/ of the datasets that stay, as far as it lies in the area. Raises InputError, OutputError."""
    area = None if cut.region is None else _cells(cut.region.shape)
    made = []
    for id in datasets:
        path = folder / FOLDER / f"{id}.json"
        if not path.is_file():
            continue
        whole = coverage_from(path.read_bytes(), str(path))
        part = whole if area is None else Coverage(whole.dataset, whole.how, whole.reach, whole.cells & area)
        data = coverage_bytes(part)
        write_file(out / FOLDER / f"{id}.json", data)
        made.append((part, data))
    if made:
        write_file(out / INDEX, json_bytes(index_of(made)))


def write_part_search(folder: Path, out: Path, catalog: Mapping[str, Any], cut: Cut) -> dict[str, Any] | None:
    """Write search/ of what stays; what the catalogue tells of it. Raises ArchiveError, InputError, OutputError."""
    if catalog["search"] is None:
        return None
    with open_index(folder / catalog["search"]["file"]) as index:
        built = part_of(index, cut.datasets, cut.inside)
    if built is None:
        return None
    file = f"search/index-{content_hash(built.data, 12)}.bin"
    write_file(out / file, built.data)
    return dict(as_catalog(file, built))


def shown_characters(folder: Path) -> str:
    """Every character that the release's fonts have: no part of it can show another."""
    codes: set[int] = set()
    for path in sorted((folder / "assets").glob("fonts-*.css")):
        for first, last in _RANGE.findall(path.read_text("utf-8")):
            codes.update(range(int(first, 16), int(last or first, 16) + 1))
    return "".join(map(chr, sorted(codes)))


def _cells(shape: Any) -> Cells:
    """The cells of a (multi)polygon."""
    import shapely

    polygons = shapely.get_parts(shape)
    rings, owners = shapely.get_rings(polygons, return_index=True)
    counts = shapely.get_num_coordinates(rings)
    xy = shapely.get_coordinates(rings)
    exterior = np.diff(owners, prepend=-1) > 0
    return area_cells(
        Geometries(
            np.full(len(polygons), POLYGON, np.uint8),
            np.searchsorted(owners, np.arange(len(polygons) + 1)).astype(np.int64),
            np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
            np.where(exterior, EXTERIOR, INTERIOR).astype(np.uint8),
            xy[:, 0].copy(),
            xy[:, 1].copy(),
        )
    )
