from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from tests.audit.built import build_lightly
from tests.audit.planting import secret_town
from tests.terrains import write_terrain

DAY = date(2026, 11, 22)


@pytest.fixture(scope="session")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A town with secrets, both editions built; not to be changed."""
    root = secret_town(tmp_path_factory.mktemp("audited") / "town")
    build_lightly(root, as_of=DAY, threads=1)
    return root


@pytest.fixture(scope="session")
def terrain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Heights and photographs with a masked area, the public edition built; not to be changed."""
    root = write_terrain(tmp_path_factory.mktemp("audited") / "terrain")
    build_lightly(root, editions=["public"], as_of=DAY, threads=1)
    return root
