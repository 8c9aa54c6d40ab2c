"""Values of columns held against secrets."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.audit.secrets import Secrets, hash_numbers, readings, text_bytes
from pipeline.i18n import _
from pipeline.kernels.audit_words import look_up, scan_texts

SHOWN = 400  # places that are looked at one by one; the rest is counted


def denied_texts(texts: pa.Array, secrets: Secrets, but: frozenset[str] = frozenset()) -> Iterator[tuple[str, int]]:
    """What is found in texts that may not occur, in words, and how often; `but` may occur here."""
    for text, times in places_of(texts, secrets).items():
        if text not in but:
            origin = secrets.origin_of_text(text.encode())
            yield _("“{text}”, a value of {origin}").format(text=text[:200], origin=origin), times


def places_of(texts: pa.Array, secrets: Secrets) -> dict[str, int]:
    """The words that are found in texts, and how often each; those beyond `SHOWN` places are counted to the last."""
    if not secrets.words.longest or not len(texts):
        return {}
    data, offsets = text_bytes(texts)
    places = np.zeros((SHOWN, 3), np.int64)
    count = scan_texts(data, offsets, secrets.words, False, places)
    found: dict[str, int] = {}
    text = ""
    for _text, start, stop in places[:count].tolist():
        text = data[start:stop].tobytes().decode("utf-8", "replace")
        found[text] = found.get(text, 0) + 1
    if count > SHOWN:
        found[text] += count - SHOWN
    return found


def denied_numbers(numbers: NDArray[np.float64], secrets: Secrets) -> Iterator[tuple[str, int]]:
    """What is found among numbers that may not occur, in words, and how often."""
    if not len(numbers) or len(secrets.numbers) < 2:
        return
    known, counts = np.unique(numbers, return_counts=True)
    at = np.empty(len(known), np.int64)
    look_up(secrets.numbers, hash_numbers(known), at)
    for value, times in zip(known[at >= 0].tolist(), counts[at >= 0].tolist(), strict=True):
        yield (
            _("{number}, a value of {origin}").format(number=repr(value), origin=secrets.origin_of_number(value)),
            times,
        )


def denied_values(column: pa.Array, secrets: Secrets) -> Iterator[tuple[str, int]]:
    """The same of a column of any type."""
    if secrets.anything:
        texts, numbers = readings(column)
        plain = texts if not pa.types.is_floating(column.type) and not pa.types.is_integer(column.type) else texts[:0]
        yield from denied_texts(plain, secrets)
        yield from denied_numbers(numbers, secrets)
