"""Keys: files that openssl reads too, opened by their passphrase alone, and never by a changed file."""

from __future__ import annotations

import base64
import json
import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.errors import InputError, LongquanError, OutputError, UsageError
from pipeline.release.trust.keys import (
    PublicKey,
    create_key,
    is_named_truly,
    load_signer,
    public_key,
    public_path,
    read_public,
)

PASSPHRASE = "一句自己记得住、别人猜不到的话"
# RFC 8032, section 7.1, test 1; the id is the sha256 of the key in canonical JSON (TUF specification 4.2), by hand:
#   printf '{"keytype":"ed25519","keyval":{"public":"d75a…511a"},"scheme":"ed25519"}' | sha256sum
PUBLIC = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
KEYID = "74c181c7ad8a0855d4b55e44d2ba87aabdddb196832571f15f92fece332e4916"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, PublicKey]:
    path = tmp_path_factory.mktemp("keys") / "survey.pem"
    return path, create_key(path, "测绘处", PASSPHRASE)


def test_the_id_follows_from_the_key() -> None:
    assert PublicKey(PUBLIC, "RFC").keyid == KEYID
    assert PublicKey(PUBLIC, "another name").keyid == KEYID


def test_a_key_and_its_public_half(made: tuple[Path, PublicKey]) -> None:
    path, key = made
    assert public_path(path) == path.with_name("survey.pub.json")
    assert read_public(public_path(path)) == key
    said = json.loads(public_path(path).read_text("utf-8"))
    assert list(said) == ["keyid", "name", "scheme", "public", "fingerprint"]
    assert (said["name"], said["fingerprint"].replace(" ", "")) == ("测绘处", key.keyid)
    if sys.platform != "win32":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    signer = load_signer(path, PASSPHRASE)
    assert signer.public_key.keyid == key.keyid
    key.key.verify_signature(signer.sign(b"release"), b"release")
    assert is_named_truly(key.key)


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
def test_openssl_opens_the_key_and_verifies_its_signature(made: tuple[Path, PublicKey], tmp_path: Path) -> None:
    path, _key = made
    (tmp_path / "passphrase").write_text(PASSPHRASE, "utf-8")
    (tmp_path / "data").write_bytes(b"release")
    (tmp_path / "sig").write_bytes(bytes.fromhex(load_signer(path, PASSPHRASE).sign(b"release").signature))
    openssl(tmp_path, "pkey", "-in", str(path), "-passin", "file:passphrase", "-pubout", "-out", "pub")
    openssl(tmp_path, "pkeyutl", "-verify", "-pubin", "-inkey", "pub", "-rawin", "-in", "data", "-sigfile", "sig")


def openssl(folder: Path, *arguments: str) -> None:
    subprocess.run(["openssl", *arguments], check=True, capture_output=True, cwd=folder)


def test_a_passphrase_typed_on_another_keyboard(tmp_path: Path) -> None:
    """The same letters composed otherwise (macOS writes NFD) open the key all the same."""
    create_key(tmp_path / "k.pem", "k", "Ünïcödé passphrase")
    decomposed = "U\u0308ni\u0308co\u0308de\u0301 passphrase"
    assert load_signer(tmp_path / "k.pem", decomposed).public_key


@pytest.mark.parametrize(
    "weak",
    [
        "",
        "   ",
        "longquan",
        "short",
        "1234567890123456789",
        "aaaaaaaaaaaaaaaaaaaa",
        "abcabcabcabcabcabc",
        "测绘处测绘处",
    ],
)
def test_a_passphrase_that_is_too_weak(tmp_path: Path, weak: str) -> None:
    with pytest.raises(UsageError) as caught:
        create_key(tmp_path / "k.pem", "k", weak)
    assert caught.value.expected and not list(tmp_path.iterdir())


