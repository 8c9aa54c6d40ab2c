"""Parts of releases in an office: alone, one after the other, and in turn with whole ones."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipeline import build
from pipeline.errors import InputError
from pipeline.portal.files import write_file
from pipeline.release.bundle.bundle import Wanted, bundle_release
from pipeline.release.bundle.partial import make
from pipeline.release.bundle.recipients import read_identities
from pipeline.release.bundle.write import Packing
from pipeline.release.install.arrival import Imported, Trust, import_bundle
from pipeline.release.install.install import rollback
from pipeline.release.trust.error import TrustError
from pipeline.release.verify_folder import verify_folder
from pipeline.standalone import office
from pipeline.standalone.verify import long_path, release_id
from tests.release.bundle.signing import sign_release
from tests.release.bundle.test_partial import BOX, City
from tests.release.trust.bureau import NOW
from tests.standalone.disks import id_of
from tests.test_build import light_portal

EAST = (119.1, 27.9, 119.3, 28.1)


def portal(dist: Path, *, catalog: Any, **rest: Any) -> None:
    """The styles that the catalogue names, empty: an office does not let a release run that names what is not there."""
    light_portal(dist, catalog=catalog, **rest)
    for style in catalog["styles"]:
        if not (dist / style["href"]).exists():
            write_file(dist / style["href"], b"{}")


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(build, "write_portal", portal)
        patch.setattr(make, "write_portal", portal)
        yield City(tmp_path_factory.mktemp("parts"))


@pytest.fixture(scope="module")
def newer(city: City) -> Path:
    """The next release: the platform has another name, the archives are the same."""
    folder = Path(shutil.copytree(city.folder, city.tmp / "newer"))
    shutil.rmtree(folder / "metadata")
    (folder / "SM3SUMS").unlink(missing_ok=True)
    catalog = json.loads((folder / "catalog.json").read_bytes())
    catalog["platform"]["zh"] += "（新）"
    data = json.dumps(catalog).encode()
    (folder / "catalog.json").write_bytes(data)
    manifest = json.loads((folder / "release.json").read_bytes()) | {"as_of": "2026-12-01"}
    (entry,) = (each for each in manifest["files"] if each["path"] == "catalog.json")
    entry |= {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
    sums = {each["path"]: each["sha256"] for each in manifest["files"]}
    manifest["release"] = release_id(sums)
    data = json.dumps(manifest).encode()
    (folder / "release.json").write_bytes(data)
    sums["release.json"] = hashlib.sha256(data).hexdigest()
    (folder / "SHA256SUMS").write_text("".join(f"{sums[path]}  {path}\n" for path in sorted(sums, key=str.encode)))
    return sign_release(city.bureau, folder, city.tmp / "signing-newer", previous=city.folder)


@pytest.fixture
def root(city: City, tmp_path: Path) -> Path:
    path = tmp_path / "root.json"
    path.write_bytes(city.bureau.roots[0])
    return path


def packed(city: City, whole: Path, out: Path, **wanted: Any) -> Path:
    """A bundle of a part, by the real function."""
    asked = Wanted(**{"signer": city.bureau.key("publish"), **wanted})
    made, _trusted = bundle_release(whole, out, asked, now=NOW, work=out.with_name(f"{out.name}-work"))
    return made.folder


def take(bundle: Path, home: Path, root: Path, **how: Any) -> Imported:
    return import_bundle(bundle, home, trust=Trust(root), now=NOW, **how)


def runs(home: Path) -> Path:
    """The folder of the release that runs; every file of it and every archive was looked at."""
    release = json.loads((home / "current.json").read_bytes())["release"]
    folder = home / "releases" / release[:12]
    found = verify_folder(folder)
    assert found.accepted, found.faults
    return folder


def test_a_part_and_the_part_of_the_next_release(city: City, newer: Path, root: Path, tmp_path: Path) -> None:
    home = tmp_path / "office"
    first = take(packed(city, city.folder, tmp_path / "first", bounds=BOX), home, root)
    assert first.kind == "partial" and any("part of release" in warning for warning in first.trusted.warnings)
    before = {path.name for path in runs(home).glob("tiles/*.pmtiles")}
    second = take(packed(city, newer, tmp_path / "second", bounds=BOX), home, root)
    folder = runs(home)
    told = json.loads((folder / "release.json").read_bytes())
    assert told["derived"]["release"] == id_of(newer) and told["as_of"] == "2026-12-01"
    assert before == {path.name for path in folder.glob("tiles/*.pmtiles")}  # the same archives, by name and bytes
    assert second.installed.files["linked"] >= len(before)
    assert second.installed.pointer.history == (first.installed.pointer.folder,)
    # The way back is open, and no older part passes for a newer one.
    assert rollback(home, now=NOW).pointer.release == first.installed.pointer.release
    runs(home)
    with pytest.raises(TrustError):
        take(tmp_path / "first", home, root)


def test_another_part_of_the_same_release_takes_its_place(city: City, root: Path, tmp_path: Path) -> None:
    home = tmp_path / "office"
    take(packed(city, city.folder, tmp_path / "west", bounds=BOX), home, root)
    take(packed(city, city.folder, tmp_path / "east", bounds=EAST), home, root)
    derived = json.loads((runs(home) / "release.json").read_bytes())["derived"]
    assert derived["cut"]["bounds"] == list(EAST)
    take(packed(city, city.folder, tmp_path / "roads", datasets=["roads"]), home, root)
    assert {path.name.split("-")[0] for path in runs(home).glob("tiles/*.pmtiles")} == {"framework"}


def test_a_part_then_the_whole_then_a_part(city: City, newer: Path, root: Path, tmp_path: Path) -> None:
    home = tmp_path / "office"
    part = packed(city, city.folder, tmp_path / "part", bounds=BOX)
    take(part, home, root)
    take(city.folder, home, root)
    assert json.loads((runs(home) / "release.json").read_bytes())["release"] == id_of(city.folder)
    take(packed(city, newer, tmp_path / "later", bounds=BOX), home, root)
    assert "derived" in json.loads((runs(home) / "release.json").read_bytes())


def test_an_update_of_the_whole_does_not_start_from_a_part(city: City, newer: Path, root: Path, tmp_path: Path) -> None:
    home = tmp_path / "office"
    take(packed(city, city.folder, tmp_path / "part", bounds=BOX), home, root)
    before = runs(home)
    delta = packed(city, newer, tmp_path / "delta", since=city.folder, signer=None)
    with pytest.raises(InputError, match="made for another release"):
        take(delta, home, root)
    assert runs(home) == before


def test_a_part_by_the_script(city: City, root: Path, tmp_path: Path) -> None:
    """office.py takes a part as it takes a whole release, and both may be used in turn."""
    home = tmp_path / "office"
    bundle = packed(city, city.folder, tmp_path / "part", bounds=BOX)
    options = office.parser().parse_args(["import", str(bundle), str(home), "--yes"])
    assert office.import_disk(str(bundle), long_path(str(home)), options, office.Speaker("en"), NOW) == 0
    assert "derived" in json.loads((runs(home) / "release.json").read_bytes())
    take(packed(city, city.folder, tmp_path / "east", bounds=EAST), home, root)
    runs(home)


def test_a_part_that_is_encrypted(city: City, root: Path, tmp_path: Path) -> None:
    from pyrage import x25519

    key = x25519.Identity.generate()
    identity = tmp_path / "identity.txt"
    identity.write_text(f"{key}\n")
    assert len(read_identities(identity)) == 1
    packing = Packing(recipients=[str(key.to_public())], volume=64 << 10)
    bundle = packed(city, city.folder, tmp_path / "part", bounds=BOX, packing=packing)
    clear = b"".join(path.read_bytes() for path in bundle.rglob("*") if path.is_file())
    assert b"framework" not in clear and "剑池路".encode() not in clear
    home = tmp_path / "office"
    assert take(bundle, home, root, identity=identity).kind == "partial"
    runs(home)
    assert not list(home.rglob("opened"))
