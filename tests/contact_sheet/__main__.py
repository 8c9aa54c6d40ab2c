"""Every look of the map at fixed places and zooms in one picture: `python -m tests.contact_sheet DIST [--check]`.

Without --check the picture is written into docs/; review it. With it a new one is held against that: bytes first,
then pixel by pixel, and what differs is drawn. Browser and fonts decide about every pixel of a letter, so both must
be those of the kept picture, which names them itself.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

from tests.contact_sheet.picture import ROOT, Verdict, compare, drawn_by, node, reduced

PLAN = Path(__file__).with_name("plan.json")
KEPT = ROOT / "docs" / "contact-sheet.png"
DIFFERENCE = ROOT / ".cache" / "contact-sheet-difference.png"


def main() -> int:
    """The exit code: 0 written or alike, 1 different, 2 not to be compared."""
    parser = argparse.ArgumentParser(prog="python -m tests.contact_sheet", description=__doc__)
    parser.add_argument("dist", type=Path, help="a published edition of the sample city")
    parser.add_argument("--check", action="store_true", help="compare with the kept picture instead of replacing it")
    parser.add_argument("--out", type=Path, default=KEPT, help="the picture to write, or to compare with")
    options = parser.parse_args()
    picture = render(options.dist)
    if not options.check:
        options.out.write_bytes(picture)
        print(f"{options.out}: {len(picture):,} bytes")
        return 0
    kept = options.out.read_bytes()
    verdict = compare(kept, picture, DIFFERENCE)
    match verdict:
        case Verdict.SAME:
            print("the same, byte for byte")
        case Verdict.ALIKE:
            print("other bytes, but no pixel that anybody could tell apart")
        case Verdict.OTHER_TOOLS:
            print(f"not comparable: kept by {drawn_by(kept)}, drawn now by {drawn_by(picture)}", file=sys.stderr)
        case Verdict.DIFFERENT:
            print(f"the map looks different: {DIFFERENCE}", file=sys.stderr)
    return {Verdict.SAME: 0, Verdict.ALIKE: 0, Verdict.DIFFERENT: 1, Verdict.OTHER_TOOLS: 2}[verdict]


def render(dist: Path) -> bytes:
    """The picture of the styles that `dist` publishes."""
    with tempfile.TemporaryDirectory() as folder:
        drawn = Path(folder) / "sheet.png"
        told = node(ROOT / "site" / "build" / "contact-sheet.js", dist.resolve(), PLAN, drawn)
        tools = json.loads(told.strip().splitlines()[-1])
        return reduced(drawn.read_bytes(), f"{tools['browser']}, fonts {tools['fonts']}")


if __name__ == "__main__":
    sys.exit(main())
