"""A town whose bureau has keys: prepared, signed and completed by the real functions, without pages and pictures."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from pipeline import build
from pipeline.audit import Machine
from pipeline.build import build_workspace
from pipeline.framework import load_workspace
from pipeline.release.complete import Completed, complete_release
from pipeline.release.prepare import Prepared, prepare_release
from tests.release.trust.bureau import NOW, Bureau
from tests.test_build import light_portal
from tests.towns import FILES, write_town

HERE = Machine(("nobody-here",), ())


def built_town(root: Path, editions: Iterable[str] = ("public",), **files: str) -> Path:
    """Write and build the town; `files` are further files of its workspace, `__` for a slash and `_dot_` for a dot."""
    named = {name.replace("__", "/").replace("_dot_", "."): text for name, text in files.items()}
    toml = named.get("framework.toml") or str(FILES["framework.toml"])
    write_town(root, {**named, "framework.toml": toml + '\n[publish]\nstyles = ["light"]\n'})
    rebuilt(root, editions)
    return root


def rebuilt(root: Path, editions: Iterable[str] = ("public",)) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(build, "write_portal", light_portal)
        build_workspace(root, editions=[*editions], as_of=date(2026, 11, 22), now=NOW)


def renamed(root: Path) -> None:
    """The department hands in other names of addresses: the next build has another archive."""
    path = root / "inbox/planning/addresses.geojson"
    path.write_text(path.read_text("utf-8").replace("青瓷街4号", "青瓷街44号"), "utf-8")
    shops = root / "inbox/trade/shops.csv"
    shops.write_text(shops.read_text("utf-8").replace("青瓷街4号", "青瓷街44号"), "utf-8")


def enrolled(root: Path, bureau: Bureau | None = None) -> Bureau:
    """A bureau whose root of trust the workspace has."""
    bureau = bureau or Bureau(city="331181", sample=True).found()
    folder = root / "keys/root"
    folder.mkdir(parents=True, exist_ok=True)
    for number, data in enumerate(bureau.roots, 1):
        (folder / f"{number}.root.json").write_bytes(data)
    return bureau


def prepared(root: Path, edition: str = "public", *, now: datetime = NOW, **how: Any) -> Prepared:
    given = {"machine": HERE, "pictures": 0, "against_workspace": False, **how}
    return prepare_release(load_workspace(root), edition, now=now, **given)


def signed(bureau: Bureau, made: Prepared) -> None:
    """Everybody signs who has to."""
    for role in made.missing:
        department = role.partition(":")[2]
        name = bureau.departments[department] if department else role
        file = f"department-{department}.json" if department else "targets.json"
        bureau.sign(made.folder, role, name, file)


def completed(root: Path, bureau: Bureau, made: Prepared, *, now: datetime = NOW, **how: Any) -> Completed:
    framework = load_workspace(root)
    return complete_release(framework, made.edition, made.folder, bureau.key("publish"), now=now, **how)


def released(root: Path, bureau: Bureau, edition: str = "public", *, now: datetime = NOW) -> Completed:
    """Prepared, signed, completed."""
    made = prepared(root, edition, now=now)
    signed(bureau, made)
    return completed(root, bureau, made, now=now)


def copied(root: Path, folder: Path) -> Path:
    """A workspace that may be changed."""
    return Path(shutil.copytree(root, folder, symlinks=True))


def real_city(name: str = "framework.toml") -> str:
    """The town's framework.toml as if its data were real."""
    text = FILES[name]
    assert text is not None
    return text.replace("sample = true\n", "")


def built_later(root: Path, later: Path) -> None:
    """What the workspace builds next, built before."""
    shutil.rmtree(root / "dist/public")
    shutil.copytree(later, root / "dist/public")
