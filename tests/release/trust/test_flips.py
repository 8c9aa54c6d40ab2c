"""Every byte of every document counts: any single one that is another is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.errors import InputError
from pipeline.release.trust.signing import append_signature, new_delegated, refresh_timestamp
from pipeline.release.trust.source import MemorySource
from pipeline.release.trust.targets import Target
from tests.release.trust.bureau import BASE, NOW, YEAR, Bureau, sha
from tests.release.trust.conftest import FILES

NAMES = (
    "root.json",
    "1.root.json",
    "2.root.json",
    "timestamp.json",
    "3.snapshot.json",
    "2.targets.json",
    "2.department-transport.json",
    "withdrawn.json",
)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Bureau:
    """Two roots, two releases, a department, a withdrawal."""
    folder = tmp_path_factory.mktemp("whole")
    bureau = Bureau(departments={"transport": "transport"}).found().release(folder / "1", FILES)
    bureau.roots.append(bureau.change_root("root-a", "root-b", add={"secrecy": ["secrecy-2"]}))
    bureau.release(folder / "2", FILES | {BASE: b"new"})
    custom = {"kind": "archive", "path": BASE, "reason": "leak", "date": "2026-11-23"}
    target = Target(4, sha(b"base"), custom)
    path = f"withdrawn/{sha(b'base')}"
    order = new_delegated("withdrawals", "331181", "public", {path: target}, version=1, expires=NOW + YEAR)
    order = append_signature(order, bureau.key("survey"), "survey", bureau.roots[-1])
    source = MemorySource(bureau.files)
    new = {"withdrawn.json": order}
    bureau.files |= refresh_timestamp(source, bureau.key("publish"), bureau.roots[0], now=NOW, new=new)
    return bureau


def test_unhurt_it_is_believed(whole: Bureau) -> None:
    assert set(NAMES) <= set(whole.files)
    assert [each.path for each in whole.verify().withdrawn] == [BASE]


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.sampled_from(NAMES), place=st.floats(0, 1, exclude_max=True), change=st.integers(1, 255))
def test_any_byte_that_is_another(whole: Bureau, name: str, place: float, change: int) -> None:
    data = bytearray(whole.files[name])
    data[int(place * len(data))] ^= change
    with pytest.raises(InputError):
        whole.verify(whole.files | {name: bytes(data)})


@settings(max_examples=40, deadline=None)
@given(name=st.sampled_from(NAMES[1:]), place=st.floats(0, 1, exclude_max=True))
def test_any_cut(whole: Bureau, name: str, place: float) -> None:
    data = whole.files[name]
    with pytest.raises(InputError):
        whole.verify(whole.files | {name: data[: int(place * len(data))]})


@pytest.mark.long
@pytest.mark.parametrize("name", NAMES)
def test_every_bit(whole: Bureau, name: str, tmp_path: Path) -> None:
    data = whole.files[name]
    for place in range(len(data)):
        hurt = bytearray(data)
        hurt[place] ^= 1 << place % 8
        with pytest.raises(InputError):
            whole.verify(whole.files | {name: bytes(hurt)})