def test_the_name_is_no_passphrase(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        create_key(tmp_path / "k.pem", "Surveying office, deputy", "surveying office, deputy")
    with pytest.raises(UsageError, match="no name"):
        create_key(tmp_path / "k.pem", " ", PASSPHRASE)


def test_a_key_is_never_replaced(made: tuple[Path, PublicKey], tmp_path: Path) -> None:
    path, _key = made
    before = path.read_bytes()
    with pytest.raises(OutputError, match="never replaced"):
        create_key(path, "another", PASSPHRASE)
    assert path.read_bytes() == before
    (tmp_path / "k.pub.json").write_text("{}")
    with pytest.raises(OutputError):
        create_key(tmp_path / "k.pem", "k", PASSPHRASE)
    assert not (tmp_path / "k.pem").exists()


def test_no_half_of_a_key_stays_where_it_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError):
        create_key(tmp_path / "file" / "k.pem", "k", PASSPHRASE)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_wrong_passphrase(made: tuple[Path, PublicKey]) -> None:
    with pytest.raises(InputError, match="passphrase is wrong") as caught:
        load_signer(made[0], PASSPHRASE + "x")
    assert PASSPHRASE not in str(caught.value)


def test_what_is_no_key(made: tuple[Path, PublicKey], tmp_path: Path) -> None:
    for path, words in (
        (public_path(made[0]), "no encrypted key"),
        (tmp_path / "missing.pem", "cannot be read"),
        (tmp_path / "empty.pem", "no encrypted key"),
        (tmp_path / "long.pem", "too long"),
    ):
        (tmp_path / "empty.pem").write_bytes(b"")
        (tmp_path / "long.pem").write_bytes(b"-" * 70_000)
        with pytest.raises(InputError, match=words):
            load_signer(path, PASSPHRASE)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_a_tampered_key_never_signs_as_another(made: tuple[Path, PublicKey], place: float, bit: int) -> None:
    """AES-CBC has no seal: a flipped bit can give another valid key; its public half finds that out."""
    path, key = made
    text = path.read_text()
    head, body, tail = re.split(r"(?<=-----\n)(?=[^-])|(?<=\n)(?=-----END)", text)
    der = bytearray(base64.b64decode(body))
    der[int(place * len(der))] ^= 1 << bit
    hurt = path.with_name("hurt.pem")
    hurt.write_text(head + base64.encodebytes(bytes(der)).decode() + tail)
    public_path(hurt).write_bytes(public_path(path).read_bytes())
    try:
        signer = load_signer(hurt, PASSPHRASE)
    except LongquanError:
        return
    assert signer.public_key.keyid == key.keyid  # a bit that means nothing


def test_the_second_block_of_the_key_changed(made: tuple[Path, PublicKey], tmp_path: Path) -> None:
    """The very case: it decrypts, it parses, it is another key."""
    path, key = made
    text = path.read_text()
    der = bytearray(base64.b64decode(text.split("-----")[2]))
    der[-40] ^= 1  # within the third of four blocks: half of the private key
    hurt = tmp_path / "hurt.pem"
    hurt.write_text(
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\n"
        + base64.encodebytes(bytes(der)).decode()
        + "-----END ENCRYPTED PRIVATE KEY-----\n"
    )
    assert load_signer(hurt, PASSPHRASE).public_key.keyid != key.keyid  # alone, nothing tells
    public_path(hurt).write_bytes(public_path(path).read_bytes())
    with pytest.raises(InputError, match="do not belong together"):
        load_signer(hurt, PASSPHRASE)


@pytest.mark.parametrize("field", ["keyid", "name", "scheme", "public", "fingerprint"])
def test_a_changed_public_half(made: tuple[Path, PublicKey], tmp_path: Path, field: str) -> None:
    said = json.loads(public_path(made[0]).read_text("utf-8"))
    path = tmp_path / "k.pub.json"
    for value in ("x", 7, None, PUBLIC):
        path.write_text(json.dumps(said | {field: value}))
        if field == "name" and isinstance(value, str):
            assert read_public(path).keyid == said["keyid"]  # a name is what a root makes of it
            continue
        with pytest.raises(InputError, match="no public key"):
            read_public(path)
    path.write_text(json.dumps({key: value for key, value in said.items() if key != field}))
    with pytest.raises(InputError):
        read_public(path)


def test_the_key_of_a_workspace_file(made: tuple[Path, PublicKey]) -> None:
    path, key = made
    assert public_key(PUBLIC, "Transport", path.parent) == PublicKey(PUBLIC, "Transport")
    assert public_key("survey.pub.json", "Transport", path.parent) == key
    with pytest.raises(InputError):
        public_key("nothing.pub.json", "Transport", path.parent)
