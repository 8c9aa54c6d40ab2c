"""A town that was built twice, for tests that sign releases."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.release.signed_town import built_town, copied, enrolled, rebuilt, renamed
from tests.release.trust.bureau import Bureau


@pytest.fixture(scope="session")
def twice_built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A workspace whose public edition is built, and what it builds after a department has handed in again."""
    folder = tmp_path_factory.mktemp("twice")
    first = built_town(folder / "town")
    second = copied(first, folder / "later")
    renamed(second)
    rebuilt(second)
    return first, second / "dist/public"


@pytest.fixture
def town(twice_built: tuple[Path, Path], tmp_path: Path) -> Path:
    """A copy of the first workspace, for one test."""
    return copied(twice_built[0], tmp_path / "town")


@pytest.fixture
def later(twice_built: tuple[Path, Path]) -> Path:
    """The second public edition, only to be read."""
    return twice_built[1]


@pytest.fixture
def bureau(town: Path) -> Bureau:
    """Whose keys the workspace knows."""
    return enrolled(town)
