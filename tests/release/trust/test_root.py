"""Roots: made, signed and changed with files alone; a change needs old and new keys."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipeline.errors import LongquanError, PolicyRefusal, UsageError
from pipeline.release.trust.error import TrustError
from pipeline.release.trust.install import install_roots, installed_roots
from pipeline.release.trust.keys import PublicKey, load_signer, read_public
from pipeline.release.trust.root import (
    change_root,
    check_root_chain,
    missing_for_root,
    new_root,
    read_root,
    sign_root,
)
from pipeline.release.trust.sample import SAMPLE_KEYIDS
from tests.release.trust.bureau import NOW, PARTS, YEAR, Bureau, sha

SAMPLE = Path(__file__).parents[3] / "pipeline" / "demo" / "keys"


@pytest.fixture
def city() -> Bureau:
    """A real city with two deputies."""
    parts = PARTS | {"survey": ("survey", "survey-2"), "secrecy": ("secrecy", "secrecy-2")}
    return Bureau(sample=False, parts=parts).found()


def test_what_a_root_says(city: Bureau) -> None:
    facts = read_root(city.roots[0])
    assert (facts.version, facts.city, facts.sample, facts.threshold) == (1, "331181", False, 2)
    assert facts.fingerprint == sha(city.roots[0])
    assert {part: [facts.name_of(each) for each in ids] for part, ids in facts.parts.items()} == {
        "root": ["root-a", "root-b"],
        "survey": ["survey", "survey-2"],
        "secrecy": ["secrecy", "secrecy-2"],
        "publish": ["publish"],
    }
    assert [facts.name_of(each) for each in facts.signed_by] == ["root-a", "root-b"] and facts.complete
    said = json.loads(city.roots[0])["signed"]
    assert {role: (len(said["roles"][role]["keyids"]), said["roles"][role]["threshold"]) for role in said["roles"]} == {
        "root": (2, 2),
        "targets": (4, 2),
        "snapshot": (1, 1),
        "timestamp": (1, 1),
    }
    assert said["x-longquan"]["offices"]["survey"] == [city.public(name).keyid for name in ("survey", "survey-2")]


def test_the_same_keys_give_the_same_root(city: Bureau) -> None:
    keys = {part: [city.public(name) for name in names] for part, names in city.parts.items()}
    first, second = (new_root(city="331181", sample=False, keys=keys, expires=NOW + 3 * YEAR) for _ in range(2))
    assert first == second
    signed = sign_root(sign_root(first, city.key("root-a")), city.key("root-b"))
    assert signed == city.roots[0]  # ed25519 signs without chance


def test_signatures_come_one_after_the_other(city: Bureau) -> None:
    keys = {part: [city.public(name) for name in names] for part, names in city.parts.items()}
    root = new_root(city="331181", sample=False, keys=keys, expires=NOW + YEAR)
    assert [(each.n, [key.name for key in each.keys]) for each in missing_for_root(root)] == [(2, ["root-a", "root-b"])]
    root = sign_root(root, city.key("root-b"))
    assert [(each.n, [key.name for key in each.keys]) for each in missing_for_root(root)] == [(1, ["root-a"])]
    again = sign_root(root, city.key("root-b"))
    assert again == root  # the same person once more counts once
    assert missing_for_root(sign_root(root, city.key("root-a"))) == ()


@pytest.mark.parametrize("name", ["survey", "publish", "stranger"])
def test_only_root_keys_sign_roots(city: Bureau, name: str) -> None:
    with pytest.raises(PolicyRefusal, match="no part in this root"):
        sign_root(city.roots[0], city.key(name))


def test_a_change_needs_the_old_and_the_new(city: Bureau) -> None:
    city.roots.append(city.change_root(add={"root": ["root-c", "root-d"]}, remove={"root": ["root-a", "root-b"]}))
    old, new = city.roots
    for names in (("root-a", "root-b"), ("root-c", "root-d"), ("root-a", "root-c"), ("root-a", "root-b", "root-c")):
        signed = new
        for name in names:
            signed = sign_root(signed, city.key(name), old)
        assert missing_for_root(signed, old)
        with pytest.raises(TrustError):
            check_root_chain([old, signed])
    for name in ("root-a", "root-b", "root-c", "root-d"):
        new = sign_root(new, city.key(name), old)
    assert missing_for_root(new, old) == ()
    assert check_root_chain([old, new]).version == 2


def test_a_change_keeps_what_it_does_not_change(city: Bureau) -> None:
    old = read_root(city.roots[0])
    new = read_root(city.change_root(remove={"survey": ["survey-2"]}, add={"publish": ["publish-2"]}))
    assert (new.version, new.city, new.threshold) == (2, old.city, old.threshold)
    assert new.parts["survey"] == old.parts["survey"][:1]
    assert new.parts["publish"] == (*old.parts["publish"], city.public("publish-2").keyid)
    assert (new.parts["root"], new.parts["secrecy"]) == (old.parts["root"], old.parts["secrecy"])
    assert city.public("survey-2").keyid not in new.keys


def test_what_remains_must_do(city: Bureau) -> None:
    for remove in ({"survey": ["survey", "survey-2"]}, {"root": ["root-a"]}, {"publish": ["publish"]}):
        with pytest.raises(UsageError, match="needs"):
            city.change_root(remove=remove)
    with pytest.raises(UsageError, match="has no key"):
        city.change_root(remove={"survey": ["secrecy"]})
    with pytest.raises(UsageError, match="named twice"):
        city.change_root(add={"secrecy": ["survey"]})
    with pytest.raises(UsageError, match="named twice"):
        city.change_root(add={"publish": ["root-a"]})


def test_a_root_that_lacks_an_office() -> None:
    bureau = Bureau()
    keys = {part: [bureau.public(name) for name in names] for part, names in PARTS.items() if part != "secrecy"}
    with pytest.raises(UsageError, match="secrecy has 0 keys and needs 1"):
        new_root(city="331181", sample=True, keys=keys, expires=NOW)


# The sample city's


def test_the_sample_keys_are_those_that_are_known() -> None:
    held = {path.name.removesuffix(".pub.json"): read_public(path) for path in SAMPLE.glob("*.pub.json")}
    assert set(held) == {"root-a", "root-b", "survey", "secrecy", "publish"}
    assert {key.keyid for key in held.values()} == SAMPLE_KEYIDS
    for name, key in held.items():
        assert load_signer(SAMPLE / f"{name}.pem", "longquan").public_key.keyid == key.keyid
    facts = check_root_chain([(SAMPLE / "root.json").read_bytes()])
    assert (facts.version, facts.city, facts.sample, facts.complete) == (1, "331181", True, True)
    assert set(facts.keys) == SAMPLE_KEYIDS


@pytest.mark.parametrize("part", ["root", "survey", "secrecy", "publish"])
def test_sample_keys_are_refused_for_a_city(city: Bureau, part: str) -> None:
    sample: PublicKey = read_public(SAMPLE / "survey.pub.json")
    keys = {name: [city.public(each) for each in names] for name, names in city.parts.items()}
    keys[part].append(sample)
    with pytest.raises(PolicyRefusal, match="throw-away") as caught:
        new_root(city="331181", sample=False, keys=keys, expires=NOW)
    assert caught.value.exit_code == 3
    with pytest.raises(PolicyRefusal):
        change_root(city.roots[0], add={part: [sample]}, remove={}, expires=NOW)
    # one that was made by other means
    smuggled = new_root(city="331181", sample=True, keys=keys, expires=NOW)
    said = json.loads(smuggled)
    said["signed"]["x-longquan"]["sample"] = False
    with pytest.raises(TrustError) as refused:
        read_root(json.dumps(said, sort_keys=True, separators=(",", ":")).encode())
    assert refused.value.attack == "sample-key"


# keys/root of a workspace


def test_installing_roots(city: Bureau, tmp_path: Path) -> None:
    folder = tmp_path / "keys" / "root"
    first = city.roots[0]
    assert install_roots(folder, [first], city="331181", sample=False).version == 1
    second = city.change_root("root-a", "root-b", add={"survey": ["survey-3"]})
    assert install_roots(folder, [second], city="331181", sample=False).version == 2
    assert installed_roots(folder) == (first, second)
    assert {path.name for path in folder.iterdir()} == {"1.root.json", "2.root.json", "root.json"}
    assert (folder / "root.json").read_bytes() == second
    install_roots(folder, [second, first], city="331181", sample=False)  # once more: nothing changes
    assert installed_roots(folder) == (first, second)


def test_what_is_not_installed(city: Bureau, tmp_path: Path) -> None:
    first = city.roots[0]
    second = city.change_root("root-a", "root-b")
    city.roots.append(second)
    third = city.change_root("root-a", "root-b")
    one = city.resigned(first, lambda signed: None, "root-a")
    other = Bureau(sample=False).found().roots[0]
    cases: list[tuple[list[bytes], list[bytes], str, bool, str]] = [
        ([], [second], "331181", False, "missing"),
        ([first], [third], "331181", False, "missing"),
        ([], [one], "331181", False, "1 of the 2"),
        ([], [first], "110000", False, "is made for"),
        ([], [first], "331181", True, "is made for"),
        ([first], [other], "331181", False, "another root 1"),
        ([], [first, city.resigned(second, lambda signed: None, "root-a")], "331181", False, "1 of the 2"),
    ]
    for n, (there, new, code, sample, words) in enumerate(cases):
        folder = tmp_path / str(n)
        for each in there:
            install_roots(folder, [each], city="331181", sample=False)
        with pytest.raises(LongquanError, match=words):
            install_roots(folder, new, city=code, sample=sample)
        assert installed_roots(folder) == tuple(there)
