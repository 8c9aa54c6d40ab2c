"""The regression mode of `just contact-sheet`; the sheet itself takes a browser and is not drawn here."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from PIL import Image, ImageDraw

from tests.contact_sheet.picture import ROOT, Verdict, compare, drawn_by, reduced

TOOLS = "Chromium 1, fonts abc"
needs_pixelmatch = pytest.mark.skipif(
    not (ROOT / "site/node_modules/pixelmatch").is_dir(), reason="the site's packages are not installed"
)


def sheet(
    *, road: tuple[int, int, int] = (240, 180, 90), dot: bool = False, tools: str = TOOLS, width: int = 320
) -> bytes:
    image = Image.new("RGB", (width, 200), (247, 246, 240))
    draw = ImageDraw.Draw(image)
    draw.line([(0, 40), (320, 160)], road, 9)
    if dot:
        draw.point((5, 190), (0, 0, 0))
    out = io.BytesIO()
    image.save(out, "PNG")
    return reduced(out.getvalue(), tools)


def test_a_sheet_has_few_colours_and_names_what_drew_it() -> None:
    with Image.open(io.BytesIO(sheet())) as image:
        assert (image.mode, image.size) == ("P", (320, 200))
    assert drawn_by(sheet()) == TOOLS
    assert sheet() == sheet()


@needs_pixelmatch
@pytest.mark.parametrize(
    ("drawn", "verdict"),
    [
        (sheet(), Verdict.SAME),
        (sheet(dot=True), Verdict.ALIKE),  # one pixel of 64,000
        (sheet(road=(90, 180, 240)), Verdict.DIFFERENT),
        (sheet(width=330), Verdict.DIFFERENT),
        (sheet(tools="Chromium 2, fonts abc"), Verdict.OTHER_TOOLS),
    ],
    ids=["same", "a dot", "another road", "another size", "another browser"],
)
def test_sheets_are_told_apart(drawn: bytes, verdict: Verdict, tmp_path: Path) -> None:
    assert compare(sheet(), drawn, tmp_path / "difference.png") is verdict


@needs_pixelmatch
def test_what_differs_is_drawn_in_red(tmp_path: Path) -> None:
    target = tmp_path / "new" / "difference.png"
    compare(sheet(), sheet(road=(90, 180, 240)), target)
    with Image.open(target) as image:
        assert image.getpixel((160, 100)) == (220, 0, 40)  # the middle of the road
        red, green, blue = image.convert("RGB").getpixel((300, 10))  # type: ignore[misc]
        assert red == green == blue > 200


def test_the_plan_shows_every_zoom_from_6_to_18() -> None:
    plan = json.loads((ROOT / "tests/contact_sheet/plan.json").read_text("utf-8"))
    assert {int(view["zoom"]) for view in plan["views"]} == set(range(6, 19))
    assert len(plan["views"]) % plan["columns"] == 0
