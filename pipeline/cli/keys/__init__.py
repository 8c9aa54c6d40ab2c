"""`longquan keys …`: signing keys and the root of trust."""

from __future__ import annotations

from pipeline.cli._group import LazyGroup, Verb

VERBS = {
    "create": Verb("pipeline.cli.keys.create:create", "Make a signing key, encrypted with a passphrase."),
    "show": Verb("pipeline.cli.keys.show:show", "Tell whose keys these are, with their fingerprints."),
    "root": Verb("pipeline.cli.keys.root:root", "Make, sign, change and read the root of trust, with files alone."),
    "install": Verb("pipeline.cli.keys.install:install", "Put a signed root into a workspace."),
}

keys = LazyGroup("keys", verbs=VERBS, help="Make signing keys, and say who may sign what.")
