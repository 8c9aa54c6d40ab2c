from __future__ import annotations

import json
import struct
import zlib
from pathlib import Path

import pytest

from pipeline.errors import ConfigError
from pipeline.portal.flavour import read_flavour, read_layers
from pipeline.portal.sprites import Icon, disc_icon, disc_icons_in, own_icons, sprite_files

STYLES = Path(__file__).parents[2] / "styles"
SQUARE = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="{w}" height="{h}"><rect width="{w}" height="{h}" fill="{c}"/></svg>'
)


def square(name: str, width: int, height: int, colour: str) -> Icon:
    return Icon(name, SQUARE.format(w=width, h=height, c=colour), width, height, {})


def pixel(png: bytes, x: int, y: int) -> tuple[int, ...]:
    """One RGBA pixel of a PNG without interlacing, by the PNG specification."""
    width, _, depth, kind = struct.unpack(">IIBB", png[16:26])
    assert (depth, kind) == (8, 6)
    chunks, at = b"", 8
    while at < len(png):
        (length,) = struct.unpack(">I", png[at : at + 4])
        if png[at + 4 : at + 8] == b"IDAT":
            chunks += png[at + 8 : at + 8 + length]
        at += length + 12
    raw, stride = zlib.decompress(chunks), width * 4
    row = bytearray(stride)
    for line in range(y + 1):
        filtered = raw[line * (stride + 1)]
        data = bytearray(raw[line * (stride + 1) + 1 : (line + 1) * (stride + 1)])
        for i in range(stride):
            left, up, corner = (data[i - 4] if i >= 4 else 0), row[i], (row[i - 4] if i >= 4 else 0)
            guess = left + up - corner
            nearest = min((left, up, corner), key=lambda v: (abs(guess - v), (left, up, corner).index(v)))
            data[i] = (data[i] + (0, left, up, (left + up) // 2, nearest)[filtered]) & 255
        row = data
    return tuple(row[x * 4 : x * 4 + 4])


def test_icons_lie_where_the_index_says_at_both_densities() -> None:
    stem, files = sprite_files([square("red", 4, 6, "#ff0000"), square("blue", 8, 3, "#0000ff")])
    for ratio, suffix in ((1, ""), (2, "@2x")):
        index = json.loads(files[f"{stem}{suffix}.json"])
        assert list(index) == ["blue", "red"]
        assert {key: index["red"][key] for key in ("width", "height", "pixelRatio")} == {
            "width": 4 * ratio,
            "height": 6 * ratio,
            "pixelRatio": ratio,
        }
        png = files[f"{stem}{suffix}.png"]
        for name, colour in (("red", (255, 0, 0, 255)), ("blue", (0, 0, 255, 255))):
            place = index[name]
            assert pixel(png, place["x"], place["y"]) == colour
            assert pixel(png, place["x"] + place["width"] - 1, place["y"] + place["height"] - 1) == colour


def test_icons_never_overlap_and_rows_wrap() -> None:
    _, files = sprite_files([square(f"i{n:02}", 30 + n % 3, 10 + n % 5, "#000000") for n in range(20)])
    index = json.loads(
        next(
            data
            for name, data in files.items()
            if name.endswith("sprite.json") or (name.endswith(".json") and "@2x" not in name)
        )
    )
    taken: set[tuple[int, int]] = set()
    for place in index.values():
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["width"])
            for y in range(place["y"], place["y"] + place["height"])
        }
        assert not taken & cells
        taken |= cells
    assert max(x for x, _ in taken) < 128 < max(y for _, y in taken) * 3


def test_the_same_icons_give_the_same_bytes_in_any_order() -> None:
    icons = own_icons(STYLES / "icons")
    assert sprite_files(icons) == sprite_files(icons[::-1])


def test_shields_may_stretch() -> None:
    stem, files = sprite_files(own_icons(STYLES / "icons"))
    shield = json.loads(files[f"{stem}@2x.json"])["shield-national"]
    assert (shield["stretchX"], shield["stretchY"], shield["content"]) == ([[8, 32]], [[8, 20]], [6, 4, 34, 24])


def test_icons_for_discs_are_white_own_ones_first_and_unknown_ones_none(private: Path) -> None:
    folders = (STYLES / "icons" / "theme", private / "maki")
    school, kiln = disc_icon(folders, "school"), disc_icon(folders, "kiln")
    assert school is not None and school.name == "maki-school" and 'fill="#ffffff"' in school.svg
    assert kiln is not None and kiln.name == "maki-kiln"
    assert disc_icon(folders, "no-such-icon") is None
    assert disc_icon(folders, "../peak") is None


def test_the_base_layers_ask_only_for_icons_there_are(private: Path) -> None:
    flavour = read_flavour(STYLES, "light")
    names = set(disc_icons_in(read_layers(STYLES, flavour)))
    assert {"town-hall", "museum"} < names
    assert [n for n in sorted(names) if disc_icon((STYLES / "icons" / "theme", private / "maki"), n) is None] == []


def test_an_icon_without_a_size_is_refused(tmp_path: Path) -> None:
    (tmp_path / "stretch.json").write_text("{}")
    (tmp_path / "bare.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"/>')
    with pytest.raises(ConfigError, match="bare"):
        own_icons(tmp_path)
