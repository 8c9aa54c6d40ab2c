"""Every rule finds what was planted for it, in the place where it was; what the build makes is clean."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from pipeline.audit import AuditResult, Machine, audit_folder
from pipeline.audit import audit as corridor
from pipeline.audit.audit import EVERY_RULE
from pipeline.audit.denied import Denied, denied_by
from pipeline.audit.policy import Admitted
from pipeline.audit.rules import Severity
from pipeline.errors import InputError
from pipeline.progress import Progress
from tests.audit.built import build_lightly
from tests.audit.planting import archive, copy_of, in_one_tile, layer, put, reseal
from tests.broken.audit.leaks import LEAKS, Leak
from tests.towns import FRAMEWORK, write_town

MACHINE = Machine(("zhang-surveyor", "root", "x"), ("/srv/town",))
CASES = [(rule, number) for rule, leaks in LEAKS.items() for number in range(len(leaks))]
SEVERITIES = {rule.id: rule.severity for rule in EVERY_RULE}


@pytest.fixture(autouse=True)
def read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a workspace denies is the same in every test; reading it takes longer than all the rest."""
    monkeypatch.setattr(corridor, "denied_by", remembered)
    monkeypatch.setattr(corridor, "software_files", lambda: frozenset(("0" * 64,)))
    monkeypatch.setattr(corridor, "software_scripts", lambda: iter(()))


_DENIED: dict[tuple[Path, str], Denied] = {}


def remembered(rules: Admitted, manifest: Mapping[str, Any], progress: Progress) -> Denied:
    key = (rules.framework.root, rules.edition.id)
    if key not in _DENIED:
        _DENIED[key] = denied_by(rules, manifest, progress)
    return _DENIED[key]


def audited(folder: Path, workspace: Path | None) -> AuditResult:
    return audit_folder(folder, workspace, machine=MACHINE, threads=1)


def found(result: AuditResult, rule: str) -> str:
    return "\n".join(f"{f.file} {f.where}: {f.message}" for f in result.report.faults if f.rule == rule)


def everything(result: AuditResult) -> list[str]:
    return [f"{fault.rule} {fault.file} {fault.where}: {fault.message}" for fault in result.report.faults]


@pytest.mark.parametrize("edition", ["public", "government"])
@pytest.mark.parametrize("with_workspace", [False, True])
def test_what_the_build_makes_is_clean(town: Path, edition: str, with_workspace: bool) -> None:
    result = audited(town / "dist" / edition, town if with_workspace else None)
    assert everything(result) == []
    assert result.clean and result.measure.tiles > 20 and result.measure.features > 50
    assert result.files == sum(path.is_file() for path in (town / "dist" / edition).rglob("*"))


@pytest.mark.parametrize("with_workspace", [False, True])
def test_rasters_are_clean(terrain: Path, with_workspace: bool) -> None:
    result = audited(terrain / "dist/public", terrain if with_workspace else None)
    assert everything(result) == []


def test_addresses_for_other_origins_are_clean(tmp_path: Path) -> None:
    """An office may serve it from a host inside its network."""
    rules = f'{FRAMEWORK}\n[publish]\nbase_url = "http://10.1.2.3/maps"\n'
    root = write_town(tmp_path / "town", {"framework.toml": rules})
    build_lightly(root, editions=["public"], as_of=date(2026, 11, 22), threads=1)
    dist = root / "dist/public"
    assert (dist / "hotlink/styles/light.json").is_file()
    assert everything(audit_folder(dist, root, threads=1)) == []
    put(dist, "hotlink/styles/dark.json", "{}")  # without a twin
    assert set(audit_folder(dist, root, threads=1).report.counts) == {"file-listed"}


def test_every_rule_has_a_leak_and_an_id_of_its_own() -> None:
    assert set(LEAKS) == set(SEVERITIES)
    assert len(SEVERITIES) == len(EVERY_RULE)


