"""Tiles of archives as single files, `services/tiles/<archive>-<hash>/z/x/y`, for programs that read no archives.

The folder carries the archive's hash, so its files never change and may be cached for ever.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from pipeline.archive.folder import EXTENSIONS, export_folder
from pipeline.archive.header import TileType
from pipeline.archive.reader import open_archive
from pipeline.catalog import ArchiveFacts, TileCopy
from pipeline.framework.city import Services
from pipeline.progress import Progress

FOLDER: Final = "services/tiles"
VECTOR: Final = "mvt"  # `pbf`, as it is called elsewhere, is what fonts are called too


def write_copies(
    folder: Path,
    services: Services | None,
    archives: Iterable[ArchiveFacts],
    *,
    threads: int | None = None,
    progress: Progress | None = None,
) -> dict[str, TileCopy]:
    """Copy the tiles of the archives that `services` names; by archive, where they are.

    `folder` is the published folder being made, the archives lie in it. Tiles are not compressed: any server then
    serves them right. Raises ArchiveError, OutputError.
    """
    if services is None:
        return {}
    made: dict[str, TileCopy] = {}
    for facts in archives:
        limit = facts.max_zoom if services.max_zoom is None else min(services.max_zoom, facts.max_zoom)
        if facts.id not in services.archives or limit < facts.min_zoom:
            continue
        place = f"{FOLDER}/{Path(facts.file).stem}"
        (folder / place).parent.mkdir(parents=True, exist_ok=True)
        with open_archive(folder / facts.file) as archive:
            kind = archive.header.tile_type
            extension = VECTOR if kind is TileType.MVT else EXTENSIONS[kind]
            export_folder(
                archive, folder / place, max_zoom=limit, extension=extension, threads=threads, progress=progress
            )
        made[facts.id] = TileCopy(f"{place}/{{z}}/{{x}}/{{y}}.{extension}", limit)
    return made
