"""Addresses in two levels: what they are counted along, and the number."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipeline.portal.search.features import Addressed

# The number before the last 号; what stands before it is the street with whatever leads to it.
_WHOLE: Final = (
    r"^(?P<head>.*?[^0-9])(?P<number>[0-9]{1,6})(?P<suffix>(?:[-－–—之][0-9一二三四五六七八九十]{1,3}|[甲乙丙丁A-Za-z])?)"
    r"[号號](?P<rest>(?:[-－–—之][0-9]{1,4})?)[^号號]*$"
)
_PLAIN: Final = r"^(?P<number>[0-9]{1,6})(?P<suffix>.{0,6}?)[号號]?$"
_LED: Final = re.compile(
    r"(?:[^省]{2,7}(?:省|自治区))?(?:[^市]{2,6}市){0,2}(?:[^县区市]{1,5}[县区])?(?:[^镇乡]{1,6}?(?:街道|镇|乡))?"
)
_STEPS: Final = re.compile(r".+?(?:省|自治区|市|县|区|街道|镇|乡)")


class Parts(NamedTuple):
    """Addresses taken apart [n]; those without a street or a number are left out."""

    row: NDArray[np.int64]
    street: NDArray[np.int64]  # number of the street
    streets: list[str]
    number: NDArray[np.int64]
    suffix: NDArray[np.object_]
    prefixes: list[str]  # what addresses begin with: province, city, town


def parts(addresses: Addressed) -> Parts:
    """Street and number of each address, from its own fields where it has them, else from its text."""
    count = len(addresses.address)
    text = pc.extract_regex(addresses.address, _WHOLE)
    head, number = pc.struct_field(text, "head"), pc.struct_field(text, "number")
    suffix = pc.binary_join_element_wise(
        pc.struct_field(text, "suffix"), pc.struct_field(text, "rest"), pa.scalar("", pa.large_string())
    )
    plain = pc.extract_regex(addresses.number, _PLAIN)
    number = pc.coalesce(pc.struct_field(plain, "number"), number)
    suffix = pc.coalesce(
        pc.if_else(pc.equal(pc.struct_field(plain, "suffix"), ""), None, pc.struct_field(plain, "suffix")), suffix
    )
    heads = head.dictionary_encode()
    known = [_without_lead(each) for each in heads.dictionary.to_pylist()]
    taken = pa.array([street for _lead, street in known], pa.large_string())
    from_text = taken.take(heads.indices)
    given = pc.if_else(pc.equal(pc.utf8_trim_whitespace(addresses.street), ""), None, addresses.street)
    streets = pc.coalesce(given, from_text).dictionary_encode()
    there = pc.and_(pc.is_valid(streets), pc.is_valid(number)) if count else pa.array([], pa.bool_())
    rows = np.flatnonzero(np.asarray(there))
    picked = pa.array(rows)
    return Parts(
        rows,
        np.asarray(streets.indices.take(picked), np.int64),
        [each.strip() for each in streets.dictionary.to_pylist()],
        np.asarray(number.take(picked).cast(pa.int64()), np.int64),
        np.array(pc.fill_null(suffix, "").take(picked).to_pylist(), object),
        _prefixes(addresses, [lead for lead, _street in known]),
    )


def _without_lead(head: str | None) -> tuple[str, str]:
    """What leads to a street, and the street."""
    match = _LED.match(head or "")
    end = match.end() if match else 0
    if head is None or end >= len(head):
        return "", head or ""
    return head[:end], head[end:]


def _prefixes(addresses: Addressed, leads: Sequence[str]) -> list[str]:
    found = {step for lead in set(leads) for step in _STEPS.findall(lead)}
    towns = pc.unique(addresses.town).to_pylist() if len(addresses.town) else []
    return sorted(found | {town.strip() for town in towns if town and town.strip()})
