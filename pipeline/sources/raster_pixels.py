"""The pixels of one open raster, box by box, with how opaque each is: nodata, masks, alpha and palettes understood."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from rasterio.enums import MaskFlags
from rasterio.errors import RasterioError
from rasterio.windows import Window

from pipeline.i18n import _
from pipeline.kernels.sample import find_nothing
from pipeline.sources.gdal_words import plainly
from pipeline.sources.raster import RasterInfo
from pipeline.sources.raster_open import damaged, settings

Box = tuple[int, int, int, int]  # left, top, right, bottom; pixels

_GRAY: Final = ("1", "2", "4")  # bits of gray that becomes bytes


class PixelReader:
    """Reads one raster. Not to be shared by threads."""

    def __init__(self, info: RasterInfo, dataset: Any) -> None:
        self._info = info
        self.lut = _lookup(info, dataset)
        self._masked = MaskFlags.per_dataset in dataset.mask_flag_enums[info.bands[0] - 1] and info.alpha is None
        nodata = (
            [np.nan if info.nodata is None else info.nodata] * len(info.bands)
            if "nodata-given" in info.notes
            else [_number(dataset.nodatavals[band - 1], info.nodata) for band in info.bands]
        )
        self._nodata = np.array(nodata, np.float64)
        self.dtype = np.dtype(np.uint8 if self.lut is not None else info.dtype)
        self.bands = 3 if info.palette else len(info.bands)

    def read(
        self,
        dataset: Any,
        size: tuple[int, int],
        step: int,
        box: Box,
        into: tuple[NDArray[Any], NDArray[np.uint8]] | None = None,
    ) -> tuple[NDArray[Any], NDArray[np.uint8]]:
        """Every nth pixel [rows, columns, bands] and its opacity [rows, columns]; beyond the edge the outermost again.

        `dataset` is the raster or one of its overviews, `size` how many pixels it has after stepping. Raises InputError
        where the file turns out to be damaged.
        """
        left, top, right, bottom = box
        inner = (max(left, 0), max(top, 0), min(right, size[0]), min(bottom, size[1]))
        rows, columns = slice(inner[1] - top, inner[3] - top), slice(inner[0] - left, inner[2] - left)
        shape = (bottom - top, right - left)
        if into is None:
            into = np.empty((*shape, len(self._info.bands)), self._info.dtype), np.empty(shape, np.uint8)
        source, opacity = into
        opacity[rows, columns] = 255
        window = Window(inner[0] * step, inner[1] * step, (inner[2] - inner[0]) * step, (inner[3] - inner[1]) * step)
        out_shape = (inner[3] - inner[1], inner[2] - inner[0])
        try:
            with settings():
                bands = list(self._info.bands)
                dataset.read(bands, window=window, out=source[rows, columns].transpose(2, 0, 1))
                if self._info.alpha is not None:
                    opacity[rows, columns] = _eighth(dataset.read(self._info.alpha, window=window, out_shape=out_shape))
                elif self._masked:
                    opacity[rows, columns] = dataset.read_masks(bands[0], window=window, out_shape=out_shape)
        except RasterioError as error:
            cause = error.__cause__ or error.__context__ or error
            at = _("rows {first} to {last}: {reason}")
            reason = plainly(cause, str(self._info.path))
            raise damaged(
                self._info.path, at.format(first=inner[1] * step, last=inner[3] * step, reason=reason)
            ) from error
        for pixels in (source, opacity):
            _repeat_edges(pixels, rows, columns)
        if not np.isnan(self._nodata).all() or np.issubdtype(source.dtype, np.floating):
            find_nothing(source, self._nodata, opacity)
        if self.lut is None:
            return source, opacity
        found = self.lut[np.clip(source[:, :, 0], 0, len(self.lut) - 1)]
        return np.ascontiguousarray(found[:, :, : self.bands]), np.minimum(opacity, found[:, :, 3])


def _repeat_edges(pixels: NDArray[Any], rows: slice, columns: slice) -> None:
    """Repeat the outermost of the pixels that were read into what lies beyond them."""
    pixels[rows, : columns.start] = pixels[rows, columns.start : columns.start + 1]
    pixels[rows, columns.stop :] = pixels[rows, columns.stop - 1 : columns.stop]
    pixels[: rows.start] = pixels[rows.start]
    pixels[rows.stop :] = pixels[rows.stop - 1]


def _eighth(alpha: NDArray[Any]) -> NDArray[np.uint8]:
    """Alpha as bytes: of wider integers the upper byte, of floats a fraction."""
    if alpha.dtype == np.uint8:
        return alpha
    if np.issubdtype(alpha.dtype, np.floating):
        return np.asarray(np.clip(np.nan_to_num(alpha) * 255.0 + 0.5, 0, 255), np.uint8)
    return np.asarray(np.maximum(alpha, 0) / (np.iinfo(alpha.dtype).max / 255.0) + 0.5, np.uint8)


def _number(value: float | None, otherwise: float | None) -> float:
    """A band's nodata value; not a number where none of the bands has a possible one."""
    if otherwise is None:
        return np.nan
    return otherwise if value is None else float(value)


def _lookup(info: RasterInfo, dataset: Any) -> NDArray[np.uint8] | None:
    """Red, green, blue and alpha [values, 4] of a band that holds indices, or gray of one with fewer than 8 bits."""
    if info.palette:
        colours = dataset.colormap(info.bands[0])
        table = np.zeros((max(colours) + 1, 4), np.uint8)
        for value, colour in colours.items():
            table[value] = colour
        return table
    bits = dataset.tags(info.bands[0], ns="IMAGE_STRUCTURE").get("NBITS", "8")
    if info.dtype == "uint8" and bits in _GRAY and len(info.bands) == 1:
        gray = np.round(255.0 * np.arange(1 << int(bits)) / ((1 << int(bits)) - 1)).astype(np.uint8)
        return np.column_stack([gray, gray, gray, np.full_like(gray, 255)])
    return None
