"""`longquan receipt …`: which office runs which release."""

from __future__ import annotations

from pipeline.cli._group import LazyGroup, Verb

VERBS = {
    "add": Verb("pipeline.cli.receipt.add:add", "Record the code of a receipt."),
    "list": Verb("pipeline.cli.receipt.list:list_", "Tell which office runs which release."),
}

receipt = LazyGroup("receipt", verbs=VERBS, help="Record what offices say that they run; tell who runs what.")
