"""Who may sign what; what is looked at before; what the publisher adds; what a reader remembers."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import InputError, LongquanError, PolicyRefusal, UsageError
from pipeline.release.trust.error import TrustError
from pipeline.release.trust.keys import load_signer
from pipeline.release.trust.seen import Seen, read_seen, write_seen
from pipeline.release.trust.signing import (
    append_signature,
    finish,
    missing_signatures,
    new_delegated,
    write_metadata,
)
from pipeline.release.trust.source import FolderSource, MemorySource
from pipeline.release.trust.subject import read_subject
from pipeline.release.trust.targets import Target, department_delegations
from tests.release.trust.bureau import BASE, NOW, PARTS, ROADS, YEAR, Bureau, manifest_of, sha
from tests.release.trust.conftest import FILES
from tests.release.trust.test_root import SAMPLE


@pytest.fixture
def folder(tmp_path: Path) -> tuple[Bureau, Path]:
    bureau = Bureau(departments={"transport": "transport"}).found()
    bureau.draft(tmp_path / "signing", FILES)
    return bureau, tmp_path / "signing"


def test_whose_archives_are_whose() -> None:
    """One department's archives alone; a hash stands as twelve ?, so roads is not also roads-old."""
    bureau = Bureau()
    old = "tiles/roads-old-0123456789ab.pmtiles"
    manifest = manifest_of({**FILES, old: b"old", "tiles/roads-0123456789ab.explain.parquet": b"PAR1"})
    manifest["files"].append({"path": "tiles/all-0123456789ab.pmtiles", "bytes": 1, "sha256": "0" * 64,
                              "datasets": ["roads", "base"]})  # fmt: skip
    keys = {"transport": bureau.public("transport"), "idle": bureau.public("idle")}
    owners = {"roads": "transport", "base": "bureau", "roads-old": "bureau"}
    (only,) = department_delegations(manifest, owners, keys)
    assert (only.department, only.key.name) == ("transport", "transport")
    assert only.paths == ("tiles/roads-????????????.explain.parquet", "tiles/roads-????????????.pmtiles")


def test_the_delegations_of_targets(folder: tuple[Bureau, Path]) -> None:
    bureau, path = folder
    said = json.loads((path / "targets.json").read_bytes())["signed"]
    offices = [bureau.public(name).keyid for name in ("survey", "secrecy")]
    assert {role["name"]: (role["paths"], role["threshold"], role["keyids"], role["terminating"])
            for role in said["delegations"]["roles"]} == {
        "department-transport": (["tiles/roads-????????????.pmtiles"], 1, [bureau.public("transport").keyid], True),
        "withdrawals": (["withdrawn/*"], 1, offices, True),
        "derived": (["derived/*/release.json"], 1, [bureau.public("publish").keyid], True),
    }  # fmt: skip
    manifest = json.loads(bureau.manifest_bytes)
    assert said["targets"] == {
        "release.json": {
            "length": len(bureau.manifest_bytes),
            "hashes": {"sha256": sha(bureau.manifest_bytes)},
            "custom": {
                "edition": "public",
                "city": "331181",
                "release": manifest["release"],
                "as_of": "2026-11-23",
                "review": None,
                "sums_sha256": sha((path / "SHA256SUMS").read_bytes()),
            },
        }
    }


def test_one_after_the_other_in_either_order(folder: tuple[Bureau, Path]) -> None:
    bureau, path = folder
    data, root = (path / "targets.json").read_bytes(), bureau.roots[0]
    assert missing_signatures(data, root) == ("survey", "secrecy")
    results = []
    for order in (("survey", "secrecy"), ("secrecy", "survey")):
        signed = data
        for n, office in enumerate(order):
            signed = append_signature(signed, bureau.key(office), office, root)
            assert missing_signatures(signed, root) == order[n + 1 :]
        results.append(sorted(each["keyid"] for each in json.loads(signed)["signatures"]))
    assert results[0] == results[1]
    document = (path / "department-transport.json").read_bytes()
    assert missing_signatures(document, root, targets=data) == ("department:transport",)
    signed = append_signature(document, bureau.key("transport"), "department:transport", root, targets=data)
    assert missing_signatures(signed, root, targets=data) == ()


@pytest.mark.parametrize(
    ("role", "key", "file", "error"),
    [
        ("survey", "secrecy", "targets.json", PolicyRefusal),  # the other office's key
        ("secrecy", "survey", "targets.json", PolicyRefusal),
        ("survey", "stranger", "targets.json", PolicyRefusal),
        ("survey", "root-a", "targets.json", PolicyRefusal),
        ("publish", "publish", "targets.json", UsageError),  # a publisher finishes, with -w
        ("survey", "survey", "department-transport.json", UsageError),  # the bureau for a department
        ("department:transport", "survey", "department-transport.json", PolicyRefusal),
        ("department:water", "transport", "department-transport.json", UsageError),
        ("department:transport", "transport", "targets.json", UsageError),
        ("mayor", "survey", "targets.json", UsageError),
    ],
)
def test_who_may_not(folder: tuple[Bureau, Path], role: str, key: str, file: str, error: type[LongquanError]) -> None:
    bureau, path = folder
    data, targets = (path / file).read_bytes(), (path / "targets.json").read_bytes()
    with pytest.raises(error):
        append_signature(data, bureau.key(key), role, bureau.roots[0], targets=targets)


