"""[release] and public_key: what is kept, how long signatures hold, and which key is a department's."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.framework import WorkspaceError, load_workspace
from tests.framework.workspaces import FRAMEWORK, PLANNING, write_workspace

HEX = "0123456789abcdef" * 4


def test_nothing_needs_to_be_said(tmp_path: Path) -> None:
    framework = load_workspace(write_workspace(tmp_path))
    assert (framework.release.keep, framework.release.expires, framework.release.refresh) == (13, 400, 45)
    assert all(department.public_key is None for department in framework.departments)


def test_what_is_said(tmp_path: Path) -> None:
    toml = FRAMEWORK + "\n[release]\nkeep = 4\nexpires = 200\nrefresh = 7\n"
    release = load_workspace(write_workspace(tmp_path, {"framework.toml": toml})).release
    assert (release.keep, release.expires, release.refresh) == (4, 200, 7)


@pytest.mark.parametrize("spoilt", ["keep = 1", "keep = 2.5", "expires = 0", "refresh = 401", "forever = true"])
def test_what_would_keep_nothing_is_refused(tmp_path: Path, spoilt: str) -> None:
    with pytest.raises(WorkspaceError, match=spoilt.split()[0]):
        load_workspace(write_workspace(tmp_path, {"framework.toml": f"{FRAMEWORK}\n[release]\n{spoilt}\n"}))


@pytest.mark.parametrize("key", [HEX, "keys/planning.pub.json"])
def test_the_key_of_a_department(tmp_path: Path, key: str) -> None:
    toml = f'public_key = "{key}"\n{PLANNING}'
    framework = load_workspace(write_workspace(tmp_path, {"departments/planning.toml": toml}))
    assert [each.public_key for each in framework.departments if each.id == "planning"] == [key]


@pytest.mark.parametrize("key", ["", HEX[:-1], HEX.upper(), "keys/planning.pem", "../planning.pub.json", "/a.pub.json"])
def test_what_is_no_public_key(tmp_path: Path, key: str) -> None:
    toml = f'public_key = "{key}"\n{PLANNING}'
    with pytest.raises(WorkspaceError, match="public_key"):
        load_workspace(write_workspace(tmp_path, {"departments/planning.toml": toml}))
