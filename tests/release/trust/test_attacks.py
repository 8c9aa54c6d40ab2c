"""The attacks of the TUF specification (1.5.2) and those on offices and departments: one test each, all refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from securesystemslib.signer import CryptoSigner
from tuf.api.metadata import Metadata, Targets

from pipeline.portal.files import json_bytes
from pipeline.release.trust.error import ATTACKS, TrustError
from pipeline.release.trust.roles import LIMITS
from pipeline.release.trust.root import new_root, sign_root
from pipeline.release.trust.seen import Seen
from pipeline.release.trust.signing import append_signature, finish, new_delegated, refresh_timestamp
from pipeline.release.trust.source import MemorySource
from pipeline.release.trust.targets import Target
from pipeline.release.trust.verify import check_delegated, check_manifest
from tests.release.trust.bureau import BASE, NOW, PARTS, ROADS, YEAR, Bureau, sha
from tests.release.trust.conftest import FILES

NEWER = {"index.html": b"<p>2", BASE: b"base 2", ROADS: b"roads"}


def refused(attack: str, call: Callable[[], object]) -> TrustError:
    """The refusal, which names the attack, says what to do or what was expected, and where."""
    assert attack in ATTACKS
    with pytest.raises(TrustError) as caught:
        call()
    assert caught.value.attack == attack, caught.value
    assert caught.value.exit_code == 1
    assert caught.value.where
    return caught.value


def targets_of(bureau: Bureau) -> bytes:
    return bureau.files[f"{bureau.n}.targets.json"]


def transport_of(bureau: Bureau) -> bytes:
    return bureau.files[f"{bureau.n}.department-transport.json"]


def test_what_everybody_signed_is_believed(bureau: Bureau) -> None:
    trusted = bureau.verify()
    manifest = check_manifest(trusted, bureau.manifest_bytes)
    assert (trusted.city, trusted.edition, trusted.sample) == ("331181", "public", True)
    assert (trusted.release, trusted.as_of, trusted.review) == (manifest["release"], "2026-11-23", None)
    assert (trusted.manifest_sha256, trusted.manifest_bytes) == (sha(bureau.manifest_bytes), len(bureau.manifest_bytes))
    assert [(each.role, each.name) for each in trusted.signed_by] == [
        ("root", "root-a"),
        ("root", "root-b"),
        ("survey", "survey"),
        ("secrecy", "secrecy"),
        ("publish", "publish"),
        ("department:transport", "transport"),
    ]
    assert trusted.files == {ROADS: sha(b"roads")}
    assert (trusted.root_fingerprint, trusted.root) == (sha(bureau.roots[0]), bureau.roots[0])
    assert (trusted.warnings, trusted.withdrawn) == ((), ())
    assert trusted.expires == NOW + timedelta(days=45)  # the timestamp's, the first to expire
    seen = trusted.seen
    assert (seen.root, seen.targets, seen.snapshot, seen.timestamp) == (1, 1, 1, 1)
    assert (seen.city, seen.edition, seen.release) == ("331181", "public", trusted.release)
    assert seen.delegated == {"department-transport": 1}


# Arbitrary software


def test_arbitrary_file(bureau: Bureau) -> None:
    """A release.json that nobody signed, of the very length of the one that was."""
    trusted = bureau.verify()
    other = bureau.manifest_bytes.replace(b"2026-11-23", b"2026-11-24")
    assert len(other) == len(bureau.manifest_bytes)
    refused("arbitrary-file", lambda: check_manifest(trusted, other))


def test_arbitrary_targets_beside_release_json(bureau: Bureau) -> None:
    """Offices sign one file, release.json; a document of another purpose cannot pass for theirs."""
    order = new_delegated("withdrawals", "331181", "public", {}, version=2, expires=NOW + YEAR)
    order = bureau.resigned(order, lambda signed: None, "survey", "secrecy")
    refused("arbitrary-file", lambda: bureau.verify(bureau.bound({"targets": order})))
    more = bureau.resigned(
        targets_of(bureau),
        lambda signed: signed["targets"].update({"setup.exe": {"length": 1, "hashes": {"sha256": "0" * 64}}}),
        "survey",
        "secrecy",
    )
    refused("arbitrary-file", lambda: bureau.verify(bureau.bound({"targets": more})))


# Rollback, of each role


def test_rollback_of_the_timestamp(bureau: Bureau, tmp_path: Path) -> None:
    old = dict(bureau.files)
    seen = bureau.release(tmp_path / "2", NEWER).verify().seen
    assert (seen.timestamp, seen.snapshot, seen.targets) == (2, 2, 2)
    error = refused("rollback", lambda: bureau.verify(old, seen=seen))
    assert error.where == "timestamp.json"
    assert bureau.verify(seen=seen).seen == seen  # the same once more is no rollback


def test_rollback_of_the_snapshot(bureau: Bureau) -> None:
    """A thief of the publisher's key binds an older snapshot with a newer timestamp."""
    seen = replace(bureau.verify().seen, snapshot=3)
    assert refused("rollback", lambda: bureau.verify(seen=seen)).where == "snapshot.json"


