"""`longquan ledger …`: the log of every decision."""

from __future__ import annotations

from pipeline.cli._group import LazyGroup, Verb

VERBS = {
    "show": Verb("pipeline.cli.ledger.show:show", "Print the entries of the ledger."),
    "verify": Verb("pipeline.cli.ledger.verify:verify", "Find out whether anyone touched the ledger."),
}

ledger = LazyGroup("ledger", verbs=VERBS, help="Look into the log of every decision and verify it.")
