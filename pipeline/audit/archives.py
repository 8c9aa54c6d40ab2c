"""PMTiles archives: their structure, what they say of themselves, and every tile."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from pipeline.archive.header import HEADER_BYTES, TileType
from pipeline.archive.reader import Archive, open_archive
from pipeline.audit.against import Against
from pipeline.audit.allowed import AllowedArchive
from pipeline.audit.document import Read, value_document
from pipeline.audit.document_rules import DOCUMENT_RULES
from pipeline.audit.raster_tiles import walk_images
from pipeline.audit.rules import Finding, Findings, Rule, Severity, check
from pipeline.audit.tile_rules import CONTOUR_RULE, TILE_RULES
from pipeline.audit.vector_tiles import Content, contents, walk_archive
from pipeline.errors import LongquanError
from pipeline.i18n import _
from pipeline.progress import Progress


@dataclass(frozen=True, slots=True)
class Measure:
    """How much was looked through."""

    tiles: int = 0  # distinct contents
    features: int = 0
    bytes: int = 0  # of tiles, uncompressed

    def __add__(self, other: Measure) -> Measure:
        return Measure(self.tiles + other.tiles, self.features + other.features, self.bytes + other.bytes)


@dataclass(frozen=True, slots=True)
class Opened:
    """An archive, and which one it is."""

    file: str
    archive: Archive
    allowed: AllowedArchive | None
    contents: Content


@dataclass(frozen=True, slots=True)
class Broken:
    """An archive that cannot be read."""

    file: str
    reason: str


def audit_archive(
    path: Path, file: str, id: str | None, against: Against, findings: Findings, threads: int | None, progress: Progress
) -> Measure:
    """Put an archive to every rule; `id` is the one under which release.json lists it."""
    try:
        with open_archive(path) as archive:
            allowed = against.allowed.archives.get(id) if id is not None else None
            opened = Opened(file, archive, allowed, contents(archive))
            check(opened, ARCHIVE_RULES, findings)
            about = value_document(archive.metadata, f"{file}#metadata")
            check(Read(about, against, False), DOCUMENT_RULES, findings)
            if allowed is None:
                return Measure()
            if archive.header.tile_type is TileType.MVT:
                return _vectors(opened, allowed, against, findings, threads, progress)
            return _pixels(opened, allowed, against, findings, threads, progress)
    except LongquanError as error:
        findings.add(BROKEN_RULE, BROKEN_RULE.check(Broken(file, error.message)))
        return Measure()


def _vectors(
    opened: Opened,
    allowed: AllowedArchive,
    against: Against,
    findings: Findings,
    threads: int | None,
    progress: Progress,
) -> Measure:
    measure = Measure()
    levels: set[float] = set()
    walk = walk_archive(
        opened.archive, allowed, against.secrets, against.ids, opened.file, threads=threads, progress=progress
    )
    for walked in walk:
        check(walked, TILE_RULES, findings)
        measure += Measure(walked.tiles, walked.features, walked.size)
        levels |= walked.levels
    findings.add(CONTOUR_RULE, CONTOUR_RULE.check((opened.file, allowed.contour_interval, frozenset(levels))))
    return measure


def _pixels(
    opened: Opened,
    allowed: AllowedArchive,
    against: Against,
    findings: Findings,
    threads: int | None,
    progress: Progress,
) -> Measure:
    measure = Measure()
    walk = walk_images(opened.archive, allowed, against.mask, opened.file, threads=threads, progress=progress)
    for results, tiles, size in walk:
        for rule, found in results:
            findings.add(rule, found)
        measure += Measure(tiles, 0, size)
    return measure


def broken(found: Broken) -> Iterator[Finding]:
    """Archives that cannot be read."""
    yield Finding(_("it cannot be read: {reason}").format(reason=found.reason), found.file)


def unknown_archive(opened: Opened) -> Iterator[Finding]:
    """Archives that may not be there."""
    if opened.allowed is None:
        yield Finding(_("it is no allowed archive"), opened.file)


def other_content(opened: Opened) -> Iterator[Finding]:
    """Tiles of pixels where layers are allowed, or the other way round."""
    if opened.allowed is None:
        return
    found = opened.archive.header.tile_type
    vectors = opened.allowed.product in ("vector", "contours")
    if vectors != (found is TileType.MVT):
        text = _("its tiles are {type}, allowed is {product}")
        yield Finding(text.format(type=found.name.lower(), product=opened.allowed.product), opened.file)


def unused_bytes(opened: Opened) -> Iterator[Finding]:
    """Bytes that belong to no tile, directory or metadata: what was removed may still be in them."""
    header = opened.archive.header
    size = opened.archive.source.size
    spans = [(0, HEADER_BYTES), *((s.offset, s.end) for s in (header.root, header.metadata, header.leaves) if s.length)]
    starts = header.data.offset + opened.contents.offsets
    stops = starts + opened.contents.lengths
    begin = np.concatenate([[a for a, _b in spans], starts])
    end = np.concatenate([[b for _a, b in spans], stops])
    order = np.argsort(begin, kind="stable")
    reached = np.concatenate([[0], np.maximum.accumulate(end[order])])
    gaps = np.maximum(np.concatenate([begin[order], [size]]) - reached, 0)
    if total := int(gaps.sum()):
        where = int(reached[int(np.argmax(gaps > 0))])
        text = _("{n} bytes belong to nothing, the first at {offset}")
        yield Finding(text.format(n=total, offset=where), opened.file)


BROKEN_RULE: Final = Rule(
    "archive-readable",
    Severity.LEAK,
    "Archives can be read.",
    "Build the archive again; what cannot be read cannot be proved to hold nothing.",
    broken,
)
ARCHIVE_RULES: Final[tuple[Rule[Opened], ...]] = (
    Rule(
        "archive-known",
        Severity.LEAK,
        "Every archive is one that the edition may show.",
        "Correct the audiences of its datasets, and build again.",
        unknown_archive,
    ),
    Rule(
        "archive-kind",
        Severity.LEAK,
        "Tiles are of the kind that the archive may have.",
        "Build the archive again.",
        other_content,
    ),
    Rule(
        "archive-bytes",
        Severity.LEAK,
        "Every byte of an archive belongs to something.",
        "Build the archive again: unused bytes may hold what should have been removed.",
        unused_bytes,
    ),
)
