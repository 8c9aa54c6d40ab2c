"""`longquan review …`: the map review of what is published."""

from __future__ import annotations

from pipeline.cli._group import LazyGroup, Verb

VERBS = {
    "pack": Verb("pipeline.cli.review.pack:pack", "Write the material for a map review: samples and the content list."),
    "record": Verb("pipeline.cli.review.record:record", "Attach the number that a map review gave."),
    "status": Verb("pipeline.cli.review.status:status", "Tell what has changed since the map review."),
}

review = LazyGroup("review", verbs=VERBS, help="Prepare a map review, record its number, tell what has changed since.")
