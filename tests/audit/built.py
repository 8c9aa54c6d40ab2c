"""Builds whose portal is what it is given, and no fonts, which take seconds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pipeline import build
from tests.test_build import light_portal


def build_lightly(root: Path, **options: Any) -> None:
    """`build_workspace` with the light portal, and nobody else's builds with it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(build, "write_portal", light_portal)
        build.build_workspace(root, **options)
