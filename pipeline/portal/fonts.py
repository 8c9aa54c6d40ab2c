"""Font files with exactly the characters a city needs, as the style's `font-faces` and as CSS for the page."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from pipeline.portal.characters import unicode_ranges
from pipeline.portal.files import content_hash
from pipeline.portal.font_slices import FAMILY, Outline, Outlines

FOLDER = "assets/fonts"
EPOCH = 2_082_844_800  # 1970-01-01 in seconds since 1904: a fixed date, so that the bytes depend on the characters only


@dataclass(frozen=True, slots=True)
class FontFile:
    """One woff2 file and the characters it draws."""

    name: str  # relative to the published folder
    data: bytes
    ranges: tuple[str, ...]


def font_files(style: str, outlines: Outlines, groups: Sequence[Sequence[str]]) -> list[FontFile]:
    """One woff2 file per group of characters that the font has; the same groups give the same bytes."""
    files = []
    for number, group in enumerate(groups):
        characters = [c for c in group if c in outlines.by_character]
        if characters:
            pairs = tuple((c, outlines.by_character[c]) for c in characters)
            metrics = (outlines.units_per_em, outlines.ascender, outlines.descender)
            data = _woff2(style, metrics, outlines.missing, pairs)
            name = f"{FOLDER}/noto-sans-sc-{style.lower()}-{number}-{content_hash(data)}.woff2"
            files.append(FontFile(name, data, tuple(unicode_ranges(characters))))
    return files


def font_faces(files: Mapping[str, Sequence[FontFile]]) -> dict[str, Any]:
    """The style's `font-faces`: font name → files with their ranges; addresses relative to the `styles/` folder."""
    return {
        f"{FAMILY} {style}": [{"url": f"../{file.name}", "unicode-range": list(file.ranges)} for file in faces]
        for style, faces in files.items()
    }


def page_css(files: Mapping[str, Sequence[FontFile]], weights: Mapping[str, int]) -> bytes:
    """`@font-face` rules, relative to `assets/`: the page's last resort on machines without a Chinese font."""
    rules = []
    for style, faces in files.items():
        for file in faces:
            address = file.name.removeprefix("assets/")
            rules.append(
                f'@font-face{{font-family:"{FAMILY} Web";font-weight:{weights[style]};font-display:swap;'
                f'src:url({address}) format("woff2");unicode-range:{",".join(file.ranges)}}}'
            )
    return ("\n".join(rules) + "\n").encode()


@lru_cache(maxsize=64)  # of at most some 100 kB: editions, and builds in one process, share many groups
def _woff2(
    style: str, metrics: tuple[int, int, int], missing: Outline, characters: tuple[tuple[str, Outline], ...]
) -> bytes:
    from fontTools.fontBuilder import FontBuilder  # type: ignore[import-untyped]

    units_per_em, ascender, descender = metrics
    order = [".notdef"] + [f"u{ord(c):04X}" for c, _outline in characters]
    chosen = [missing] + [outline for _c, outline in characters]
    builder = FontBuilder(units_per_em, isTTF=True)
    builder.font.recalcTimestamp = False
    builder.setupHead(unitsPerEm=units_per_em, created=EPOCH, modified=EPOCH)
    builder.setupGlyphOrder(order)
    builder.setupCharacterMap({ord(c): name for (c, _outline), name in zip(characters, order[1:], strict=True)})
    builder.setupGlyf({name: item.glyph for name, item in zip(order, chosen, strict=True)})
    glyf: Any = builder.font["glyf"]
    builder.setupHorizontalMetrics(
        {name: (item.advance, getattr(glyf[name], "xMin", 0)) for name, item in zip(order, chosen, strict=True)}
    )
    builder.setupHorizontalHeader(ascent=ascender, descent=descender)
    builder.setupOS2(sTypoAscender=ascender, sTypoDescender=descender, usWinAscent=ascender)
    builder.setupNameTable(
        {"familyName": FAMILY, "styleName": style, "licenseDescription": "SIL Open Font License 1.1"}
    )
    builder.setupPost(keepGlyphNames=False)
    builder.font.flavor = "woff2"
    stream = io.BytesIO()
    builder.save(stream)
    return stream.getvalue()