def test_an_office_that_gave_up_a_key_signs_over_it(tmp_path: Path) -> None:
    """Signatures of keys that are no longer enrolled are taken away when somebody signs."""
    bureau = Bureau(parts=PARTS | {"survey": ("survey", "survey-2")}).found()
    bureau.draft(tmp_path, FILES)
    bureau.sign(tmp_path, "survey", "survey-2")
    bureau.roots.append(bureau.change_root("root-a", "root-b", remove={"survey": ["survey-2"]}))
    bureau.sign(tmp_path, "survey", "survey")
    signatures = json.loads((tmp_path / "targets.json").read_bytes())["signatures"]
    assert [each["keyid"] for each in signatures] == [bureau.public("survey").keyid]


def test_sample_keys_sign_nothing_of_a_city(tmp_path: Path) -> None:
    bureau = Bureau(sample=False).found()
    bureau.draft(tmp_path, FILES)
    signer = load_signer(SAMPLE / "survey.pem", "longquan")
    with pytest.raises(PolicyRefusal, match="throw-away") as caught:
        append_signature((tmp_path / "targets.json").read_bytes(), signer, "survey", bureau.roots[0])
    assert caught.value.exit_code == 3


def test_another_citys_document(folder: tuple[Bureau, Path]) -> None:
    bureau, path = folder
    other = Bureau(city="110000", keys=bureau.keys).found()
    with pytest.raises(PolicyRefusal, match="331181"):
        append_signature((path / "targets.json").read_bytes(), bureau.key("survey"), "survey", other.roots[0])


def test_an_order_to_withdraw_needs_one_office() -> None:
    bureau = Bureau().found()
    files = {f"withdrawn/{'0' * 64}": Target(1, "0" * 64, {"kind": "archive"})}
    order = new_delegated("withdrawals", "331181", "public", files, version=1, expires=NOW + YEAR)
    assert missing_signatures(order, bureau.roots[0]) == ("survey|secrecy",)
    for office in ("survey", "secrecy"):
        assert (
            missing_signatures(append_signature(order, bureau.key(office), office, bureau.roots[0]), bureau.roots[0])
            == ()
        )
    forged = bureau.resigned(order, lambda signed: None, "survey").replace(b'"length":1', b'"length":2')
    assert missing_signatures(forged, bureau.roots[0]) == ("survey|secrecy",)


# What is looked at


def test_what_is_signed_is_told(folder: tuple[Bureau, Path]) -> None:
    bureau, path = folder
    data = (path / "targets.json").read_bytes()
    subject = read_subject(path / "targets.json", data)
    assert (subject.role, subject.city, subject.edition, subject.as_of) == ("targets", "331181", "public", "2026-11-23")
    assert subject.manifest_sha256 == sha(bureau.manifest_bytes)
    assert subject.departments == {"transport": ("tiles/roads-????????????.pmtiles",)}
    signed = append_signature(data, bureau.key("survey"), "survey", bureau.roots[0])
    assert read_subject(path / "targets.json", signed) == subject  # whoever has signed, it is the same
    theirs = read_subject(path / "department-transport.json", (path / "department-transport.json").read_bytes())
    assert (theirs.role, dict(theirs.files)) == (
        "department-transport",
        {ROADS: {"bytes": 5, "sha256": sha(b"roads"), "custom": {}}},
    )


@pytest.mark.parametrize("file", ["release.json", "SHA256SUMS"])
def test_nobody_signs_what_does_not_lie_beside(folder: tuple[Bureau, Path], file: str) -> None:
    _bureau, path = folder
    data = (path / "targets.json").read_bytes()
    good = (path / file).read_bytes()
    (path / file).write_bytes(good.replace(b"a", b"b", 1))
    with pytest.raises(TrustError) as caught:
        read_subject(path / "targets.json", data)
    assert caught.value.attack == "arbitrary-file" and file in caught.value.message
    (path / file).unlink()
    with pytest.raises(TrustError, match="missing"):
        read_subject(path / "targets.json", data)
    if hasattr(os, "symlink"):
        (path / "elsewhere").write_bytes(good)
        (path / file).symlink_to("elsewhere")
        with pytest.raises(InputError, match="no plain file"):
            read_subject(path / "targets.json", data)


def test_lists_that_differ(tmp_path: Path) -> None:
    """SHA256SUMS with the fingerprint that is signed, but of other files than release.json lists."""
    bureau = Bureau().found()
    bureau.draft(tmp_path, FILES)
    sums = (tmp_path / "SHA256SUMS").read_bytes().replace(sha(b"base").encode(), sha(b"evil").encode())
    (tmp_path / "SHA256SUMS").write_bytes(sums)

    def name(signed: dict[str, Any]) -> None:
        signed["targets"]["release.json"]["custom"]["sums_sha256"] = sha(sums)

    data = bureau.resigned((tmp_path / "targets.json").read_bytes(), name)
    with pytest.raises(TrustError) as caught:
        read_subject(tmp_path / "targets.json", data)
    assert caught.value.attack == "mix-and-match"


