"""The one door to zstandard: a block of bytes told by what a block that is there already does not have.

The block that is there is the frame's prefix (zstd's raw-content dictionary): matches reach into it, nothing of it is
in the frame. Sizes are known on both sides, so nothing is unpacked whose size a frame itself decides.
"""

from __future__ import annotations

from typing import Final

import zstandard

from pipeline.errors import InputError
from pipeline.i18n import _

LEVEL: Final = 19  # of zstd, 1 … 22
FAST: Final = 1  # for what is compressed already: literals are stored as they are
PREFIX_LIMIT: Final = 1 << 25  # bytes that a frame may start from
CONTENT_LIMIT: Final = 1 << 24  # bytes that a frame may hold
_LEAST_WINDOW: Final = 10  # log2; zstd's own limit


def compress_frame(content: bytes, prefix: bytes = b"", *, level: int = LEVEL) -> bytes:
    """`content` as one frame that starts from `prefix`; depends on nothing but these, `level` and zstd's version."""
    window = max(_LEAST_WINDOW, (len(content) + len(prefix)).bit_length())
    parameters = zstandard.ZstdCompressionParameters.from_level(
        level,
        source_size=len(content),
        dict_size=len(prefix),
        window_log=window,
        write_content_size=1,
        write_checksum=0,
        write_dict_id=0,
    )
    packer = zstandard.ZstdCompressor(compression_params=parameters, dict_data=_dictionary(prefix))
    return packer.compress(content)


def expand_frame(frame: bytes, size: int, prefix: bytes = b"") -> bytes:
    """The `size` bytes in a frame that starts from `prefix`; whatever else a frame says is refused before it is read.

    Raises InputError, without a place, for anything but one whole frame of that size.
    """
    try:
        said = zstandard.get_frame_parameters(frame)
        if said.content_size != size or said.window_size > 2 * (PREFIX_LIMIT + CONTENT_LIMIT):
            raise InputError(_("a frame of it holds more or less than it announces"))
        unpacker = zstandard.ZstdDecompressor(dict_data=_dictionary(prefix))
        content = unpacker.decompress(frame, allow_extra_data=False)
    except (zstandard.ZstdError, ValueError) as err:
        raise InputError(_("a frame of it is no sound zstd data")) from err
    if len(content) != size:
        raise InputError(_("a frame of it holds more or less than it announces"))
    return content


def _dictionary(prefix: bytes) -> zstandard.ZstdCompressionDict | None:
    # zstd itself ignores a dictionary of fewer than eight bytes, and Python's side takes none that is empty.
    raw = zstandard.DICT_TYPE_RAWCONTENT
    return zstandard.ZstdCompressionDict(prefix, dict_type=raw) if len(prefix) >= 8 else None
