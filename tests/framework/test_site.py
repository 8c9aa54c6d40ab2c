"""What stands below every page: refused where a reader could not follow it."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.framework import WorkspaceError, load_workspace
from tests.framework.workspaces import FRAMEWORK, write_workspace

SITE = """
[site]
icp = "浙ICP备00000000号"
police = { number = "浙公网安备 33118100000000号" }
contact = { office = { zh = "测绘科", en = "Surveying office" }, phone = "0578-0000000", email = "map@example.org" }
links = [{ title = { zh = "市政府", en = "City" }, href = "https://www.example.org/" }]
"""


def write(folder: Path, site: str) -> Path:
    root = write_workspace(folder)
    (root / "framework.toml").write_text(FRAMEWORK + site, "utf-8")
    return root


def test_a_site_says_who_it_is(tmp_path: Path) -> None:
    site = load_workspace(write(tmp_path, SITE)).site
    assert site.icp == "浙ICP备00000000号"
    assert site.police is not None and site.police.href is None
    assert site.contact is not None and site.contact.office.en == "Surveying office"
    assert [link.href for link in site.links] == ["https://www.example.org/"]


def test_nothing_needs_to_be_said(tmp_path: Path) -> None:
    site = load_workspace(write(tmp_path, "")).site
    assert (site.icp, site.police, site.mark, site.contact, site.terms, site.links) == ("", None, None, None, (), ())


@pytest.mark.parametrize(
    ("spoilt", "key"),
    [
        ('links = [{ title = { zh = "a", en = "a" }, href = "javascript:alert(1)" }]', "href"),
        ('links = [{ title = { zh = "a", en = "a" }, href = "www.example.org" }]', "href"),
        ('police = { number = "" }', "number"),
        ('contact = { office = { zh = "a", en = "a" }, email = "nobody" }', "email"),
        ('mark = { title = { zh = "a" }, href = "https://a.example/" }', "en"),
    ],
)
def test_what_leads_nowhere_is_refused(tmp_path: Path, spoilt: str, key: str) -> None:
    with pytest.raises(WorkspaceError) as caught:
        load_workspace(write(tmp_path, f"\n[site]\n{spoilt}\n"))
    assert key in str(caught.value)