@pytest.mark.parametrize(("rule", "number"), CASES, ids=[f"{rule}-{number}" for rule, number in CASES])
def test_a_planted_leak_is_found(rule: str, number: int, town: Path, terrain: Path, tmp_path: Path) -> None:
    leak = LEAKS[rule][number]
    root = terrain if leak.city == "terrain" else town
    if rule == "data-readable":
        root = Path(shutil.copytree(root, tmp_path / "workspace"))
    dist = planted(leak, root, tmp_path / "public")
    result = audited(dist, root)
    assert leak.says in found(result, rule), everything(result)
    assert result.clean == (SEVERITIES[rule] is Severity.NOTICE and not result.report.leaks)
    alone = audited(dist, None)
    assert (leak.says in found(alone, rule)) == leak.alone, everything(alone)


def planted(leak: Leak, root: Path, target: Path) -> Path:
    dist = copy_of(root / "dist/public", target)
    leak.do(dist, root)
    return reseal(dist) if leak.sealed else dist


def test_a_leak_in_one_tile_of_one_archive_is_told_with_its_tile(town: Path, tmp_path: Path) -> None:
    dist = copy_of(town / "dist/public", tmp_path / "public")
    in_one_tile(archive(dist, "framework"), layer("LRDL", [{"SECRETWIDTH": 77.625}]))
    result = audited(reseal(dist), town)
    assert set(result.report.counts) == {"tile-field", "tile-number"}
    (field,) = [fault for fault in result.report.faults if fault.rule == "tile-field"]
    assert field.file.startswith("tiles/framework-") and field.where.startswith("11/") and field.where.endswith(" LRDL")
    assert result.as_json()["clean"] is False


def test_numbers_of_few_digits_and_short_words_raise_no_alarm(town: Path, tmp_path: Path) -> None:
    """5.5 and 4.0 are widths of the government's roads, and 500 is anything."""
    dist = copy_of(town / "dist/public", tmp_path / "public")
    put(dist, "search/1.json", json.dumps([5.5, 4.0, 500, "隧", "暗"]))
    assert audited(reseal(dist), town).clean


def test_the_other_edition_holds_the_secrets(town: Path, tmp_path: Path) -> None:
    """The government's files under the public's list: nearly every rule of content speaks."""
    dist = copy_of(town / "dist/government", tmp_path / "public")
    public = json.loads((town / "dist/public/release.json").read_text())
    reseal(dist, lambda manifest: manifest.update(edition="public", allowed=public["allowed"]))
    result = audited(dist, town)
    wanted = {"archive-known", "tile-layer", "tile-field", "tile-text", "tile-number", "tile-feature", "text-name"}
    assert wanted | {"text-value", "release-inputs"} <= set(result.report.counts)


def test_the_number_of_threads_changes_nothing(town: Path, tmp_path: Path) -> None:
    dist = copy_of(town / "dist/public", tmp_path / "public")
    in_one_tile(archive(dist, "framework"), layer("PIPL", [{"MAINS": "西山隧洞"}]))
    reseal(dist)
    one, four = (audit_folder(dist, town, threads=n).as_json() for n in (1, 4))
    assert one == four


def test_words_of_our_own_scripts_say_nothing_in_another_version_of_them(
    town: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(corridor, "software_scripts", lambda: iter(["var MAINS = 'PIPL'"]))
    dist = copy_of(town / "dist/public", tmp_path / "public")
    put(dist, "assets/a.js", "let MAINS, PIPL, pumps")
    result = audited(reseal(dist), town)
    assert found(result, "text-value").count("\n") == 0 and "pumps" in found(result, "text-value")


def test_a_folder_without_a_manifest_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"There is no release\.json"):
        audit_folder(tmp_path)
    put(tmp_path, "release.json", "[]")
    with pytest.raises(InputError, match="no JSON object"):
        audit_folder(tmp_path)
    put(tmp_path, "release.json", '{"edition": "public"}')
    with pytest.raises(InputError, match="does not say what may be inside"):
        audit_folder(tmp_path)


def test_a_workspace_without_the_edition_is_refused(town: Path, tmp_path: Path) -> None:
    dist = copy_of(town / "dist/public", tmp_path / "public")
    reseal(dist, lambda manifest: manifest.update(edition="press"))
    with pytest.raises(InputError, match="no edition press"):
        audit_folder(dist, town)
