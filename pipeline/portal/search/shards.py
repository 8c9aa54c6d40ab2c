"""Postings: which entries have a gram, in shards by the gram's hash."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipeline.archive.compress import gunzip_bytes, gzip_bytes
from pipeline.portal.search.entries import LEVEL
from pipeline.portal.search.grams import BRIEF, Codes
from pipeline.portal.search.varints import Numbers, Varints, differences, encode, encode_each

HEAD: Final = 1024  # postings of a gram in its shard
_WANTED: Final = 2048  # bytes of a shard before compression, on the average
_MOST_BITS: Final = 14


@dataclass(frozen=True, slots=True)
class Postings:
    """Which entries a gram occurs in, as far as its shard tells."""

    entries: Numbers  # ascending
    count: int  # of all
    tail: tuple[int, int] | None  # offset and bytes of the others

    @property
    def whole(self) -> bool:
        """Whether these are all."""
        return len(self.entries) == self.count


def encode_shards(entry: Numbers, hashes: Codes, kinds: NDArray[np.uint8]) -> tuple[int, list[bytes], bytes]:
    """Shard bits, the shards and all tails of grams: entry, hash and kind of each [grams], some of them repeated."""
    order = np.unique((hashes.astype(np.uint64) << np.uint64(32)) | entry.astype(np.uint64), return_index=True)
    keys, kinds = order[0], kinds[order[1]]
    gram = (keys >> np.uint64(32)).astype(np.int64)
    entry = (keys & np.uint64(0xFFFFFFFF)).astype(np.int64)
    begins = np.flatnonzero(np.diff(gram, prepend=-1))
    counts = np.diff(begins, append=len(gram))
    kept = np.minimum(counts, HEAD)
    brief = np.isin(kinds[begins], list(BRIEF))
    delta = np.diff(entry, prepend=0)
    delta[begins] = entry[begins]
    data, lengths = encode_each(delta)
    ends = np.concatenate([[0], np.cumsum(lengths)])
    size = int(lengths.sum())
    bits = int(np.clip(round(float(np.log2(max(size / _WANTED, 1)))), 0, _MOST_BITS))

    tails: list[bytes] = []
    tail_bytes = np.zeros(len(begins), np.int64)
    for at in np.flatnonzero((counts > HEAD) & ~brief).tolist():
        first = int(begins[at])
        tail = gzip_bytes(data[int(ends[first + HEAD]) : int(ends[first + int(counts[at])])].tobytes(), LEVEL)
        tails.append(tail)
        tail_bytes[at] = len(tail)
    tail_at = np.concatenate([[0], np.cumsum(tail_bytes)])

    shard = gram[begins] >> (32 - bits)
    borders = np.searchsorted(shard, np.arange((1 << bits) + 1))
    shards: list[bytes] = []
    for number in range(1 << bits):
        rows = slice(int(borders[number]), int(borders[number + 1]))
        mine = np.arange(rows.start, rows.stop)
        if not len(mine):
            shards.append(b"")
            continue
        tailed = mine[tail_bytes[rows] > 0]
        head = np.concatenate(
            [[len(mine)], differences(gram[begins[rows]]), counts[rows], tail_bytes[rows], tail_at[tailed]]
        )
        lists = [
            data[int(ends[first]) : int(ends[first + n])]
            for first, n in zip(begins[rows].tolist(), kept[rows].tolist(), strict=True)
        ]
        shards.append(gzip_bytes(encode(head) + np.concatenate(lists).tobytes(), LEVEL))
    return bits, shards, b"".join(tails)


def decode_shard(data: bytes) -> dict[int, Postings]:
    """The postings of every gram of a shard, by hash. Raises ArchiveError for a damaged one."""
    if not data:
        return {}
    read = Varints(gunzip_bytes(data))
    count = read.one()
    hashes = np.cumsum(read.many(count))
    counts, tails = read.many(count), read.many(count)
    tailed = np.flatnonzero(tails)
    at = dict(zip(tailed.tolist(), read.many(len(tailed)).tolist(), strict=True))
    kept = np.minimum(counts, HEAD)
    flat = read.many(int(kept.sum()))
    begins = np.concatenate([[0], np.cumsum(kept)])
    return {
        int(hashes[row]): Postings(
            np.cumsum(flat[int(begins[row]) : int(begins[row + 1])]),
            int(counts[row]),
            (at[row], int(tails[row])) if row in at else None,
        )
        for row in range(count)
    }


def decode_tail(data: bytes, after: int, count: int) -> Numbers:
    """The postings of a tail [count], which go on from entry `after`. Raises ArchiveError for a damaged one."""
    return np.cumsum(Varints(gunzip_bytes(data)).many(count)) + after
