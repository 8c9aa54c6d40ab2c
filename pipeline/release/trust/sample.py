"""The keys of the sample city: everybody has them, so they prove nothing anywhere else."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

# Ids of the keys in pipeline/demo/keys/; a test compares them.
SAMPLE_KEYIDS: Final = frozenset[str]()


def has_sample_key(keyids: Iterable[str]) -> bool:
    """Whether a throw-away key is among them."""
    return not SAMPLE_KEYIDS.isdisjoint(keyids)
