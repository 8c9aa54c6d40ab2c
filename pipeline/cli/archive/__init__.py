"""`longquan archive …`: tools on PMTiles archives, one module per verb, each loaded only when it is called."""

from __future__ import annotations

from pipeline.cli._group import LazyGroup, Verb

VERBS = {
    "show": Verb("pipeline.cli.archive.show:show", "Show what an archive holds and what takes the space."),
    "verify": Verb(
        "pipeline.cli.archive.verify:verify", "Check archives: structure, and every tile, vector or raster."
    ),
    "decode": Verb(
        "pipeline.cli.archive.decode:decode", "Print vector tiles as GeoJSON; write a picture, tell heights."
    ),
    "diff": Verb("pipeline.cli.archive.diff:diff", "Show what differs between two archives; write the delta."),
    "patch": Verb("pipeline.cli.archive.patch:patch", "Make the newer archive from the older one and a delta."),
    "extract": Verb("pipeline.cli.archive.extract:extract", "Copy part of an archive: an area, zooms, layers."),
    "merge": Verb("pipeline.cli.archive.merge:merge", "Put the tiles of several archives into one."),
    "export": Verb("pipeline.cli.archive.export:export", "Write an archive as MBTiles or as a folder of tiles."),
    "explain": Verb(
        "pipeline.cli.archive.explain:explain", "Tell which features were left out, gathered or joined, and why."
    ),
}

archive = LazyGroup("archive", verbs=VERBS, help="Look into PMTiles archives and check them.")
