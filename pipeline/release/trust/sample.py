"""The keys of the sample city: everybody has them, so they prove nothing anywhere else."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

# Ids of the keys in pipeline/demo/keys/; a test compares them.
SAMPLE_KEYIDS: Final = frozenset(
    (
        "222db4f1fdcb772a02dcae376aee961b945f2138f1a7461483eb7844adda7276",  # root-a
        "4b2befda53a93290cc7c217505d024747fa8b5ab6812abb16e12d1dca4d5c9a1",  # root-b
        "784857eb1ed0d928c980bb94b176dc601d58f84868350f2896a9ceba5d3f5b59",  # survey
        "f87ee0b0b1cf4011564a7af34b515fd3dc451816a80b818ece2ce66e3c115e92",  # secrecy
        "14e636546afc674244563773440b99040c5f80da011184026830154d686bd0fd",  # publish
    )
)


def has_sample_key(keyids: Iterable[str]) -> bool:
    """Whether a throw-away key is among them."""
    return not SAMPLE_KEYIDS.isdisjoint(keyids)