def test_rollback_of_the_targets(bureau: Bureau, tmp_path: Path) -> None:
    """A thief of the publisher's key binds the old release anew: everything else is newer than what was seen."""
    old = {"targets": targets_of(bureau), "department-transport": transport_of(bureau)}
    seen = bureau.release(tmp_path / "2", NEWER).verify().seen
    files = bureau.bound(old, version=9)
    assert bureau.verify(files).seen.targets == 1
    assert refused("rollback", lambda: bureau.verify(files, seen=seen)).where == "targets.json"


def test_rollback_of_a_department(bureau: Bureau, tmp_path: Path) -> None:
    old = transport_of(bureau)
    seen = bureau.release(tmp_path / "2", NEWER).verify().seen
    assert seen.delegated == {"department-transport": 2}
    files = bureau.bound({"targets": targets_of(bureau), "department-transport": old}, version=9)
    assert refused("rollback", lambda: bureau.verify(files, seen=seen)).where == "department-transport.json"


def test_rollback_of_the_root(bureau: Bureau) -> None:
    """Whoever saw root 2 is not to be shown a place where only root 1 is."""
    seen = replace(bureau.verify().seen, root=2)
    assert refused("rollback", lambda: bureau.verify(seen=seen)).where == "root"


def test_rollback_of_withdrawals(bureau: Bureau) -> None:
    """What was withdrawn stays so: neither its document nor an entry of it can be taken away."""
    first = _order(bureau, {ROADS: b"roads"}, version=1)
    second = _order(bureau, {ROADS: b"roads", BASE: b"base"}, version=2)
    files = bureau.files | refresh_timestamp(
        MemorySource(bureau.files), bureau.key("publish"), bureau.roots[0], now=NOW, new={"withdrawn.json": second}
    )
    trusted = bureau.verify(files)
    assert [(each.path, each.reason, each.kind) for each in trusted.withdrawn] == [
        (path, "leak", "archive") for path in sorted([ROADS, BASE], key=lambda path: sha(FILES[path]))
    ]
    without = {name: data for name, data in files.items() if name != "withdrawn.json"}
    refused("rollback", lambda: bureau.verify(without))  # the snapshot remembers
    refused("rollback", lambda: bureau.verify(files | {"withdrawn.json": first}))
    refused("rollback", lambda: bureau.verify(bureau.files, seen=replace(trusted.seen, timestamp=1, snapshot=1)))


def _order(bureau: Bureau, files: dict[str, bytes], *, version: int, by: str = "secrecy") -> bytes:
    targets = {
        f"withdrawn/{sha(data)}": Target(
            len(data), sha(data), {"kind": "archive", "path": path, "reason": "leak", "date": "2026-11-23"}
        )
        for path, data in files.items()
    }
    order = new_delegated("withdrawals", "331181", "public", targets, version=version, expires=NOW + YEAR)
    return append_signature(order, bureau.key(by), by, bureau.roots[-1])


# Indefinite freeze


