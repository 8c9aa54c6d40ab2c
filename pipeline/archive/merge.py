"""Several archives as one."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Literal

from pipeline.archive.claims import restated, united, widened
from pipeline.archive.reader import Archive
from pipeline.archive.region import ranges_of
from pipeline.archive.spans import Body, Change, Place, Shown, Span, carry, entries_within
from pipeline.archive.tileids import ZOOM_LIMIT, zoom_of, zxy_of
from pipeline.archive.writer import Writer, Written
from pipeline.errors import InputError
from pipeline.i18n import _
from pipeline.progress import Progress, Silent

Prefer = Literal["first", "last"]
# The metadata of the archives, and what they agree on → the metadata of the whole.
Unite = Callable[[Sequence[dict[str, Any]], dict[str, Any]], dict[str, Any]]


class Choice:
    """What becomes of a tile that several archives hold, where tiles cannot be joined: one of them is taken.

    Equal bodies are one. Where they differ, `prefer` says whose is taken, and `taken` counts such tiles; without it
    the merge is refused: at low zooms, a picture of one archive would hide that of another.
    """

    def __init__(self, archives: Sequence[Archive], prefer: Prefer | None = None) -> None:
        self.taken = 0  # tiles that differ
        self._names = [archive.source.name for archive in archives]
        self._prefer = prefer
        self._lock = threading.Lock()

    def change(self, shown: Shown) -> Body:
        """The body to keep; raises InputError when they differ and nothing is preferred."""
        tile_id, tiles, bodies = shown
        if all(body == bodies[0] for body in bodies):
            return bodies[0]
        if self._prefer is None:
            raise InputError(
                _("Tile {tile} differs from archive to archive.").format(tile="/".join(map(str, zxy_of(tile_id)))),
                where=", ".join(self._names),
                expected=_("tiles that only one of the archives has, or that are the same in all"),
                hint=_("say --prefer first or --prefer last, or extract areas or zooms that do not overlap"),
            )
        with self._lock:
            self.taken += tiles
        return bodies[0 if self._prefer == "first" else -1]


def merge_archives(
    archives: Sequence[Archive],
    out: Path,
    *,
    change: Change | None = None,
    unite: Unite | None = None,
    name: str | None = None,
    no_clobber: bool = False,
    threads: int | None = None,
    progress: Progress | None = None,
) -> Written:
    """Write the tiles of several archives of one kind into the archive `out`.

    A tile that only one archive holds is copied as it is stored. `change` decides about the others; by default
    (`Choice`) they must be equal. `unite` makes the metadata; by default it is what all archives agree on, under the
    names of all or under `name`.

    Raises InputError for archives of different tile types or compressions or for tiles that contradict each other,
    ArchiveError for a damaged archive, OutputError when `out` cannot be written.
    """
    progress = progress or Silent()
    _same_kind(archives)
    header = archives[0].header
    decide = change or Choice(archives).change
    agreed = united([archive.metadata for archive in archives])
    progress.start(_("Merging tiles"), None, _("tiles"))

    def change_shared(shown: Shown) -> Body | None:
        return shown.bodies[0] if len(shown.bodies) == 1 else decide(shown)

    with (
        Writer(
            out, tile_type=header.tile_type, tile_compression=header.tile_compression, no_clobber=no_clobber
        ) as writer,
        closing(carry(archives, overlaid(archives), change_shared, threads=threads)) as carried,
    ):
        first, last = -1, -1
        for tile_id, run, body, _places in carried:
            if body is not None:
                writer.add(tile_id, body, run)
                first, last = tile_id if first < 0 else first, tile_id + run - 1
            progress.advance()
        reach = widened([archive.header for archive in archives], zoom_of(max(first, 0)), zoom_of(max(last, 0)))
        metadata = restated(agreed.metadata, reach)
        if unite:
            metadata = unite([archive.metadata for archive in archives], metadata)
        for key in agreed.left_out:
            if key not in metadata and key != "tilestats":
                progress.note(_("the archives do not agree on {key} of the metadata; it is left out").format(key=key))
        if name is not None:
            metadata["name"] = name
        written = writer.finish(metadata=metadata, bounds=reach.bounds, center=reach.center)
    progress.done()
    return written


def overlaid(archives: Sequence[Archive]) -> Iterator[Span]:
    """The tiles of all archives in tile order; where runs overlap in part they are cut.

    Each archive's directories are read as they are needed.
    """
    heads = [head for number, archive in enumerate(archives) if (head := _Head(number, archive)).advance()]
    while len(heads) > 1:
        at = min(head.start for head in heads)
        here = [head for head in heads if head.start == at]
        stop = min([head.stop for head in here] + [head.start for head in heads if head.start > at])
        yield Span(at, stop - at, tuple(head.place for head in here))
        ended = False
        for head in here:
            head.start = stop
            ended |= stop == head.stop and not head.advance()
        if ended:
            heads = [head for head in heads if head.start < head.stop]
    for head in heads:
        yield head.span()
        while head.advance():
            yield head.span()


class _Head:
    """The run at which the walk through one archive stands."""

    __slots__ = ("_rows", "place", "start", "stop")

    def __init__(self, number: int, archive: Archive) -> None:
        self._rows = _rows(number, archive)
        self.start = self.stop = 0
        self.place = Place(number, 0, 0)

    def advance(self) -> bool:
        """Go to the next run; False at the end."""
        row = next(self._rows, None)
        if row is None:
            return False
        self.start, self.stop, self.place = row
        return True

    def span(self) -> Span:
        """What is left of the run."""
        return Span(self.start, self.stop - self.start, (self.place,))


def _rows(number: int, archive: Archive) -> Iterator[tuple[int, int, Place]]:
    for ids, runs, lengths, offsets in entries_within(archive, ranges_of(None, 0, ZOOM_LIMIT)):
        columns = (ids, ids + runs, offsets, lengths)
        for start, stop, offset, length in zip(*(column.tolist() for column in columns), strict=True):
            yield start, stop, Place(number, offset, length)


def _same_kind(archives: Sequence[Archive]) -> None:
    first = archives[0]
    for other in archives[1:]:
        for name, one, two in (
            (_("tile type"), first.header.tile_type, other.header.tile_type),
            (_("tile compression"), first.header.tile_compression, other.header.tile_compression),
        ):
            if one is not two:
                raise InputError(
                    _("The archives are of different {what}: {one} and {two}.").format(
                        what=name, one=one.name.lower(), two=two.name.lower()
                    ),
                    where=f"{first.source.name}, {other.source.name}",
                    expected=_("archives of one tile type and one tile compression"),
                )
