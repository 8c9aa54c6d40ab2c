"""A town that was built twice, for tests that sign releases."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.release.signed_town import built_town, copied, rebuilt, renamed


@pytest.fixture(scope="session")
def twice_built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A workspace whose public edition is built, and what it builds after a department has handed in again."""
    folder = tmp_path_factory.mktemp("twice")
    first = built_town(folder / "town")
    second = copied(first, folder / "later")
    renamed(second)
    rebuilt(second)
    return first, second / "dist/public"