@pytest.mark.parametrize(
    ("document", "after"),
    [("timestamp.json", timedelta(days=46)), ("targets.json", YEAR), ("root.json", 3 * YEAR)],
)
def test_freeze(bureau: Bureau, document: str, after: timedelta) -> None:
    """Online an expired document is refused; offline it is a warning, and nothing is refused."""
    files = bureau.files
    if document != "timestamp.json":  # a publisher whose key still signs, over what does not hold any longer
        documents = {"targets": targets_of(bureau), "department-transport": transport_of(bureau)}
        files = bureau.bound(documents, holds=4 * YEAR)
    later = NOW + after
    refused("freeze", lambda: bureau.verify(files, now=later))
    warnings = bureau.verify(files, now=later, online=False).warnings
    assert any(document in warning for warning in warnings)
    just_before = later - timedelta(seconds=1) if document != "timestamp.json" else NOW + timedelta(days=44)
    assert not any(document in text for text in bureau.verify(files, now=just_before, online=False).warnings)


def test_offline_expiry_warns_of_every_document(bureau: Bureau) -> None:
    trusted = bureau.verify(now=NOW + 10 * YEAR, online=False)
    assert [text.split(" ")[0] for text in trusted.warnings] == [
        "root.json",
        "timestamp.json",
        "snapshot.json",
        "targets.json",
        "department-transport.json",
    ]


def test_refresh_ends_a_freeze(bureau: Bureau) -> None:
    """`publish --refresh`: a new timestamp without a new release; nothing else is written but the snapshot."""
    later = NOW + timedelta(days=46)
    refused("freeze", lambda: bureau.verify(now=later))
    seen = bureau.verify().seen
    new = refresh_timestamp(MemorySource(bureau.files), bureau.key("publish"), bureau.roots[0], now=later)
    assert set(new) == {"root.json", "2.snapshot.json", "timestamp.json"}
    trusted = bureau.verify(bureau.files | new, now=later, seen=seen)
    assert (trusted.seen.targets, trusted.seen.snapshot, trusted.seen.timestamp) == (1, 2, 2)
    assert trusted.release == seen.release


# Mix-and-match


def test_mix_and_match(bureau: Bureau, tmp_path: Path) -> None:
    """Documents of two releases, each signed by the right people, that were never published together."""
    old = dict(bureau.files)
    new = bureau.release(tmp_path / "2", NEWER).files
    for name in ("2.targets.json", "2.department-transport.json", "2.snapshot.json"):
        swapped = new | {name: old[name.replace("2.", "1.", 1)]}
        refused("mix-and-match", lambda files=swapped: bureau.verify(files))  # type: ignore[misc]
    refused("arbitrary-file", lambda: check_manifest(bureau.verify(old), bureau.manifest_bytes))
    missing = {name: data for name, data in new.items() if name != "2.targets.json"}
    refused("damaged", lambda: bureau.verify(missing))


def test_mix_of_editions(tmp_path: Path) -> None:
    """The government edition's metadata in the place of the public one's, all keys being the same."""
    bureau = Bureau().found().release(tmp_path / "1", FILES)
    seen = bureau.verify().seen
    other = Bureau(keys=bureau.keys, roots=bureau.roots, n=4)
    other.release(tmp_path / "2", FILES, edition="government")
    refused("mix-and-match", lambda: bureau.verify(other.files, seen=replace(seen, timestamp=0, snapshot=0)))
    refused("mix-and-match", lambda: bureau.verify(other.files, edition="public"))
    # and bound by the publisher's pointers of one edition to the targets of the other
    targets = other.files["5.targets.json"]

    def of_public(signed: dict[str, Any]) -> None:
        signed["meta"]["targets.json"] = {"version": 5, "length": len(targets), "hashes": {"sha256": sha(targets)}}

    snapshot = bureau.resigned(bureau.files["1.snapshot.json"], of_public, "publish")
    timestamp = bureau.resigned(
        bureau.files["timestamp.json"],
        lambda signed: signed["meta"]["snapshot.json"].update(length=len(snapshot), hashes={"sha256": sha(snapshot)}),
        "publish",
    )
    mixed = bureau.files | {"1.snapshot.json": snapshot, "timestamp.json": timestamp, "5.targets.json": targets}
    refused("mix-and-match", lambda: bureau.verify(mixed))