def test_a_department_does_not_sign_other_bytes(folder: tuple[Bureau, Path]) -> None:
    bureau, path = folder
    data = bureau.resigned(
        (path / "department-transport.json").read_bytes(),
        lambda signed: signed["targets"][ROADS]["hashes"].update(sha256="0" * 64),
    )
    with pytest.raises(TrustError) as caught:
        read_subject(path / "department-transport.json", data)
    assert caught.value.where and caught.value.attack == "mix-and-match"


# What the publisher adds


def test_finishing_needs_everybody(folder: tuple[Bureau, Path]) -> None:
    bureau, path = folder
    for role, name, file in (
        ("survey", "survey", "targets.json"),
        ("secrecy", "secrecy", "targets.json"),
        ("department:transport", "transport", "department-transport.json"),
    ):
        with pytest.raises(PolicyRefusal, match=role):
            finish(path, bureau.key("publish"), bureau.roots, now=NOW)
        bureau.sign(path, role, name, file)
    with pytest.raises(PolicyRefusal, match="publish"):
        finish(path, bureau.key("survey"), bureau.roots, now=NOW)
    files = finish(path, bureau.key("publish"), bureau.roots, now=NOW)
    assert set(files) == {
        "1.root.json",
        "root.json",
        "1.targets.json",
        "1.department-transport.json",
        "1.snapshot.json",
        "timestamp.json",
    }
    assert files == finish(path, bureau.key("publish"), bureau.roots, now=NOW)  # same inputs, same bytes
    assert files["1.targets.json"] == (path / "targets.json").read_bytes()


def test_finishing_what_has_expired(folder: tuple[Bureau, Path]) -> None:
    bureau, path = folder
    for office in ("survey", "secrecy"):
        bureau.sign(path, office, office)
    bureau.sign(path, "department:transport", "transport", "department-transport.json")
    with pytest.raises(TrustError) as caught:
        finish(path, bureau.key("publish"), bureau.roots, now=NOW + 2 * YEAR)
    assert caught.value.attack == "freeze"


def test_pointers_are_written_last(folder: tuple[Bureau, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    _bureau, path = folder
    written = []
    monkeypatch.setattr("pipeline.release.trust.signing.write_whole", lambda file, data: written.append(file.name))
    names = ["timestamp.json", "root.json", "2.root.json", "3.snapshot.json", "withdrawn.json", "4.targets.json"]
    write_metadata(path, dict.fromkeys(names, b""))
    assert written == [
        "2.root.json", "4.targets.json", "withdrawn.json", "3.snapshot.json", "root.json", "timestamp.json"
    ]  # fmt: skip


def test_numbers_go_on(bureau: Bureau, tmp_path: Path) -> None:
    bureau.release(tmp_path / "2", FILES | {BASE: b"new"})
    seen = bureau.verify().seen
    assert (seen.targets, seen.snapshot, seen.timestamp, dict(seen.delegated)) == (2, 2, 2, {"department-transport": 2})


# Where documents come from, what is remembered


def test_a_folder_is_read_no_further_than_asked(tmp_path: Path) -> None:
    (tmp_path / "timestamp.json").write_bytes(b"x" * 100)
    for source in (FolderSource(tmp_path), MemorySource({"timestamp.json": b"x" * 100})):
        assert source.read("timestamp.json", 10) == b"x" * 11
        assert source.read("timestamp.json", 100) == b"x" * 100
        assert source.read("root.json", 10) is None


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes")
def test_pipes_links_and_folders_are_no_files(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "timestamp.json")
    (tmp_path / "root.json").symlink_to("/dev/zero")
    (tmp_path / "1.targets.json").mkdir()
    for name in ("timestamp.json", "root.json", "1.targets.json"):
        with pytest.raises(InputError, match="no plain file"):
            FolderSource(tmp_path).read(name, 10)


def test_what_was_seen_is_remembered(bureau: Bureau, tmp_path: Path) -> None:
    path = tmp_path / "state" / "seen.json"
    assert read_seen(path) == Seen.none()
    seen = bureau.verify().seen
    write_seen(path, seen)
    assert read_seen(path) == seen


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", '{"root":1}', "{{BAD}}", '{"root":true,"targets":1,"snapshot":1,"timestamp":1}']
)
def test_a_state_that_cannot_be_read_is_not_taken_for_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "seen.json").write_text(text)
    with pytest.raises(InputError, match="accepted last"):
        read_seen(tmp_path / "seen.json")
    good = Seen.none().as_json()
    for field, value in (("root", -1), ("targets", "1"), ("release", 7), ("delegated", [1]), ("delegated", {"a": -1})):
        (tmp_path / "seen.json").write_text(json.dumps(good | {field: value}))
        with pytest.raises(InputError):
            read_seen(tmp_path / "seen.json")
