from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from pipeline import build
from pipeline.build import build_workspace
from tests.audit.planting import secret_town
from tests.terrains import write_terrain
from tests.test_build import light_portal

DAY = date(2026, 11, 22)


@pytest.fixture(scope="session")
def light() -> Iterator[None]:
    """Builds write what the portal is given, and no fonts, which take seconds."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(build, "write_portal", light_portal)
        yield


@pytest.fixture(scope="session")
def town(tmp_path_factory: pytest.TempPathFactory, light: None) -> Path:
    """A town with secrets, both editions built; not to be changed."""
    root = secret_town(tmp_path_factory.mktemp("audited") / "town")
    build_workspace(root, as_of=DAY, threads=1)
    return root


@pytest.fixture(scope="session")
def terrain(tmp_path_factory: pytest.TempPathFactory, light: None) -> Path:
    """Heights and photographs with a masked area, the public edition built; not to be changed."""
    root = write_terrain(tmp_path_factory.mktemp("audited") / "terrain")
    build_workspace(root, editions=["public"], as_of=DAY, threads=1)
    return root
