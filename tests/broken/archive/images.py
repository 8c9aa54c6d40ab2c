"""Makes raster archives whose images, heights or pyramid can be wrong, with Pillow and the published formulas."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from pmtiles.tile import Compression, TileType, zxy_to_tileid

from tests.broken.archive.forge import Parts, pack

Tile = tuple[int, int, int]
TYPES = {"png": TileType.PNG, "webp": TileType.WEBP, "jpeg": TileType.JPEG}
WORLD = {
    "min_lon_e7": -1_800_000_000,
    "max_lon_e7": 1_800_000_000,
    "min_lat_e7": -850_511_287,
    "max_lat_e7": 850_511_287,
    "center_lon_e7": 0,
}
ALL = [(0, 0, 0), (1, 0, 0), (1, 1, 0), (1, 0, 1), (1, 1, 1)]


def picture(
    kind: str = "png", width: int = 256, height: int = 256, seed: int = 0, alpha: object = None, **save: Any
) -> bytes:
    """An image of a few colours; `alpha` is a number or an array [height, width]."""
    rng = np.random.default_rng(seed)
    pixels = np.repeat(rng.integers(0, 255, (height, 1, 4), np.uint8), width, axis=1)
    pixels[:, :, 3] = 255 if alpha is None else alpha
    return saved(pixels if alpha is not None else pixels[:, :, :3], kind, **save)


def saved(pixels: NDArray[np.uint8], kind: str = "png", **save: Any) -> bytes:
    out = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(out, kind, **save)
    return out.getvalue()


def terrarium(heights: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Mapzen's formula backwards: (R·256 + G + B/256) − 32768."""
    code = np.round((heights + 32768) * 256).astype(np.int64)
    return np.stack([code >> 16, code >> 8 & 255, code & 255], axis=2).astype(np.uint8)


def mapbox(heights: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Mapbox' formula backwards: −10000 + (R·65536 + G·256 + B)·0.1."""
    code = np.round((heights + 10000) * 10).astype(np.int64)
    return np.stack([code >> 16, code >> 8 & 255, code & 255], axis=2).astype(np.uint8)


def raster(
    images: Mapping[Tile, bytes], kind: str = "png", metadata: Mapping[str, Any] | None = None, **header: Any
) -> Parts:
    """An archive of these images over the whole world."""
    ordered = sorted((zxy_to_tileid(*tile), body) for tile, body in images.items())
    entries, at = [], 0
    for tile_id, body in ordered:
        entries.append((tile_id, at, len(body), 1))
        at += len(body)
    zooms = [tile[0] for tile in images]
    facts = {"tile_type": TYPES[kind], "min_zoom": min(zooms), "max_zoom": max(zooms), **WORLD, **header}
    return Parts(
        entries=entries, data=b"".join(body for _id, body in ordered), metadata=pack(dict(metadata or {})), header=facts
    )


def imagery(kind: str = "png", change: Mapping[Tile, bytes | None] | None = None, **options: Any) -> Parts:
    """Zooms 0 and 1 whole; `change` puts other images in place of some, None leaves a tile out."""
    images: dict[Tile, bytes | None] = {tile: picture(kind, seed=i) for i, tile in enumerate(ALL)}
    images |= change or {}
    return raster({tile: body for tile, body in images.items() if body is not None}, kind, **options)


def relief(side: int = 512) -> NDArray[np.float64]:
    """Heights [side, side] from 200 m in the north-west to 250 m in the south-east, the whole of zoom 1."""
    rows, columns = np.mgrid[0:side, 0:side]
    return 200 + (rows + columns) * 50.0 / (2 * side)


def terrain(
    encode: Callable[[NDArray[np.float64]], NDArray[np.uint8]] = terrarium,
    change: Mapping[Tile, bytes | None] | None = None,
    heights: NDArray[np.float64] | None = None,
    kind: str = "png",
    metadata: Mapping[str, Any] | None = None,
    **save: Any,
) -> Parts:
    """Zoom 1 from heights [512, 512], zoom 0 from the means of four."""
    below = relief() if heights is None else heights
    above = below.reshape(256, 2, 256, 2).mean(axis=(1, 3))
    images: dict[Tile, bytes | None] = {(0, 0, 0): saved(encode(above), kind, **save)}
    for _zoom, x, y in ALL[1:]:
        images[1, x, y] = saved(encode(below[y * 256 : y * 256 + 256, x * 256 : x * 256 + 256]), kind, **save)
    images |= change or {}
    said = {"encoding": encode.__name__} if metadata is None else metadata
    return raster({tile: body for tile, body in images.items() if body is not None}, kind, said)


def holed(side: int = 256) -> NDArray[np.uint8]:
    """Alpha that shows nothing but the north-western quadrant."""
    alpha = np.zeros((side, side), np.uint8)
    alpha[: side // 2, : side // 2] = 255
    return alpha


def _steep() -> NDArray[np.float64]:
    heights = relief()
    heights[300, 300] = 9500.0
    return heights


WHOLE = picture("webp", seed=1, quality=75)
CLEAR = picture("png", seed=1, alpha=0)

# rule id → an archive that breaks this rule and no other
BROKEN_IMAGES: dict[str, Callable[[], Parts]] = {
    "image-readable": lambda: imagery("webp", {(1, 0, 0): WHOLE[: len(WHOLE) // 2]}),
    "image-format": lambda: imagery("png", {(1, 0, 0): WHOLE}),
    "image-square": lambda: imagery("png", {(1, 0, 0): picture("png", 256, 128)}),
    "image-sized": lambda: imagery("png", {tile: picture("png", 300, 300, seed) for seed, tile in enumerate(ALL)}),
    "image-still": lambda: imagery("webp", {(1, 0, 0): _moving()}),
    "image-ends": lambda: imagery("webp", {(1, 0, 0): WHOLE + b"what was cut out"}),
    "image-visible": lambda: imagery("png", {(1, 0, 0): CLEAR}),
    "terrain-lossless": lambda: terrain(kind="webp", quality=100, heights=np.full((512, 512), 256.0)),
    "terrain-opaque": lambda: terrain(change={(1, 0, 0): _with_alpha()}),
    "terrain-plausible": lambda: terrain(heights=_steep()),
    "sizes-equal": lambda: imagery("png", {(1, 0, 0): picture("png", 512, 512)}),
    "images-plain": lambda: raster({(0, 0, 0): _gzipped(picture())}, tile_compression=Compression.GZIP),
    "encoding-known": lambda: terrain(metadata={"type": "terrain"}),
    "bounds-contain": lambda: imagery("png", max_lon_e7=-10_000_000, center_lon_e7=-900_000_000),
    "parents-present": lambda: raster({tile: picture(seed=i) for i, tile in enumerate([*ALL[:3], (2, 0, 3)])}),
    "children-present": lambda: imagery("png", {(0, 0, 0): picture(alpha=holed()), (1, 0, 0): None}),
    "terrain-means": lambda: terrain(change={(0, 0, 0): saved(terrarium(np.full((256, 256), 230.0)))}),
}


def _moving() -> bytes:
    frames = [Image.new("RGB", (256, 256), colour) for colour in ("red", "blue")]
    out = io.BytesIO()
    frames[0].save(out, "webp", save_all=True, append_images=frames[1:], duration=100)
    return out.getvalue()


def _with_alpha() -> bytes:
    pixels = np.dstack([terrarium(relief()[:256, :256]), np.full((256, 256), 255, np.uint8)])
    pixels[5, 5, 3] = 254
    return saved(pixels)


def _gzipped(data: bytes) -> bytes:
    import gzip

    return gzip.compress(data, mtime=0)
