from __future__ import annotations

from pathlib import Path

from pipeline.release.trust.verify import check_manifest
from tests.release.trust.bureau import BASE, ROADS, Bureau

FILES = {"index.html": b"<p>", BASE: b"base", ROADS: b"roads"}


def test_a_release_that_everybody_signed(tmp_path: Path) -> None:
    bureau = Bureau(departments={"transport": "transport"}).found().release(tmp_path, FILES)
    trusted = bureau.verify()
    manifest = check_manifest(trusted, bureau.manifest_bytes)
    assert (trusted.city, trusted.edition, trusted.release) == ("331181", "public", manifest["release"])
    assert [each.role for each in trusted.signed_by] == [
        "root",
        "root",
        "survey",
        "secrecy",
        "publish",
        "department:transport",
    ]
