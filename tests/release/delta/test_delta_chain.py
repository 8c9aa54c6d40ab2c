"""Which deltas to take: as trying every chain would choose."""

from __future__ import annotations

from itertools import pairwise, permutations

from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.release.delta import Step, choose_chain


def test_chains_and_skips() -> None:
    steps = [Step("r1", "r2", 30), Step("r2", "r3", 30), Step("r3", "r4", 30), Step("r1", "r4", 80)]
    assert choose_chain("r1", "r4", steps) == (steps[3],)
    assert choose_chain("r2", "r4", steps) == (steps[1], steps[2])
    cheap = [*steps, Step("r1", "r3", 40)]
    assert choose_chain("r1", "r4", cheap) == (cheap[4], steps[2])


def test_of_equal_ones_the_shorter() -> None:
    steps = [Step("r1", "r2", 10), Step("r2", "r3", 20), Step("r1", "r3", 30)]
    assert choose_chain("r1", "r3", steps) == (steps[2],)


def test_the_whole_release_where_it_is_no_larger() -> None:
    steps = [Step("r1", "r2", 100)]
    assert choose_chain("r1", "r2", steps, full_bytes=101) == tuple(steps)
    assert choose_chain("r1", "r2", steps, full_bytes=100) is None
    assert choose_chain("r1", "r1", steps, full_bytes=0) == ()


def test_where_nothing_leads() -> None:
    assert choose_chain("r1", "r9", [Step("r1", "r2", 1), Step("r2", "r1", 1), Step("r2", "r2", 0)]) is None
    assert choose_chain("r0", "r2", [Step("r1", "r2", 1)]) is None
    assert choose_chain("r1", "r2", [Step("r1", "r2", -5)]) is None


NAMES = "abcde"
STEPS = st.lists(st.builds(Step, st.sampled_from(NAMES), st.sampled_from(NAMES), st.integers(0, 9)), max_size=12)


@settings(deadline=None)
@given(steps=STEPS, data=st.data())
def test_as_trying_all_of_them(steps: list[Step], data: st.DataObject) -> None:
    have, want = data.draw(st.sampled_from(NAMES)), data.draw(st.sampled_from(NAMES))
    between = [each for each in NAMES if each not in (have, want)]
    sizes = [0] if have == want else []
    for count in range(len(between) + 1):
        for middle in permutations(between, count):
            legs = [
                min((step.bytes for step in steps if (step.old, step.new) == leg), default=None)
                for leg in pairwise((have, *middle, want))
            ]
            if have != want and None not in legs:
                sizes.append(sum(leg for leg in legs if leg is not None))
    chosen = choose_chain(have, want, steps)
    if not sizes:
        assert chosen is None
        return
    assert chosen is not None
    assert sum(step.bytes for step in chosen) == min(sizes)
    path = [have, *(step.new for step in chosen)]
    assert [step.old for step in chosen] == path[:-1] and path[-1] == want
    assert choose_chain(have, want, list(reversed(steps))) == chosen, "whatever order they are offered in"
