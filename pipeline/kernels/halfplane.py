"""Cutting rings and lines with one axis-parallel line.

Sutherland–Hodgman joins the pieces of a concave ring by bridges of zero width along the cut, which OGC validity
refuses. Here a ring is broken into the chains that lie inside; all chain ends lie on the cut, and sorted along it
they alternate between leaving and entering the area, so that neighbours (0, 1), (2, 3) … are joined. That gives
separate rings, turns a hole that crosses the cut into a bay, and keeps every ring's winding.

Source: the half-plane case of Weiler & Atherton 1977; pairing by order along the cut as in Vatti 1992.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.kernels._jit import helper
from pipeline.kernels.grow import sort_by


@helper
def crossing(pa: float, po: float, qa: float, qo: float, cut: float) -> float:
    """Where edge p–q meets the cut: coordinate along it. `a` is the cut axis, `o` the other.

    The end with the smaller coordinate is always the origin, so that both users of an edge get the same point.
    """
    if pa > qa or (pa == qa and po > qo):
        pa, po, qa, qo = qa, qo, pa, po
    if pa == qa:
        return po
    return po + (cut - pa) / (qa - pa) * (qo - po)


@helper
def clip_rings(
    axis: int,
    cut: float,
    keep_high: bool,
    r0: int,
    r1: int,
    out_r: int,
    ax: NDArray[np.float64],
    ay: NDArray[np.float64],
    ro: NDArray[np.int64],
    chain: NDArray[np.int64],
    ends: NDArray[np.float64],
    partner: NDArray[np.int64],
    order: NDArray[np.int64],
) -> int:
    """Append the part of rings [r0, r1) on one side of the cut as rings [out_r, …); returns the new end, or -1.

    Rings are unclosed vertex runs `ro[r]`…`ro[r + 1]` of `ax`, `ay`; `ro[out_r]` is where to write. Needs room for
    twice the vertices and one ring per chain. `chain` [≥ 4 × chains] (first, count, ring start, ring size) and
    `ends`, `order` [≥ 2 × chains], `partner` [≥ chains] are scratch. -1: leaving and entering do not alternate, so the
    rings do not bound an area; the caller mends them first.
    """
    chains = 0
    r_out = out_r
    for r in range(r0, r1):
        s = ro[r]
        n = ro[r + 1] - s
        inside = 0
        for i in range(s, s + n):
            v = ax[i] if axis == 0 else ay[i]
            if (v >= cut) if keep_high else (v <= cut):
                inside += 1
        if inside == 0:
            continue
        if inside == n:
            o = ro[r_out]
            for i in range(n):
                ax[o + i] = ax[s + i]
                ay[o + i] = ay[s + i]
            r_out += 1
            ro[r_out] = o + n
            continue
        # Start behind a vertex that lies outside, then collect the runs inside.
        k0 = 0
        for k in range(n):
            v = ax[s + k] if axis == 0 else ay[s + k]
            if not ((v >= cut) if keep_high else (v <= cut)):
                k0 = k
                break
        run = 0
        for k in range(1, n + 1):
            i = s + (k0 + k) % n
            v = ax[i] if axis == 0 else ay[i]
            if (v >= cut) if keep_high else (v <= cut):
                if run == 0:
                    j = s + (k0 + k - 1) % n
                    chain[4 * chains] = i - s
                    chain[4 * chains + 2] = s
                    chain[4 * chains + 3] = n
                    if axis == 0:
                        ends[2 * chains] = crossing(ax[j], ay[j], ax[i], ay[i], cut)
                    else:
                        ends[2 * chains] = crossing(ay[j], ax[j], ay[i], ax[i], cut)
                run += 1
            elif run > 0:
                j = s + (k0 + k - 1) % n
                chain[4 * chains + 1] = run
                if axis == 0:
                    ends[2 * chains + 1] = crossing(ax[j], ay[j], ax[i], ay[i], cut)
                else:
                    ends[2 * chains + 1] = crossing(ay[j], ax[j], ay[i], ax[i], cut)
                chains += 1
                run = 0
    if chains == 0:
        return r_out
    if chains == 1:
        partner[0] = 0
    else:
        sort_by(ends, order, 2 * chains)
        k = 0
        while k < 2 * chains:
            a = order[k]
            b = order[k + 1]
            if (a & 1) == (b & 1):  # two of a kind: a vertex on the cut may have put equals in the wrong order
                if k + 2 < 2 * chains and ends[order[k + 2]] == ends[b] and (order[k + 2] & 1) != (a & 1):
                    order[k + 1] = order[k + 2]
                    order[k + 2] = b
                    b = order[k + 1]
                else:
                    return -1
            if a & 1:
                partner[a >> 1] = b >> 1
            else:
                partner[b >> 1] = a >> 1
            k += 2
    for c in range(chains):
        if partner[c] < 0:
            continue
        o = ro[r_out]
        at = c
        while partner[at] >= 0:
            first, count, s, n = chain[4 * at], chain[4 * at + 1], chain[4 * at + 2], chain[4 * at + 3]
            if axis == 0:
                ax[o], ay[o] = cut, ends[2 * at]
            else:
                ax[o], ay[o] = ends[2 * at], cut
            o += 1
            for k in range(count):
                i = s + (first + k) % n
                ax[o] = ax[i]
                ay[o] = ay[i]
                o += 1
            if axis == 0:
                ax[o], ay[o] = cut, ends[2 * at + 1]
            else:
                ax[o], ay[o] = ends[2 * at + 1], cut
            o += 1
            following = partner[at]
            partner[at] = -1
            at = following
        r_out += 1
        ro[r_out] = o
    return r_out


@helper
def clip_lines(
    axis: int,
    cut: float,
    keep_high: bool,
    r0: int,
    r1: int,
    out_r: int,
    ax: NDArray[np.float64],
    ay: NDArray[np.float64],
    ro: NDArray[np.int64],
) -> int:
    """Append the runs of lines [r0, r1) on one side of the cut as lines [out_r, …); returns the new end."""
    r_out = out_r
    for r in range(r0, r1):
        o = ro[r_out]
        start = o
        before = False
        for i in range(ro[r], ro[r + 1]):
            v = ax[i] if axis == 0 else ay[i]
            now = (v >= cut) if keep_high else (v <= cut)
            if i > ro[r] and now != before:
                if axis == 0:
                    ax[o], ay[o] = cut, crossing(ax[i - 1], ay[i - 1], ax[i], ay[i], cut)
                else:
                    ax[o], ay[o] = crossing(ay[i - 1], ax[i - 1], ay[i], ax[i], cut), cut
                o += 1
                if before:  # a run ends here
                    if o - start >= 2:
                        r_out += 1
                        ro[r_out] = o
                        start = o
                    else:
                        o = start
            if now:
                ax[o] = ax[i]
                ay[o] = ay[i]
                o += 1
            before = now
        if o - start >= 2:
            r_out += 1
            ro[r_out] = o
    return r_out
