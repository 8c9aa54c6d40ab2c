from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.demo import write_city
from pipeline.progress import Silent


@pytest.fixture(scope="session")
def city(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small sample city, written once."""
    folder = tmp_path_factory.mktemp("demo") / "city"
    write_city(folder, size="small", progress=Silent())
    return folder
