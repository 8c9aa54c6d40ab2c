"""`longquan archive …`: tools on PMTiles archives, one module per verb, each loaded only when it is called."""

from __future__ import annotations

from pipeline.cli._group import LazyGroup, Verb

VERBS = {
    "show": Verb("pipeline.cli.archive.show:show", "Show what an archive holds and what takes the space."),
    "verify": Verb(
        "pipeline.cli.archive.verify:verify", "Check archives: structure, and every tile of vector archives."
    ),
    "decode": Verb("pipeline.cli.archive.decode:decode", "Print vector tiles as GeoJSON."),
}

archive = LazyGroup("archive", verbs=VERBS, help="Look into PMTiles archives and check them.")
