"""Only what both offices signed goes out, as it was signed, and while that holds."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from pipeline.errors import PolicyRefusal, UsageError
from pipeline.i18n import _
from pipeline.publish.records import files_of, read_small, record_of
from pipeline.publish.shipment import Item, Shipment, made
from pipeline.publish.stages import TIMESTAMP, Stage, is_signature
from pipeline.publish.store import Store
from pipeline.publish.target import Target
from pipeline.release.manifest import SUMS
from pipeline.release.signatures import Reader, Signatures, read_signatures
from pipeline.release.trust.source import MemorySource

_FOLDER = "metadata/"
ROOT = _FOLDER + "root.json"
_WITHDRAWN = _FOLDER + "withdrawn.json"


def judge(shipment: Shipment, root: bytes | None, now: datetime) -> Signatures:
    """Who signed the very bytes that go out, judged from `root`, else from the root that comes along.

    Raises PolicyRefusal where somebody has not signed, a signature does not hold or no longer does, or something of it
    was withdrawn.
    """
    items = {item.path: item for item in shipment.items}
    source = MemorySource(
        {
            path.removeprefix(_FOLDER): item.source
            for path, item in items.items()
            if path.startswith(_FOLDER) and isinstance(item.source, bytes)
        }
    )
    manifest = items[record_of(shipment.release)].source
    assert isinstance(manifest, bytes)
    found = read_signatures(source, manifest, items[SUMS].about.sha256, Reader(now, root, online=True))
    if found.trusted is None or found.faults:
        attack, where, text = next(iter(found.faults), ("unsigned", _FOLDER, _("nobody has signed it")))
        raise PolicyRefusal(
            _("this release must not be published: {reason}").format(reason=text),
            where=f"{shipment.dist}: {where}",
            expected=_("signatures of both offices and of the publisher that hold today"),
            hint=_("longquan publish DIST TARGET --refresh --key KEY says anew that it is the newest")
            if attack == "freeze"
            else _("longquan release, then longquan sign --as survey, --as secrecy and --as publish"),
        )
    withdrawn = found.withdrawn
    for path, (_size, sha256) in sorted(files_of(shipment.manifest).items()):
        if sha256 in withdrawn and path in items:
            raise PolicyRefusal(
                _("this file was withdrawn: {when}").format(when=withdrawn[sha256]),
                where=path,
                hint=_(
                    "build a release without it; or carry the order out on this folder too: "
                    "longquan publish DIST TARGET --withdraw-order FILE --apply"
                ),
            )
        if sha256 not in withdrawn and path not in items:
            raise PolicyRefusal(_("this file is missing, and no order that holds has withdrawn it"), where=path)
    return found


def root_at(store: Store, target: Target) -> bytes | None:
    """The root that readers of a target trust already; None where there is none."""
    found = read_small(store, ROOT) if ROOT in target.entries else None
    return None if found is None else found[0]


def refreshed(
    shipment: Shipment, store: Store, target: Target, key: Path, passphrase: str, root: bytes | None, now: datetime
) -> Shipment:
    """The same release with a new snapshot and timestamp, signed by the publisher's key.

    They go on from what the target has, as somebody else may have refreshed it since this folder was signed.

    Raises UsageError where the target holds another release, TrustError, and InputError for the key.
    """
    from pipeline.release.trust.keys import load_signer
    from pipeline.release.trust.signing import refresh_timestamp

    if target.current != shipment.release:
        raise UsageError(
            _("the target does not hold this release, so there is nothing to refresh"),
            where=str(shipment.dist),
            expected=_("release {release}").format(release=(target.current or "–")[:12]),
            hint=_("publish it without --refresh first"),
        )
    there = {
        path.removeprefix(_FOLDER): found[0]
        for path in target.entries
        if path.startswith(_FOLDER) and path.count("/") == 1 and (found := read_small(store, path)) is not None
    }
    anchor = root or there.get("1.root.json") or there.get("root.json")
    if anchor is None:
        raise UsageError(_("the target has no signatures that could be refreshed"), where=_FOLDER)
    new = refresh_timestamp(MemorySource(there), load_signer(key, passphrase), anchor, now=now)
    return with_signatures(shipment, {**_kept(there), **new})


def with_signatures(shipment: Shipment, files: dict[str, bytes]) -> Shipment:
    """The same with other signatures: those of the folder that `files` does not have stay, numbered pointers apart."""
    fresh = {_FOLDER + name: made(_FOLDER + name, data) for name, data in files.items()}
    items: list[Item] = [item for item in shipment.items if item.path not in fresh and item.stage is not Stage.SNAPSHOT]
    items += fresh.values()
    return replace(shipment, items=tuple(sorted(items, key=lambda item: (item.stage, item.path.encode()))))


def fresh_signatures(shipment: Shipment) -> dict[str, bytes]:
    """The signatures of a shipment by name, for the folder that it came from."""
    return {
        item.path.removeprefix(_FOLDER): item.source
        for item in shipment.items
        if is_signature(item.path) and isinstance(item.source, bytes)
    }


def holds_until(shipment: Shipment) -> datetime:
    """Until when the timestamp says that this is the newest release."""
    text = json.loads(fresh_signatures(shipment)[Path(TIMESTAMP).name])["signed"]["expires"]
    return datetime.fromisoformat(str(text))


def _kept(there: dict[str, bytes]) -> dict[str, bytes]:
    """What of the target's signatures is newer than any folder knows: what was withdrawn."""
    name = _WITHDRAWN.removeprefix(_FOLDER)
    return {name: there[name]} if name in there else {}
