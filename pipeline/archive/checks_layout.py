"""Rules about the header's bytes and where the sections lie (PMTiles v3, "Header Design" and "Organization")."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from pipeline.archive.header import HEADER_BYTES, MAGIC, ROOT_LIMIT, VERSION, Compression, TileType
from pipeline.archive.rules import Finding
from pipeline.archive.survey import Survey
from pipeline.i18n import _

Found = Iterator[Finding]
_READABLE: Final = (Compression.NONE, Compression.GZIP)


def magic(survey: Survey) -> Found:
    found = survey.front[: len(MAGIC)]
    if found != MAGIC:
        yield Finding(
            _("the file is empty") if not found else _("the file begins with {found}").format(found=repr(found)[1:])
        )


def version(survey: Survey) -> Found:
    if survey.front[: len(MAGIC)] == MAGIC and survey.front[7:8] != bytes([VERSION]):
        yield Finding(_("the version is {found}").format(found=int.from_bytes(survey.front[7:8], "little")))


def header_whole(survey: Survey) -> Found:
    if len(survey.front) < HEADER_BYTES:
        yield Finding(_("the header has {found} bytes").format(found=len(survey.front)))


def compression_known(survey: Survey) -> Found:
    known = {code.value for code in Compression}
    yield from (
        Finding(_("compression code {code}").format(code=code)) for code in survey.front[97:99] if code not in known
    )


def compression_readable(survey: Survey) -> Found:
    code = survey.front[97:98]
    if code and code[0] not in {known.value for known in _READABLE}:
        yield Finding(_("directories and metadata are compressed with code {code}").format(code=code[0]))


def tile_type_known(survey: Survey) -> Found:
    if any(code not in {known.value for known in TileType} for code in survey.front[99:100]):
        yield Finding(_("tile type code {code}").format(code=survey.front[99]))


def clustered_boolean(survey: Survey) -> Found:
    if any(code > 1 for code in survey.front[96:97]):
        yield Finding(_("the flag is {code}").format(code=survey.front[96]))


def sections_inside(survey: Survey) -> Found:
    size = survey.source.size
    for name, section in survey.sections.items():
        if section.length and section.end > size:
            yield Finding(
                _("section {name} ends at byte {end}, the file at {size}").format(name=name, end=section.end, size=size)
            )


def sections_apart(survey: Survey) -> Found:
    places = [(0, HEADER_BYTES, "header")]
    places += [(*section, name) for name, section in survey.sections.items() if section.length]
    places.sort()
    for (offset, length, name), (after, _length, other) in pairwise(places):
        if offset + length > after:
            yield Finding(
                _("sections {name} and {other} overlap at byte {at}").format(name=name, other=other, at=after)
            )


def root_early(survey: Survey) -> Found:
    root = survey.header.root
    if root.end >= ROOT_LIMIT:
        yield Finding(_("the root directory ends at byte {end}").format(end=root.end))
