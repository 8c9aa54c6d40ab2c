"""What every test stands on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline import i18n

ROOT = Path(__file__).resolve().parents[1]


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--bless` rewrites golden files and generated pages instead of comparing them."""
    parser.addoption("--bless", action="store_true", default=False, help="rewrite golden files; review the difference")


@pytest.fixture
def shared_data() -> Path:
    """The folder of real data beside the project; skips where it is absent."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("real data (../shared/data) is not on this machine")
    return folder


@pytest.fixture(autouse=True)
def _language_restored() -> Iterator[None]:
    """A test may choose a language; the next one starts in English again."""
    yield
    i18n.set_language("en")
