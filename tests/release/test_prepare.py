"""From dist/ to the signing folder: what may leave, what is written, and that the id stays what it was."""

from __future__ import annotations

import hashlib
import json
import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import InputError, PolicyRefusal
from pipeline.release.trust.signing import missing_signatures
from pipeline.review.record import record_review
from pipeline.review.scope import folder_scope
from pipeline.standalone.verify import check
from tests.audit.planting import reseal
from tests.release.signed_town import (
    built_later,
    built_town,
    completed,
    copied,
    enrolled,
    prepared,
    real_city,
    rebuilt,
    released,
    renamed,
    signed,
)
from tests.release.trust.bureau import NOW, Bureau
from tests.releases import manifest_of

DAY = timedelta(days=1)


@pytest.fixture
def town(twice_built: tuple[Path, Path], tmp_path: Path) -> Path:
    root = copied(twice_built[0], tmp_path / "town")
    enrolled(root)
    return root


@pytest.fixture
def bureau(town: Path) -> Bureau:
    """A bureau of our own, whose keys the test has."""
    shutil.rmtree(town / "keys")
    return enrolled(town)


def custom_of(folder: Path) -> dict[str, Any]:
    targets = json.loads((folder / "targets.json").read_bytes())["signed"]["targets"]
    assert list(targets) == ["release.json"]
    found: dict[str, Any] = targets["release.json"]
    return found


def test_a_signing_folder_says_what_is_signed(town: Path) -> None:
    before = manifest_of(town / "dist/public")
    made = prepared(town)
    dist, folder = town / "dist/public", town / "signing/public"
    assert sorted(path.name for path in folder.iterdir()) == [
        "SHA256SUMS", "release.json", "root.json", "sheet.html", "targets.json",
    ]  # fmt: skip
    for name in ("SHA256SUMS", "release.json"):
        assert (folder / name).read_bytes() == (dist / name).read_bytes()
    target = custom_of(folder)
    assert target["hashes"] == {"sha256": hashlib.sha256((dist / "release.json").read_bytes()).hexdigest()}
    sums = hashlib.sha256((dist / "SHA256SUMS").read_bytes()).hexdigest()
    assert target["custom"] == {  # and nothing else: targets are as public as the release
        "city": "331181", "edition": "public", "release": before["release"], "as_of": "2026-11-22", "review": None,
        "sums_sha256": sums,
    }  # fmt: skip
    assert made.missing == ("survey", "secrecy") and made.fingerprint == sums and made.version == 1
    assert made.expires == NOW + 400 * DAY
    assert made.as_json()["missing"] == ["survey", "secrecy"]


def test_the_id_and_the_files_stay_as_built(town: Path) -> None:
    before, dist = manifest_of(town / "dist/public"), town / "dist/public"
    prepared(town)
    after = manifest_of(dist)
    assert before["previous"] is None and before["review"] == {"number": None, "scope": None}
    assert after == before  # the first release of a sample: nothing to add
    assert check(str(dist)).faults == ()


def test_prepared_twice_it_is_the_same(town: Path) -> None:
    prepared(town)
    first = {p: p.read_bytes() for f in ("dist/public", "signing/public") for p in (town / f).rglob("*") if p.is_file()}
    prepared(town)
    assert {path: path.read_bytes() for path in first} == first


def test_signatures_stay_under_what_has_not_changed(town: Path, bureau: Bureau, later: Path) -> None:
    made = prepared(town)
    bureau.sign(made.folder, "survey", "survey")
    again = prepared(town, now=NOW + DAY)
    assert again.missing == ("secrecy",) and again.expires == made.expires
    assert again.version == made.version
    built_later(town, later)
    assert prepared(town, now=NOW + DAY).missing == ("survey", "secrecy")


def test_what_has_expired_unsigned_is_written_anew(town: Path, bureau: Bureau) -> None:
    made = prepared(town)
    bureau.sign(made.folder, "survey", "survey")
    assert prepared(town, now=NOW + 401 * DAY).missing == ("survey", "secrecy")


def test_without_a_root_of_trust_nothing_is_signed(town: Path) -> None:
    shutil.rmtree(town / "keys")
    with pytest.raises(InputError, match="no root of trust"):
        prepared(town)
    assert not (town / "signing").exists()


@pytest.mark.parametrize(("city", "sample"), [("330000", True), ("331181", False)])
def test_the_root_of_another_city(town: Path, city: str, sample: bool) -> None:
    shutil.rmtree(town / "keys")
    enrolled(town, Bureau(city=city, sample=sample).found())
    with pytest.raises(PolicyRefusal, match="root of trust"):
        prepared(town)


# What may leave ------------------------------------------------------------------------------------------------------


def test_a_city_without_a_map_review_keeps_its_public_edition(tmp_path: Path) -> None:
    root = built_town(tmp_path / "town", ["public", "government"], framework_dot_toml=real_city())
    enrolled(root, Bureau(sample=False).found())
    with pytest.raises(PolicyRefusal, match="审图号"):
        prepared(root)
    assert prepared(root, "government").number is None  # for internal use
    number = "浙S(2026)1号"
    day = NOW.date()
    record_review(root, "public", number=number, day=day, by="王五", kind="review", now=NOW)
    with pytest.raises(PolicyRefusal, match="the pages of public show the map review number –"):
        prepared(root)
    rebuilt(root)
    scope = folder_scope(root / "dist/public").sha256
    id = manifest_of(root / "dist/public")["release"]
    assert prepared(root).number == number
    manifest = manifest_of(root / "dist/public")
    assert manifest["review"] == {"number": number, "scope": scope} and manifest["release"] == id
    assert check(str(root / "dist/public")).faults == ()
    renamed(root)
    rebuilt(root)
    with pytest.raises(PolicyRefusal, match="审图号"):
        prepared(root)


