from __future__ import annotations

import os
from pathlib import Path

import pytest

from pipeline.archive.lock import hold
from pipeline.demo import write_city
from pipeline.progress import Silent


@pytest.fixture(scope="session")
def city(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small sample city, written once for all processes that share the tests; not to be changed."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    folder, written = shared / "sample-city", shared / "sample-city.written"
    with hold(shared / "sample-city.lock", "another process writes the sample city", wait=300.0):
        if not written.exists():
            write_city(folder, size="small", progress=Silent())
            written.touch()
    return folder
