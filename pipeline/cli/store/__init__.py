"""`longquan store …`: what was handed in."""

from __future__ import annotations

from pipeline.cli._group import LazyGroup, Verb

VERBS = {
    "list": Verb("pipeline.cli.store.list:list_versions", "List the versions that were accepted."),
    "purge": Verb("pipeline.cli.store.purge:purge", "Remove a version for good; the ledger keeps a tombstone."),
}

store = LazyGroup("store", verbs=VERBS, help="Look at what was handed in; remove what should not be there.")