# Endless data


@pytest.mark.parametrize(
    ("name", "limit"),
    [
        ("timestamp.json", LIMITS["timestamp"]),
        ("1.snapshot.json", LIMITS["snapshot"]),
        ("1.targets.json", LIMITS["targets"]),
        ("2.root.json", LIMITS["root"]),
        ("withdrawn.json", LIMITS["targets"]),
    ],
)
def test_endless_data(bureau: Bureau, name: str, limit: int) -> None:
    """Never more is asked for than a document may have, and never more is parsed."""

    class Endless:
        asked = 0

        def read(self, wanted: str, most: int) -> bytes | None:
            if wanted == name:
                self.asked = most
                return b" " * (most + 1)
            return bureau.files.get(wanted)

    source = Endless()
    from pipeline.release.trust.verify import verify_trust

    refused("endless-data", lambda: verify_trust(source, bureau.roots[0], seen=Seen.none(), now=NOW, online=True))
    known = bureau.files.get(name, b" " * limit)
    assert source.asked <= limit and source.asked in (limit, len(known))


def test_endless_manifest(bureau: Bureau) -> None:
    refused("endless-data", lambda: check_manifest(bureau.verify(), bureau.manifest_bytes + b" "))


def test_endless_roots(bureau: Bureau, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.release.trust.root.ROOTS_AT_MOST", 3)
    files = dict(bureau.files)
    for n in range(2, 6):
        root = bureau.change_root("root-a", "root-b")
        bureau.roots.append(root)
        files |= {f"{n}.root.json": root, "root.json": root}
    assert refused("endless-data", lambda: bureau.verify(files, root=bureau.roots[0])).where == "4.root.json"


# Wrong keys


@pytest.mark.parametrize("name", ["timestamp.json", "1.snapshot.json", "1.targets.json"])
def test_wrong_key(bureau: Bureau, name: str) -> None:
    """A document signed by a stranger alone, bound by the right hashes where hashes bind it."""
    stranger = bureau.resigned(bureau.files[name], lambda signed: None, "stranger")
    files = bureau.files | {name: stranger}
    if name == "1.targets.json":
        files = bureau.bound({"targets": stranger, "department-transport": transport_of(bureau)})
    if name == "1.snapshot.json":
        listed = {"length": len(stranger), "hashes": {"sha256": sha(stranger)}}
        files["timestamp.json"] = bureau.resigned(
            files["timestamp.json"], lambda signed: signed["meta"]["snapshot.json"].update(listed), "publish"
        )
    refused("wrong-key", lambda: bureau.verify(files))


def test_a_publisher_cannot_sign_for_the_offices(bureau: Bureau) -> None:
    targets = bureau.resigned(targets_of(bureau), lambda signed: None, "publish")
    documents = {"targets": targets, "department-transport": transport_of(bureau)}
    refused("wrong-key", lambda: bureau.verify(bureau.bound(documents)))


def test_a_signature_over_other_content(bureau: Bureau) -> None:
    """The offices' signatures, put under a document that says something else."""
    value = json.loads(targets_of(bureau))
    value["signed"]["targets"]["release.json"]["hashes"]["sha256"] = "0" * 64
    forged = json.dumps(value, sort_keys=True, separators=(",", ":")).encode()
    documents = {"targets": forged, "department-transport": transport_of(bureau)}
    refused("wrong-key", lambda: bureau.verify(bureau.bound(documents)))


def test_another_citys_root(bureau: Bureau) -> None:
    other = Bureau().found()
    refused("wrong-root", lambda: bureau.verify(root=other.roots[0]))


# Too few signatures


def test_threshold_not_met(bureau: Bureau) -> None:
    """TUF's own: one signature of two."""
    for name in ("survey", "secrecy"):
        targets = bureau.resigned(targets_of(bureau), lambda signed: None, name)
        documents = {"targets": targets, "department-transport": transport_of(bureau)}
        error = refused("threshold", lambda: bureau.verify(bureau.bound(documents)))  # noqa: B023
        assert "1" in error.message and "2" in error.message
    nobody = bureau.resigned(bureau.files["timestamp.json"], lambda signed: None)
    refused("threshold", lambda: bureau.verify(bureau.files | {"timestamp.json": nobody}))


@pytest.mark.parametrize(("office", "other"), [("survey", "secrecy"), ("secrecy", "survey")])
def test_two_signatures_of_one_office(tmp_path: Path, office: str, other: str) -> None:
    """TUF's threshold is met, the rule of both offices is not; an office and a deputy of the other meet it."""
    parts = PARTS | {"survey": ("survey", "survey-2"), "secrecy": ("secrecy", "secrecy-2")}
    bureau = Bureau(parts=parts).found().release(tmp_path / "1", FILES)
    alone = bureau.resigned(targets_of(bureau), lambda signed: None, office, f"{office}-2")
    error = refused("office", lambda: bureau.verify(bureau.bound({"targets": alone})))
    assert other in error.message
    both = bureau.resigned(targets_of(bureau), lambda signed: None, office, f"{other}-2")
    assert bureau.verify(bureau.bound({"targets": both})).edition == "public"


def test_duplicate_and_extraneous_signatures_count_once(bureau: Bureau) -> None:
    def twice(data: bytes, *, keyid: str | None = None) -> bytes:
        value = json.loads(data)
        value["signatures"] = [each for each in value["signatures"] if each["keyid"] == survey] * 2
        if keyid is not None:
            value["signatures"][1] = {"keyid": keyid, "sig": value["signatures"][1]["sig"]}
        return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()

    survey = bureau.public("survey").keyid
    department = {"department-transport": transport_of(bureau)}
    same = bureau.bound({"targets": twice(targets_of(bureau))} | department)
    refused("damaged", lambda: bureau.verify(same))
    secrecy = bureau.public("secrecy").keyid  # the surveyor's signature in the other's name
    refused("wrong-key", lambda: bureau.verify(
        bureau.bound({"targets": twice(targets_of(bureau), keyid=secrecy)} | department)))  # fmt: skip
    unknown = bureau.bound({"targets": twice(targets_of(bureau), keyid="0" * 64)} | department)
    refused("wrong-key", lambda: bureau.verify(unknown))


def test_one_key_under_two_ids(bureau: Bureau) -> None:
    """A root that names one key twice would let one person stand for two."""
    survey = bureau.public("survey")

    def alias(signed: dict[str, Any]) -> None:
        signed["keys"]["0" * 64] = dict(signed["keys"][survey.keyid])
        signed["roles"]["targets"]["keyids"].append("0" * 64)
        signed["x-longquan"]["offices"]["secrecy"] = ["0" * 64]
        signed["roles"]["targets"]["keyids"].remove(bureau.public("secrecy").keyid)

    root = bureau.resigned(bureau.roots[0], alias, "root-a", "root-b")
    refused("damaged", lambda: bureau.verify(root=root))


def test_one_key_in_two_offices(bureau: Bureau) -> None:
    def both(signed: dict[str, Any]) -> None:
        offices = signed["x-longquan"]["offices"]
        offices["secrecy"] = offices["secrecy"] + offices["survey"]

    root = bureau.resigned(bureau.roots[0], both, "root-a", "root-b")
    refused("damaged", lambda: bureau.verify(root=root))


# Key compromise and rotation


def test_a_revoked_key_is_refused_and_roots_are_followed(tmp_path: Path) -> None:
    parts = PARTS | {"survey": ("survey", "survey-2")}
    bureau = Bureau(parts=parts).found().release(tmp_path / "1", FILES)
    first = bureau.roots[0]
    seen = bureau.verify().seen
    stolen = targets_of(bureau)
    bureau.roots.append(bureau.change_root("root-a", "root-b", remove={"survey": ["survey"]}))
    bureau.roots.append(bureau.change_root("root-a", "root-b", add={"survey": ["survey-3"]}))
    bureau.files |= {"2.root.json": bureau.roots[1], "3.root.json": bureau.roots[2], "root.json": bureau.roots[2]}
    refused("wrong-key", lambda: bureau.verify(bureau.files, root=first))  # the release of before: one office is left
    refused("wrong-key", lambda: bureau.verify(bureau.bound({"targets": stolen}), root=first))
    bureau.draft(tmp_path / "2", NEWER)
    with pytest.raises(Exception, match="may not sign"):
        bureau.sign(tmp_path / "2", "survey", "survey")
    bureau.sign(tmp_path / "2", "survey", "survey-3")
    bureau.sign(tmp_path / "2", "secrecy", "secrecy")
    bureau.files |= finish(
        tmp_path / "2", bureau.key("publish"), bureau.roots, now=NOW, previous=MemorySource(bureau.files)
    )
    for root in bureau.roots:  # from the first, from the second, from the newest
        trusted = bureau.verify(root=root, seen=seen)
        assert (trusted.seen.root, trusted.root_fingerprint) == (3, sha(bureau.roots[2]))


def test_a_surplus_signature_of_a_revoked_key_does_no_harm(tmp_path: Path) -> None:
    """A deputy is revoked whose signature was one too many: the release stays good, nobody has to sign again."""
    bureau = Bureau(parts=PARTS | {"survey": ("survey", "survey-2")}).found()
    bureau.draft(tmp_path / "1", FILES)
    for role, name in (("survey", "survey"), ("survey", "survey-2"), ("secrecy", "secrecy")):
        bureau.sign(tmp_path / "1", role, name)
    bureau.files = finish(tmp_path / "1", bureau.key("publish"), bureau.roots, now=NOW)
    root = bureau.change_root("root-a", "root-b", remove={"survey": ["survey-2"]})
    new = refresh_timestamp(
        MemorySource(bureau.files), bureau.key("publish"), bureau.roots[0], now=NOW, new={"2.root.json": root}
    )
    trusted = bureau.verify(bureau.files | new)
    assert [each.name for each in trusted.signed_by if each.role in ("survey", "secrecy")] == ["survey", "secrecy"]


@pytest.mark.parametrize(
    ("by", "attack"),
    [(("root-c", "root-d"), "wrong-key"), (("root-a",), "threshold"), (("root-a", "root-c"), "wrong-key")],
)
def test_a_root_signed_by_new_keys_only(bureau: Bureau, by: tuple[str, ...], attack: str) -> None:
    """Whoever has the new keys alone, or one old key, cannot replace the root."""
    root = bureau.change_root(
        *by, add={"root": ["root-c", "root-d"]}, remove={"root": ["root-a", "root-b"]}
    ) if attack == "wrong-key" else bureau.change_root(*by)  # fmt: skip
    files = bureau.files | {"2.root.json": root, "root.json": root}
    refused(attack, lambda: bureau.verify(files))


def test_a_root_signed_by_old_keys_only(bureau: Bureau) -> None:
    """The new root's own threshold must be met as well, so that no key is enrolled that nobody holds."""
    root = bureau.change_root(
        "root-a", "root-b", add={"root": ["root-c", "root-d"]}, remove={"root": ["root-a", "root-b"]}
    )
    refused("wrong-key", lambda: bureau.verify(bureau.files | {"2.root.json": root, "root.json": root}))


def test_a_root_that_skips_a_number(bureau: Bureau) -> None:
    root = bureau.resigned(bureau.change_root(), lambda signed: signed.update(version=3), "root-a", "root-b")
    refused("mix-and-match", lambda: bureau.verify(bureau.files | {"2.root.json": root, "root.json": root}))
    again = bureau.resigned(bureau.roots[0], lambda signed: signed.update(version=1), "root-a", "root-b")
    refused("rollback", lambda: bureau.verify(bureau.files | {"2.root.json": again, "root.json": again}))


def test_a_root_that_changes_the_city(bureau: Bureau) -> None:
    root = bureau.resigned(
        bureau.change_root(), lambda signed: signed["x-longquan"].update(city="110000"), "root-a", "root-b"
    )
    refused("wrong-root", lambda: bureau.verify(bureau.files | {"2.root.json": root, "root.json": root}))


def test_fast_forward_recovery(bureau: Bureau) -> None:
    """Version numbers driven up by a thief of the publisher's key begin anew once the key is replaced."""
    documents = {"targets": targets_of(bureau), "department-transport": transport_of(bureau)}
    seen = bureau.verify(bureau.bound(documents, version=1_000_000)).seen
    assert seen.timestamp == 1_000_000
    refused("rollback", lambda: bureau.verify(seen=seen))
    root = bureau.change_root("root-a", "root-b", add={"publish": ["publish-2"]}, remove={"publish": ["publish"]})
    new = refresh_timestamp(
        MemorySource(bureau.files), bureau.key("publish-2"), bureau.roots[0], now=NOW, new={"2.root.json": root}
    )
    trusted = bureau.verify(bureau.files | new, seen=seen)
    assert (trusted.seen.root, trusted.seen.timestamp, trusted.seen.snapshot) == (2, 2, 2)
    # the thief cannot go on: the old key's pointers under the new root
    stolen = bureau.bound(documents, version=2_000_000) | {"2.root.json": root, "root.json": root}
    refused("wrong-key", lambda: bureau.verify(stolen, seen=seen))


# Departments


def test_a_department_signs_anothers_data(bureau: Bureau) -> None:
    """Transport lists an archive of the bureau: the paths of its delegation do not reach it."""
    theirs = bureau.resigned(
        transport_of(bureau),
        lambda signed: signed["targets"].update({BASE: {"length": 4, "hashes": {"sha256": sha(b"evil")}}}),
        "transport",
    )
    files = bureau.bound({"targets": targets_of(bureau), "department-transport": theirs})
    assert refused("department", lambda: bureau.verify(files)).where == BASE


def test_a_department_with_another_departments_key(tmp_path: Path) -> None:
    bureau = Bureau(departments={"transport": "transport", "bureau": "bureau"}).found().release(tmp_path / "1", FILES)
    assert set(bureau.verify().files) == {ROADS, BASE}
    theirs = bureau.resigned(transport_of(bureau), lambda signed: None, "bureau")
    documents = {"targets": targets_of(bureau), "department-transport": theirs}
    documents["department-bureau"] = bureau.files["1.department-bureau.json"]
    refused("wrong-key", lambda: bureau.verify(bureau.bound(documents)))
    swapped = documents | {"department-transport": bureau.files["1.department-bureau.json"]}
    refused("wrong-key", lambda: bureau.verify(bureau.bound(swapped)))


def test_the_bureau_changes_a_departments_archive(bureau: Bureau, tmp_path: Path) -> None:
    """Both offices and the publisher sign, the department does not: its old document still says what its data are."""
    theirs = transport_of(bureau)
    bureau.draft(tmp_path / "2", FILES | {ROADS: b"altered"})
    for office in ("survey", "secrecy"):
        bureau.sign(tmp_path / "2", office, office)
    with pytest.raises(Exception, match="department:transport"):
        finish(tmp_path / "2", bureau.key("publish"), bureau.roots, now=NOW)
    targets = (tmp_path / "2" / "targets.json").read_bytes()
    trusted = bureau.verify(bureau.bound({"targets": targets, "department-transport": theirs}))
    assert refused("department", lambda: check_manifest(trusted, bureau.manifest_bytes)).where == ROADS


def test_the_bureau_adds_to_a_departments_archives(bureau: Bureau, tmp_path: Path) -> None:
    """A file under a department's name that the department has not listed."""
    other = "tiles/roads-ba9876543210.pmtiles"
    theirs = transport_of(bureau)
    bureau.draft(tmp_path / "2", FILES | {other: b"more"})
    for office in ("survey", "secrecy"):
        bureau.sign(tmp_path / "2", office, office)
    targets = (tmp_path / "2" / "targets.json").read_bytes()
    trusted = bureau.verify(bureau.bound({"targets": targets, "department-transport": theirs}))
    assert refused("department", lambda: check_manifest(trusted, bureau.manifest_bytes)).where == other


def test_a_delegation_that_nobody_signed(bureau: Bureau) -> None:
    """targets.json delegates, the publisher leaves the department's document out."""
    files = bureau.bound({"targets": targets_of(bureau)})
    refused("mix-and-match", lambda: bureau.verify(files))


def test_an_order_to_withdraw_of_a_stranger(bureau: Bureau) -> None:
    order = _order(bureau, {ROADS: b"roads"}, version=1)
    for data, attack in (
        (bureau.resigned(order, lambda signed: None, "publish"), "wrong-key"),
        (bureau.resigned(order, lambda signed: None), "threshold"),
        (targets_of(bureau), "department"),
    ):
        refused(attack, lambda data=data: bureau.verify(bureau.files | {"withdrawn.json": data}))  # type: ignore[misc]
    for by in ("survey", "secrecy"):  # either office alone
        good = _order(bureau, {ROADS: b"roads"}, version=1, by=by)
        assert [each.path for each in bureau.verify(bureau.files | {"withdrawn.json": good}).withdrawn] == [ROADS]


def test_a_partial_release_that_another_signed(bureau: Bureau) -> None:
    """Partial bundles are the publisher's, at their own paths only."""
    trusted = bureau.verify()
    data = b"part"

    def signed(path: str, by: str) -> bytes:
        document = new_delegated(
            "derived", "331181", "public", {path: Target(len(data), sha(data))}, version=1, expires=NOW + YEAR
        )
        return bureau.resigned(document, lambda signed: None, by)

    good = signed("derived/ab/release.json", "publish")
    found, warnings = check_delegated(trusted, "derived", good, now=NOW, online=False)
    assert (list(found.targets), warnings) == (["derived/ab/release.json"], ())
    assert isinstance(found, Targets)
    _found, warnings = check_delegated(trusted, "derived", good, now=NOW + 2 * YEAR, online=False)
    assert len(warnings) == 1
    for bad, attack in (
        (signed("derived/ab/release.json", "survey"), "wrong-key"),
        (signed("release.json", "publish"), "department"),
        (signed("derived/a/b/release.json", "publish"), "department"),
    ):
        refused(attack, lambda bad=bad: check_delegated(trusted, "derived", bad, now=NOW, online=False))  # type: ignore[misc]


# Damage


def test_text_that_means_the_same_is_refused(bureau: Bureau) -> None:
    """Two texts of one document would let bytes differ that nobody signed."""
    data = bureau.files["timestamp.json"]
    for other in (data + b"\n", json.dumps(json.loads(data)).encode(), data.replace(b'{"sig', b'{"x":1,"sig', 1)):
        with pytest.raises(TrustError) as caught:
            bureau.verify(bureau.files | {"timestamp.json": other})
        assert caught.value.attack == "damaged", other
    for nonsense in (b"", b"{}", b"[]", b"\xff", b"[" * 10_000, b'{"signatures":[],"signed":{}}'):
        with pytest.raises(TrustError) as caught:
            bureau.verify(bureau.files | {"timestamp.json": nonsense})
        assert caught.value.attack == "damaged", nonsense


def test_a_sample_is_no_city_and_no_city_is_a_sample(bureau: Bureau) -> None:
    manifest = json.loads(bureau.manifest_bytes) | {"sample": False}
    data = json_bytes(manifest)
    trusted = replace(bureau.verify(), manifest_sha256=sha(data), manifest_bytes=len(data))
    refused("sample-key", lambda: check_manifest(trusted, data))


def test_a_document_with_a_stranger_beside_the_right_signers(bureau: Bureau) -> None:
    """Where no hash covers the bytes, a signature more that nobody enrolled is refused too."""
    document: Metadata[Any] = Metadata.from_bytes(bureau.files["timestamp.json"])
    document.sign(CryptoSigner.generate_ed25519(), append=True)
    refused("wrong-key", lambda: bureau.verify(bureau.files | {"timestamp.json": document.to_bytes()}))


def test_a_root_of_one_signature_where_two_are_needed() -> None:
    bureau = Bureau().found()
    keys = {part: [bureau.public(name) for name in names] for part, names in PARTS.items()}
    root = new_root(city="331181", sample=True, keys=keys, expires=NOW + YEAR)
    refused("threshold", lambda: bureau.verify({}, root=sign_root(root, bureau.key("root-a"))))
