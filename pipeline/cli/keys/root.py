"""`longquan keys root …`: the ceremony at which a root of trust is made, signed and changed."""

from __future__ import annotations

from pipeline.cli._group import LazyGroup, Verb

VERBS = {
    "create": Verb("pipeline.cli.keys.root_create:create", "Write the first root, unsigned."),
    "sign": Verb("pipeline.cli.keys.root_sign:sign", "Add a signature to a root."),
    "change": Verb("pipeline.cli.keys.root_change:change", "Write the next root: enrol, revoke or replace keys."),
    "show": Verb("pipeline.cli.keys.root_show:show", "Tell what a root says and which signatures are missing."),
}

root = LazyGroup(
    "root",
    verbs=VERBS,
    help="Make, sign, change and read the root of trust, with files alone.",
    epilog="No network and no workspace are needed: it all works from a USB stick.",
)
