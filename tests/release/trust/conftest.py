from __future__ import annotations

from pathlib import Path

import pytest

from tests.release.trust.bureau import BASE, ROADS, Bureau

FILES = {"index.html": b"<p>", BASE: b"base", ROADS: b"roads"}


@pytest.fixture
def bureau(tmp_path: Path) -> Bureau:
    """Two offices, a department that signs its roads, one release that everybody signed (in signing/1)."""
    return Bureau(departments={"transport": "transport"}).found().release(tmp_path / "signing" / "1", FILES)
