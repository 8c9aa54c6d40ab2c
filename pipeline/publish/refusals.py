"""What publishing refuses, whoever asks (exit code 3): rules of the platform, looked at before anything is written."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from typing import Any

from pipeline.errors import PolicyRefusal
from pipeline.i18n import _
from pipeline.publish.records import read_small
from pipeline.publish.shipment import Shipment
from pipeline.publish.stages import TIMESTAMP
from pipeline.publish.store import Store
from pipeline.publish.target import Target


def refuse_unreviewed(manifest: Mapping[str, Any], where: str) -> None:
    """A real city's map needs the number of its map review, unless its release says that it is not for everybody.

    Raises PolicyRefusal.
    """
    review = manifest.get("review")
    number = review.get("number") if isinstance(review, dict) else None
    if not number and manifest.get("sample") is not True and manifest.get("public") is not False:
        raise PolicyRefusal(
            _("this release has no map review number, so it must not be published"),
            where=where,
            expected=_("a number in release.json that covers this release"),
            hint=_(
                "hand it in with `longquan review pack`, record the number with `longquan review record`, build again"
            ),
        )


def refuse_another(shipment: Shipment, target: Target) -> None:
    """A target belongs to one edition of one city. Raises PolicyRefusal."""
    if target.manifest is None:
        return
    there = tuple(str(target.manifest.get(key)) for key in ("city", "edition", "sample"))
    mine = tuple(str(shipment.manifest.get(key)) for key in ("city", "edition", "sample"))
    if there != mine:
        raise PolicyRefusal(
            _("the target holds edition {edition} of city {city}, which this release must not replace").format(
                edition=there[1], city=there[0]
            ),
            expected=_("edition {edition} of city {city}, or an empty place").format(edition=mine[1], city=mine[0]),
            hint=_("name another folder or prefix"),
        )


def refuse_older(shipment: Shipment, store: Store, target: Target) -> None:
    """No release goes over a newer one unless that is meant. Raises PolicyRefusal."""
    known = target.published.of(shipment.release)
    before = known is not None and known.replaced is not None
    outdated = target.manifest is not None and _date(shipment.manifest) < _date(target.manifest)
    if before or outdated or _signed_before(shipment, store, target):
        raise PolicyRefusal(
            _("release {release} is older than {current}, which the target holds").format(
                release=shipment.release[:12], current=(target.current or "")[:12]
            ),
            hint=_(
                "publish the newest release; to go back all the same give --rollback, and have the old release signed "
                "anew, or whoever saw the newer one refuses it"
            ),
        )


def refuse_open(shipment: Shipment, is_public: bool | None) -> str | None:
    """A protected edition does not go where everybody may read; returns a warning where that cannot be found out.

    Raises PolicyRefusal.
    """
    if _is_public(shipment):
        return None
    if is_public:
        raise PolicyRefusal(
            _("everybody may read this bucket, and edition {edition} is not for everybody").format(
                edition=shipment.edition
            ),
            expected=_("a bucket without public access"),
            hint=_("take the public rights away from the bucket, and let a server ask who comes (docs/deploy)"),
        )
    if is_public is None:
        return _(
            "Edition {edition} is not for everybody: whether the target lets only the right people in cannot be found "
            "out from here; look at docs/deploy."
        ).format(edition=shipment.edition)
    return None


def _is_public(shipment: Shipment) -> bool:
    """Whether everybody may read it: as its release.json says, else by the name that an edition for everybody has."""
    told = shipment.manifest.get("public")
    return told if isinstance(told, bool) else shipment.edition == "public"


def _date(manifest: Mapping[str, Any]) -> date:
    try:
        return date.fromisoformat(str(manifest["as_of"]))
    except (KeyError, ValueError):
        return date.min


def _signed_before(shipment: Shipment, store: Store, target: Target) -> bool:
    """Whether what is there was signed later, or is another document of the same number."""
    found = read_small(store, TIMESTAMP) if TIMESTAMP in target.entries else None
    own = next((item.source for item in shipment.items if item.path == TIMESTAMP), b"")
    if found is None or not isinstance(own, bytes):
        return False
    return _version(own) < _version(found[0]) or (_version(own) == _version(found[0]) and own != found[0])


def _version(data: bytes) -> int:
    """The version that a file of signatures says it has; 0 where there is none."""
    try:
        return int(json.loads(data)["signed"]["version"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return 0