def test_what_was_changed_after_the_build_is_refused(town: Path) -> None:
    page = town / "dist/public/index.html"
    page.write_bytes(page.read_bytes() + b"<script>")
    with pytest.raises(InputError, match="not what was built: 1 fault"):
        prepared(town)
    assert not (town / "signing").exists()


def test_what_was_changed_together_with_its_lists_the_audit_finds(town: Path) -> None:
    dist = town / "dist/public"
    (dist / "more.json").write_text(json.dumps({"MAINS": "西山隧洞"}), "utf-8")
    (dist / "SM3SUMS").unlink(missing_ok=True)
    reseal(dist)
    with pytest.raises(PolicyRefusal, match="the audit found") as refused:
        prepared(town, against_workspace=True)
    assert refused.value.exit_code == 3
    assert not (town / "signing").exists()


def test_an_edition_that_was_not_built(town: Path) -> None:
    shutil.rmtree(town / "dist")
    with pytest.raises(InputError, match="has not been built"):
        prepared(town)


# From release to release ---------------------------------------------------------------------------------------------


def test_the_next_release_names_the_one_before_it(town: Path, bureau: Bureau, later: Path) -> None:
    first = released(town, bureau)
    kept = (first.folder / "release.json").read_bytes()
    built_later(town, later)
    id = manifest_of(town / "dist/public")["release"]
    made = prepared(town)
    manifest = manifest_of(town / "dist/public")
    assert manifest["previous"] == {"release": first.release, "manifest_sha256": hashlib.sha256(kept).hexdigest()}
    assert (manifest["release"], made.previous, made.version) == (id, first.release, 2)
    assert check(str(town / "dist/public")).faults == ()
    assert {(change.kind, change.subject) for change in made.changes} >= {("changed", "archive addresses")}
    sheet = (made.folder / "sheet.html").read_text("utf-8")
    assert "瓦片包 addresses" in sheet or "addresses" in sheet
    assert first.release in sheet and made.fingerprint[:4] in sheet


def test_the_same_release_signed_again_keeps_what_came_before_it(town: Path, bureau: Bureau, later: Path) -> None:
    released(town, bureau)
    built_later(town, later)
    second = released(town, bureau)
    before = (town / "dist/public/release.json").read_bytes()
    again = prepared(town, now=NOW + 300 * DAY)  # to renew the signatures
    assert (town / "dist/public/release.json").read_bytes() == before
    assert (again.release, again.version, again.missing) == (second.release, 3, ("survey", "secrecy"))


def test_a_department_signs_what_is_its_own_and_only_when_that_changes(town: Path) -> None:
    shutil.rmtree(town / "keys")
    bureau = Bureau(departments={"trade": "trade"}).found()
    enrolled(town, bureau)
    toml = town / "departments/trade.toml"
    toml.write_text(f'public_key = "{bureau.public("trade").public}"\n' + toml.read_text("utf-8"), "utf-8")
    rebuilt(town)
    made = prepared(town)
    assert made.missing == ("survey", "secrecy", "department:trade")
    document = json.loads((made.folder / "department-trade.json").read_bytes())["signed"]
    names = {path.rpartition("-")[0] for path in document["targets"]}
    assert names == {"tiles/schools", "tiles/shops"} or names == {"tiles/schools"}
    assert "商务局" in (made.folder / "sheet.html").read_text("utf-8")
    with pytest.raises(PolicyRefusal, match="trade"):
        for office in ("survey", "secrecy"):
            bureau.sign(made.folder, office, office)
        completed(town, bureau, made)
    bureau.sign(made.folder, "department:trade", "trade", "department-trade.json")
    completed(town, bureau, made)

    page = town / "departments/planning.toml"  # somebody else's data
    page.write_text(page.read_text("utf-8").replace("Planning bureau", "Planning office"), "utf-8")
    renamed_roads(town)
    rebuilt(town)
    again = prepared(town, now=NOW + 30 * DAY)
    if "department:trade" in again.missing:
        pytest.fail("its archive is the same and was signed")
    assert (again.folder / "department-trade.json").read_bytes() == (made.folder / "department-trade.json").read_bytes()
    assert not missing_signatures(
        (again.folder / "department-trade.json").read_bytes(), bureau.roots[-1],
        targets=(again.folder / "targets.json").read_bytes(),
    )  # fmt: skip
    late = prepared(town, now=NOW + 320 * DAY)
    assert "department:trade" in late.missing  # it would hold for less than a quarter of the time


def renamed_roads(root: Path) -> None:
    schema = root / "schemas/districts.toml"
    schema.write_text(schema.read_text("utf-8").replace('zh = "级别"', 'zh = "行政级别"'), "utf-8")


def test_signed_what_it_was_prepared_for(town: Path, bureau: Bureau) -> None:
    made = prepared(town)
    signed(bureau, made)
    assert prepared(town).missing == ()
